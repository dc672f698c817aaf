using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json;
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
    [InlineData(true)] // The exposition elsewhere, and for those with a token alone.
    public async Task It_scrapes_both_endpoints_with_the_labels_of_the_sessions(bool guarded)
    {
        using var files = new TempFolder();
        await File.WriteAllTextAsync(files.In("token"), "a-token-of-prometheus\n", Stop);
        File.SetUnixFileMode(files.In("token"), UnixFileMode.UserRead | UnixFileMode.UserWrite);
        await File.WriteAllTextAsync(files.In("own.json"), $$"""{ "Stash:Gateway:Authentication:Read:TokenFile": "{{files.In("token")}}" }""", Stop);
        await using var it = await (guarded ? OperatorProcess.StartAsync("--web.telemetry-path=/expose", "--config", files.In("own.json")) : OperatorProcess.StartAsync());
        await it.PushAsync(new SessionPush { App = "db", Kind = "StatefulSet", Restic = "hourly" });
        await it.PushAsync(new SessionPush { Failed = true });
        var settings = await SetAsync(it, new MonitoringSpec { Agent = "builtin", Backup = true, Operator = true });
        var snippet = Path.Combine(it.DataDirectory, "prometheus", "stash-scrape.yml");

        var (code, output, error) = await ChildProcess.RunAsync("promtool", ["check", "config", snippet]);
        code.ShouldBe(0, output + error);

        // The file alone is a configuration; only the interval is shortened here, for the test's sake.
        using var folder = new TempFolder();
        var config = folder.In("prometheus.yml");
        await File.WriteAllTextAsync(config, "global:\n  scrape_interval: 1s\n" + await File.ReadAllTextAsync(snippet, Stop), Stop);
        var port = FreePort();
        await using var prometheus = ChildProcess.Start("prometheus",
        [
            $"--config.file={config}", $"--storage.tsdb.path={folder.In("tsdb")}", $"--web.listen-address=127.0.0.1:{port}", "--log.level=warn",
        ]);
        using var client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}/api/v1/") };

        var up = await Eventually.GetAsync("both targets are up", async () =>
            await QueryAsync(client, "up == 1") is { Count: 2 } targets ? targets : prometheus.HasExited ? throw new InvalidOperationException(prometheus.Error) : null);
        up.Select(t => t["job"]).ShouldBe(["stash-operator", "stash-pushgateway"], ignoreOrder: true);
        up.ShouldAllBe(t => t["service"] == "stash-operator");

        var sessions = await Eventually.GetAsync("the sessions are there", async () => await QueryAsync(client, "restic_session_success") is { Count: 2 } all ? all : null);
        var db = sessions.Single(s => s["app"] == "db");
        (db["job"], db["namespace"], db["kind"], db["stash_config"]).ShouldBe(("shop-hourly", "shop", "StatefulSet", "hourly"));
        db.ShouldNotContainKey("exported_job");
        (await QueryAsync(client, """restic_session_duration_seconds{app="db",filegroup="|source|data",op="backup"} == 7.5""")).Count.ShouldBe(1);
        (await QueryAsync(client, "sum(restic_session_fail) == 1")).Count.ShouldBe(1);
        (await QueryAsync(client, """process_cpu_seconds_total{job="stash-operator"}""")).Count.ShouldBe(1);

        // Backup switched off: the file keeps one job, and the targets of the other go at once, without a reload of Prometheus.
        await SetAsync(it, settings.Spec with { Backup = false }, settings);
        (await File.ReadAllTextAsync(snippet, Stop)).ShouldNotContain("job_name: stash-pushgateway");
        await Eventually.TrueAsync("the push gateway is no target any more", async () => (await QueryAsync(client, """up{job="stash-pushgateway"}""")).Count == 0);
        (await QueryAsync(client, """up{job="stash-operator"} == 1""")).Count.ShouldBe(1);
    }

    private static async Task<MonitoringManifest> SetAsync(OperatorProcess it, MonitoringSpec spec, MonitoringManifest? read = null)
    {
        read ??= await it.GetAsync("settings", StashJson.Default.MonitoringManifest);
        using var answer = await it.Api.PutAsJsonAsync("settings", read with { Spec = spec }, StashJson.Default.MonitoringManifest, Stop);
        answer.StatusCode.ShouldBe(HttpStatusCode.OK, await answer.Content.ReadAsStringAsync(Stop));
        return (await answer.Content.ReadFromJsonAsync(StashJson.Default.MonitoringManifest, Stop))!;
    }

    /// <summary>The labels of the series that a query gives; none while Prometheus is not up.</summary>
    private static async Task<List<Dictionary<string, string>>> QueryAsync(HttpClient client, string query)
    {
        try
        {
            using var answer = await client.GetAsync($"query?query={Uri.EscapeDataString(query)}", Stop);
            if (!answer.IsSuccessStatusCode)
            {
                return [];
            }

            using var json = await JsonDocument.ParseAsync(await answer.Content.ReadAsStreamAsync(Stop), cancellationToken: Stop);
            return [.. json.RootElement.GetProperty("data").GetProperty("result").EnumerateArray()
                .Select(r => r.GetProperty("metric").EnumerateObject().ToDictionary(p => p.Name, p => p.Value.GetString()!, StringComparer.Ordinal))];
        }
        catch (HttpRequestException)
        {
            return [];
        }
    }

    private static string FreePort()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port.ToString(CultureInfo.InvariantCulture);
    }
}
