using System.Globalization;
using Stash.Core.Exposition;
using Stash.Operator.Tests.Support;
using Stash.Operator.Tests.Telemetry.Requests;

namespace Stash.Operator.Tests.Telemetry;

/// <summary>What a real operator tells of sessions, apps, its gateway, its controller and itself.</summary>
public sealed class OperatorFamiliesTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Sessions_are_counted_and_each_app_has_its_last_success_and_its_failures_since()
    {
        DateTimeOffset first = new(2026, 11, 20, 3, 0, 0, TimeSpan.Zero);
        await using var it = await OperatorProcess.StartAsync();
        await it.PushAsync(new SessionPush { End = first });
        await it.PushAsync(new SessionPush { End = first.AddDays(1), Failed = true });
        await it.PushAsync(new SessionPush { End = first.AddDays(2), Failed = true });
        await it.PushAsync(new SessionPush { End = first.AddDays(3), Operation = "check" });
        await it.PushAsync(new SessionPush { App = "db", End = first, Failed = true });
        await it.PushAsync(new SessionPush { App = "db", End = first, Operation = "whatever" });
        var seen = await Exposition.OfAsync(it, "the sessions are counted", e =>
            e.Metrics("stash_sessions_total").Sum(m => m.Value) == 6 && e.Metrics("stash_app_failures_since_success").Count == 4);

        seen.Value("stash_sessions_total", "backup", "succeeded").ShouldBe(1);
        seen.Value("stash_sessions_total", "backup", "failed").ShouldBe(3);
        seen.Value("stash_sessions_total", "check", "succeeded").ShouldBe(1);
        seen.Value("stash_sessions_total", "other", "succeeded").ShouldBe(1);
        seen.Metrics("stash_sessions_total").SelectMany(m => m.Labels).ShouldNotContain(l => l.Value == "whatever");
        seen.Value("stash_app_last_success_time_seconds", "web", "shop", "backup").ShouldBe(first.ToUnixTimeSeconds());
        seen.Value("stash_app_failures_since_success", "web", "shop", "backup").ShouldBe(2);
        seen.Value("stash_app_last_success_time_seconds", "web", "shop", "check").ShouldBe(first.AddDays(3).ToUnixTimeSeconds());
        seen.Metric("stash_app_last_success_time_seconds", "db", "shop", "backup")!.Value.ShouldBe(0);
        seen.Value("stash_apps_left_out").ShouldBe(0);

        // The counters are those of the process, the apps those of the journal.
        (await it.StopAsync()).ShouldBe(0);
        await it.StartAgainAsync();
        // A scrape does not wait long for a journal that is slow.
        var again = await Exposition.OfAsync(it, "the apps are read from the journal", e => e.Metrics("stash_app_failures_since_success").Count == 4);
        again.Metrics("stash_sessions_total").Sum(m => m.Value).ShouldBe(0);
        again.Value("stash_app_last_success_time_seconds", "web", "shop", "backup").ShouldBe(first.ToUnixTimeSeconds());
        again.Value("stash_app_failures_since_success", "web", "shop", "backup").ShouldBe(2);
    }

    [Fact]
    public async Task Ever_new_apps_drive_out_none_that_is_known()
    {
        const int Most = 500;
        const int More = 60;
        await using var it = await OperatorProcess.StartAsync();
        // Its name sorts last.
        await it.PushAsync(new SessionPush { App = "zzz" });
        await it.PushAsync(new SessionPush { App = new string('n', 300) });
        // Those known longest first, as many as there is room for.
        await PushAsync(1, Most);
        await PushAsync(Most, Most + More);

        var seen = await Exposition.OfAsync(it, "all are in the journal", e => e.Value("stash_apps_left_out") == More + 1);
        seen.Metrics("stash_app_last_success_time_seconds").Count.ShouldBe(Most);
        seen.Metrics("stash_app_failures_since_success").Count.ShouldBe(Most);
        seen.Text.ShouldNotContain("nnnn");

        (await it.StopAsync()).ShouldBe(0);
        await it.StartAgainAsync();
        var again = await Exposition.OfAsync(it, "the apps are read from the journal", e => e.Metrics("stash_app_failures_since_success").Count > 0);
        Names(again).ShouldBe(Names(seen), ignoreOrder: true);
        Names(again).ShouldContain("zzz");
        Names(again).ShouldContain("app499");
        Names(again).ShouldNotContain("app500");

        Task PushAsync(int from, int to) => Parallel.ForAsync(from, to, new ParallelOptions { MaxDegreeOfParallelism = 16, CancellationToken = Stop },
            async (i, _) => await it.PushAsync(new SessionPush { App = string.Create(CultureInfo.InvariantCulture, $"app{i}") }));

        static List<string> Names(Exposition exposition) => [.. exposition.Metrics("stash_app_last_success_time_seconds").Select(m => m.Labels[0].Value)];
    }

    [Fact]
    public async Task Gateway_and_journal_are_told_on_both_endpoints_alike()
    {
        await using var it = await OperatorProcess.StartAsync();
        for (var i = 0; i < 3; i++)
        {
            await it.PushAsync(new SessionPush { App = $"app{i}" });
        }

        var api = await Exposition.OfAsync(it, "the journal has them", e => e.Value("stash_journal_sessions_total") == 3);
        var gateway = Exposition.Of(await it.Gateway.GetStringAsync("metrics", Stop));
        var families = Families(gateway).Where(n => n.StartsWith("stash_gateway_", StringComparison.Ordinal) || n.StartsWith("stash_journal_", StringComparison.Ordinal) || n.StartsWith("process_", StringComparison.Ordinal)).ToList();
        families.Count.ShouldBe(17 + 4 + 7);
        families.Except(Families(api), StringComparer.Ordinal).ShouldBeEmpty();
        api.Value("stash_gateway_pushes_total").ShouldBe(3);
        foreach (var name in families.Where(n => n.StartsWith("stash_", StringComparison.Ordinal)))
        {
            api.Value(name).ShouldBe(gateway.Value(name), name);
        }

        static IEnumerable<string> Families(Exposition exposition) => TextParser.Parse(System.Text.Encoding.UTF8.GetBytes(exposition.Text)).Select(f => f.Name);
    }

    [Fact]
    public async Task Settings_that_are_put_into_effect_or_cannot_be_are_counted()
    {
        await using var it = await OperatorProcess.StartAsync();
        var file = Path.Combine(it.DataDirectory, "monitoring.yaml");
        var before = await Exposition.OfAsync(it);
        before.Value("stash_leader").ShouldBe(1);
        before.Metrics("stash_build_info").ShouldHaveSingleItem().Labels.Single(l => l.Name == "version").Value.ShouldNotBeEmpty();
        Reconciles(before, "applied").ShouldBePositive();
        var good = await File.ReadAllTextAsync(file, Stop);

        await File.WriteAllTextAsync(file, good.Replace("agent: none", "agent: nobody", StringComparison.Ordinal), Stop);
        var invalid = await Exposition.OfAsync(it, "the settings are found invalid", e => Reconciles(e, "invalid") > 0);
        invalid.Value("stash_controller_reconcile_errors_total", "monitoring").ShouldBe(Reconciles(invalid, "invalid"));
        await File.WriteAllTextAsync(file, good.Replace("agent: none", "agent: builtin", StringComparison.Ordinal).Replace("backup: false", "backup: true", StringComparison.Ordinal), Stop);
        var after = await Exposition.OfAsync(it, "the settings are in effect", e => Reconciles(e, "applied") > Reconciles(before, "applied"));

        var all = after.Metrics("stash_controller_reconciles_total").Sum(m => m.Value);
        var duration = after.Metrics("stash_controller_reconcile_duration_seconds").ShouldHaveSingleItem();
        ((double)duration.Count!.Value).ShouldBe(all);
        duration.Sum!.Value.ShouldBePositive();
        after.Value("stash_controller_queue_depth", "monitoring").ShouldBe(0);

        static double Reconciles(Exposition exposition, string result) => exposition.Value("stash_controller_reconciles_total", "monitoring", result);
    }
}
