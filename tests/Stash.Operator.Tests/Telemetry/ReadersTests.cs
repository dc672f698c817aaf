using System.Text.RegularExpressions;
using Stash.Operator.Tests.Support;

namespace Stash.Operator.Tests.Telemetry;

/// <summary>What others' tools say of a busy operator's metrics.</summary>
public sealed partial class ReadersTests(BusyOperator busy) : IClassFixture<BusyOperator>
{
    /// <summary>What promtool has against names and labels that Stash 0.8.3 fixed.</summary>
    private static readonly Dictionary<string, string[]> Fixed = new(StringComparer.Ordinal)
    {
        ["apiserver_current_inflight_requests"] = ["label names should be written in 'snake_case' not 'camelCase'"],
        ["apiserver_request_count"] =
        [
            "counter metrics should have \"_total\" suffix", "non-histogram and non-summary metrics should not have \"_count\" suffix", "label names should be written in 'snake_case' not 'camelCase'",
        ],
        ["apiserver_request_latencies_summary"] = ["metric name should not include type 'summary'"],
        ["authenticated_user_requests"] = ["counter metrics should have \"_total\" suffix"],
        ["http_request_duration_microseconds"] = ["use base unit \"seconds\" instead of \"microseconds\""],
    };

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Promtool_complains_of_nothing_but_names_that_are_fixed()
    {
        using var folder = new TempFolder();
        await File.WriteAllTextAsync(folder.In("metrics"), await busy.GetAsync("text/plain"), Stop);

        var (code, output, error) = await ChildProcess.RunAsync("sh", ["-c", $"promtool check metrics < '{folder.In("metrics")}'"]);
        code.ShouldBe(3, output + error); // Complaints, and no error.
        var complaints = (output + error).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => Complaint().Match(l)).ToList();
        complaints.ShouldAllBe(c => c.Success);
        var expected = Fixed.SelectMany(f => f.Value.Select(c => $"{f.Key} {c}"));
        complaints.Select(c => c.Value).Distinct(StringComparer.Ordinal).ShouldBe(expected, ignoreOrder: true);
    }

    [Fact]
    public async Task A_strict_reader_of_OpenMetrics_takes_them_and_finds_the_series_of_the_text_format()
    {
        using var folder = new TempFolder();
        await File.WriteAllTextAsync(folder.In("text"), await busy.GetAsync("text/plain"), Stop);
        await File.WriteAllTextAsync(folder.In("open"), await busy.GetAsync("application/openmetrics-text"), Stop);

        var (code, output, error) = await ChildProcess.RunAsync("/usr/bin/python3", [Path.Combine(AppContext.BaseDirectory, "Telemetry", "Clients", "strict.py"), folder.In("text"), folder.In("open")]);
        code.ShouldBe(0, error);
        output.ShouldMatch(@"\A\d{3,} series\n\z");
    }

    [GeneratedRegex("^[a-z][a-z0-9_]* .+$", RegexOptions.NonBacktracking)]
    private static partial Regex Complaint();
}
