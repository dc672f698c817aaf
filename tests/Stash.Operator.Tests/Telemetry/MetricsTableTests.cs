using System.Text.RegularExpressions;
using Stash.Operator.Tests.Telemetry.Requests;

namespace Stash.Operator.Tests.Telemetry;

/// <summary>The table in docs/metrics.md, beside what a real operator serves.</summary>
public sealed partial class MetricsTableTests(BusyOperator busy) : IClassFixture<BusyOperator>
{
    private const string OnlyInACluster = "### In a cluster";

    /// <summary>The names of Stash 0.8.3, by family as they are told in its documentation.</summary>
    private static readonly string[] Documented =
    [
        "apiserver_audit_event_total", "apiserver_client_certificate_expiration_seconds", "apiserver_current_inflight_requests", "apiserver_request_count", "apiserver_request_latencies",
        "apiserver_request_latencies_summary", "authenticated_user_requests",
        "go_gc_duration_seconds", "go_goroutines",
        .. "alloc_bytes alloc_bytes_total buck_hash_sys_bytes frees_total gc_sys_bytes heap_alloc_bytes heap_idle_bytes heap_inuse_bytes heap_objects heap_released_bytes_total heap_sys_bytes last_gc_time_seconds lookups_total mallocs_total mcache_inuse_bytes mcache_sys_bytes mspan_inuse_bytes mspan_sys_bytes next_gc_bytes other_sys_bytes stack_inuse_bytes stack_sys_bytes sys_bytes"
            .Split(' ').Select(n => $"go_memstats_{n}"),
        "http_request_duration_microseconds", "http_request_size_bytes", "http_requests_total", "http_response_size_bytes",
        "process_cpu_seconds_total", "process_max_fds", "process_open_fds", "process_resident_memory_bytes", "process_start_time_seconds", "process_virtual_memory_bytes",
    ];

    /// <summary>The labels that 0.8.3 gave them.</summary>
    private static readonly Dictionary<string, string[]> DocumentedLabels = new(StringComparer.Ordinal)
    {
        ["apiserver_current_inflight_requests"] = ["requestKind"],
        ["apiserver_request_count"] = ["verb", "resource", "client", "contentType", "code"],
        ["apiserver_request_latencies"] = ["verb", "resource", "subresource"],
        ["apiserver_request_latencies_summary"] = ["verb", "resource", "subresource"],
        ["authenticated_user_requests"] = ["username"],
        ["http_requests_total"] = ["code", "handler", "method"],
    };

    private static readonly string Text = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "docs", "metrics.md"));

    [Fact]
    public void Every_name_that_is_documented_for_this_version_s_users_is_in_the_table()
    {
        Documented.Distinct(StringComparer.Ordinal).Count().ShouldBe(7 + 2 + 23 + 4 + 6);
        var rows = Rows(Text);
        Documented.Except(rows.Select(r => r.Name), StringComparer.Ordinal).ShouldBeEmpty();
        foreach (var (name, labels) in DocumentedLabels)
        {
            rows.Single(r => r.Name == name).Labels.ShouldBe(labels);
        }
    }

    [Fact]
    public async Task What_is_in_the_table_is_served_so_and_nothing_else_is()
    {
        var text = await busy.GetAsync("text/plain");
        var types = TypeLine().Matches(text).ToDictionary(m => m.Groups["name"].Value, m => m.Groups["type"].Value, StringComparer.Ordinal);
        var cluster = Text.IndexOf(OnlyInACluster, StringComparison.Ordinal);
        cluster.ShouldBePositive();
        var served = Exposition.Of(text);

        var rows = Rows(Text[..cluster]);
        types.Keys.Except(rows.Select(r => r.Name), StringComparer.Ordinal).ShouldBeEmpty("served, and not in docs/metrics.md");
        rows.Select(r => r.Name).Except(types.Keys, StringComparer.Ordinal).ShouldBeEmpty("in docs/metrics.md, and not served");
        foreach (var row in rows)
        {
            types[row.Name].ShouldBe(row.Type, row.Name);
            var metrics = served.Metrics(row.Name);
            metrics.Count.ShouldBePositive(row.Name);
            metrics.ShouldAllBe(m => m.Labels.Select(l => l.Name).Order(StringComparer.Ordinal).SequenceEqual(row.Labels.Order(StringComparer.Ordinal), StringComparer.Ordinal), row.Name);
        }

        // What is told to be 0 is, and only that.
        rows.Where(r => r.Meaning.StartsWith("0: ", StringComparison.Ordinal)).Count().ShouldBe(14);
        rows.Where(r => r.Meaning.StartsWith("0: ", StringComparison.Ordinal)).ShouldAllBe(r => served.Value(r.Name) == 0);
        foreach (var row in rows.Where(r => r.Name.StartsWith("go_", StringComparison.Ordinal)))
        {
            var help = HelpLine().Matches(text).Single(m => m.Groups["name"].Value == row.Name).Groups["help"].Value;
            (row.Meaning.StartsWith("0: ", StringComparison.Ordinal) ? help.StartsWith("Always 0: ", StringComparison.Ordinal) : SourceInHelp().IsMatch(help)).ShouldBeTrue($"{row.Name}: {help}");
        }
    }

    [Fact]
    public void It_names_nothing_twice() => Rows(Text).Select(r => r.Name).ShouldBeUnique();

    private static List<Row> Rows(string text) =>
    [
        .. TableRow().Matches(text).Select(m => new Row(
            m.Groups["name"].Value, m.Groups["type"].Value, [.. Quoted().Matches(m.Groups["labels"].Value).Select(l => l.Groups["label"].Value)], m.Groups["meaning"].Value)),
    ];

    private sealed record Row(string Name, string Type, string[] Labels, string Meaning);

    [GeneratedRegex(@"^\| `(?<name>[a-z0-9_]+)` \| (?<type>counter|gauge|histogram|summary) \| (?<labels>[^|]*)\| (?<meaning>[^|]+) \|", RegexOptions.Multiline | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex TableRow();

    [GeneratedRegex("`(?<label>[A-Za-z_]+)`", RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex Quoted();

    [GeneratedRegex("^# TYPE (?<name>[^ ]+) (?<type>[a-z]+)$", RegexOptions.Multiline | RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex TypeLine();

    [GeneratedRegex("^# HELP (?<name>[^ ]+) (?<help>.+)$", RegexOptions.Multiline | RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex HelpLine();

    /// <summary>A .NET API, or a file of the kernel's, or the finalizer.</summary>
    [GeneratedRegex(@"GC\.|GCMemoryInfo\.|ThreadPool\.|/proc/|a finalizer", RegexOptions.NonBacktracking)]
    private static partial Regex SourceInHelp();
}
