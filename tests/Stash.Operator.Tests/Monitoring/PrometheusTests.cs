using System.Net;
using System.Net.Http.Json;
using Stash.Core.Api;
using Stash.Core.Monitoring;
using Stash.Operator.Tests.Support;

namespace Stash.Operator.Tests.Monitoring;

/// <summary>A real Prometheus with the scrape configuration that the agent <c>builtin</c> writes.</summary>
public sealed class PrometheusTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)] // The exposition elsewhere, and for those with a token alone; the API's certificate from elsewhere.
    public async Task It_scrapes_both_endpoints_with_the_labels_of_the_sessions(bool guarded)
    {
        using var files = new TempFolder();
        await File.WriteAllTextAsync(files.In("token"), "a-token-of-prometheus\n", Stop);
        File.SetUnixFileMode(files.In("token"), UnixFileMode.UserRead | UnixFileMode.UserWrite);
        using TestAuthority authority = new();
        using var between = authority.IssueBetween();
        between.IssueTo(files.In("given"));
        await File.AppendAllTextAsync(files.In("given.crt"), "\n" + between.Certificate.ExportCertificatePem(), Stop);
        await File.WriteAllTextAsync(files.In("ca.crt"), authority.Certificate.ExportCertificatePem(), Stop);
        await File.WriteAllTextAsync(files.In("own.json"), $$"""{ "Stash:Gateway:Authentication:Read:TokenFile": "{{files.In("token")}}" }""", Stop);
        await using var it = await (guarded ? OperatorProcess.StartAsync("--web.telemetry-path=/expose", "--config", files.In("own.json"), "--tls-cert-file", files.In("given.crt"), "--tls-private-key-file", files.In("given.key")) : OperatorProcess.StartAsync());
        await it.PushAsync(new SessionPush { App = "db", Kind = "StatefulSet", Restic = "hourly" });
        await it.PushAsync(new SessionPush { Failed = true });
        var settings = await SetAsync(it, new MonitoringSpec { Agent = "builtin", Backup = true, Operator = true });
        var snippet = Path.Combine(it.DataDirectory, "prometheus", "stash-scrape.yml");

        var (code, output, error) = await ChildProcess.RunAsync("promtool", ["check", "config", snippet]);
        code.ShouldBe(0, output + error);

        // The file alone is a configuration; only the interval is shortened here, for the test's sake.
        await using PrometheusServer prometheus = new("global:\n  scrape_interval: 1s\n" + await File.ReadAllTextAsync(snippet, Stop));

        var up = await Eventually.GetAsync("both targets are up", async () =>
            await prometheus.QueryAsync("up == 1") is { Count: 2 } targets ? targets : null);
        up.Select(t => t["job"]).ShouldBe(["stash-operator", "stash-pushgateway"], ignoreOrder: true);
        up.ShouldAllBe(t => t["service"] == "stash-operator");

        var sessions = await Eventually.GetAsync("the sessions are there", async () => await prometheus.QueryAsync("restic_session_success") is { Count: 2 } all ? all : null);
        var db = sessions.Single(s => s["app"] == "db");
        (db["job"], db["namespace"], db["kind"], db["stash_config"]).ShouldBe(("shop-hourly", "shop", "StatefulSet", "hourly"));
        db.ShouldNotContainKey("exported_job");
        (await prometheus.QueryAsync("""restic_session_duration_seconds{app="db",filegroup="|source|data",op="backup"} == 7.5""")).Count.ShouldBe(1);
        (await prometheus.QueryAsync("sum(restic_session_fail) == 1")).Count.ShouldBe(1);
        foreach (var one in new[]
        {
            "process_cpu_seconds_total", "go_memstats_alloc_bytes_total", "go_gc_duration_seconds{quantile=\"0.75\"}", "apiserver_request_latencies_bucket{le=\"1e+06\",subresource=\"/metrics\"}",
            "http_request_size_bytes{handler=\"prometheus\",quantile=\"0.5\"}", "stash_app_last_success_time_seconds{app=\"db\",namespace=\"shop\",operation=\"backup\"}",
        })
        {
            await Eventually.TrueAsync($"the operator's {one} is there", async () => (await prometheus.QueryAsync(one)).Count(s => s["job"] == "stash-operator") == 1);
        }

        // Backup switched off: the file keeps one job, and the targets of the other go at once, without a reload of Prometheus.
        await SetAsync(it, settings.Spec with { Backup = false }, settings);
        (await File.ReadAllTextAsync(snippet, Stop)).ShouldNotContain("job_name: stash-pushgateway");
        await Eventually.TrueAsync("the push gateway is no target any more", async () => (await prometheus.QueryAsync("""up{job="stash-pushgateway"}""")).Count == 0);
        (await prometheus.QueryAsync("""up{job="stash-operator"} == 1""")).Count.ShouldBe(1);
    }

    private static async Task<MonitoringManifest> SetAsync(OperatorProcess it, MonitoringSpec spec, MonitoringManifest? read = null)
    {
        read ??= await it.GetAsync("settings", StashJson.Default.MonitoringManifest);
        using var answer = await it.Api.PutAsJsonAsync("settings", read with { Spec = spec }, StashJson.Default.MonitoringManifest, Stop);
        answer.StatusCode.ShouldBe(HttpStatusCode.OK, await answer.Content.ReadAsStringAsync(Stop));
        return (await answer.Content.ReadFromJsonAsync(StashJson.Default.MonitoringManifest, Stop))!;
    }
}
