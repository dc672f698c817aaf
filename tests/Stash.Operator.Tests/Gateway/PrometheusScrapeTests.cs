using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Stash.Operator.Tests.Support;

namespace Stash.Operator.Tests.Gateway;

/// <summary>A real Prometheus reads protobuf from the gateway, and its linter has nothing against what the gateway says of itself.</summary>
public sealed class PrometheusScrapeTests
{
    private const string Pushed = """
        # HELP clean_seconds A gauge.
        # TYPE clean_seconds gauge
        clean_seconds{path="/var/lib",quoted="a \"b\" \\ \n"} 1.5
        # HELP runs_total A counter.
        # TYPE runs_total counter
        runs_total 3
        # HELP sizes_bytes A histogram.
        # TYPE sizes_bytes histogram
        sizes_bytes_bucket{le="1"} 1
        sizes_bytes_bucket{le="+Inf"} 4
        sizes_bytes_sum 12
        sizes_bytes_count 4
        # HELP waits_seconds A summary.
        # TYPE waits_seconds summary
        waits_seconds{quantile="0.5"} 2
        waits_seconds_sum 7
        waits_seconds_count 3

        """;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task It_asks_for_protobuf_and_gets_every_series()
    {
        await using var gateway = await GatewayServer.StartAsync();
        (await RawHttp.SendAsync(gateway.Address, "PUT", "/metrics/job/demo/app/web", Pushed)).Status.ShouldBe(200);
        ConcurrentDictionary<string, int> seen = new(StringComparer.Ordinal);
        await using var relay = await RelayAsync(gateway.Address, seen);
        var target = new Uri(relay.Services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>().Addresses.First());

        using TempFolder folder = new();
        var port = FreePort();
        await File.WriteAllTextAsync(
            folder.In("prometheus.yml"),
            $"global: {{scrape_interval: 1s}}\nscrape_configs:\n- job_name: gateway\n  honor_labels: true\n  static_configs: [{{targets: ['{target.Authority}']}}]\n",
            Stop);
        await using var prometheus = ChildProcess.Start(
            "prometheus", [$"--config.file={folder.In("prometheus.yml")}", $"--storage.tsdb.path={folder.In("tsdb")}", $"--web.listen-address=127.0.0.1:{port}", "--log.level=warn", "--enable-feature=native-histograms"]);
        using HttpClient client = new() { BaseAddress = new Uri($"http://127.0.0.1:{port}/api/v1/") };

        string[] expected =
        [
            "clean_seconds path=/var/lib quoted=a \"b\" \\ \n 1.5", "runs_total 3", "sizes_bytes_bucket le=+Inf 4", "sizes_bytes_bucket le=1.0 1", "sizes_bytes_count 4", "sizes_bytes_sum 12",
            "waits_seconds quantile=0.5 2", "waits_seconds_count 3", "waits_seconds_sum 7",
        ];
        var found = await Eventually.GetAsync("Prometheus has the group", async () =>
            await QueryAsync(client, "{app=\"web\",__name__!~\"push_.*\"}") is { Length: > 0 } series ? series : prometheus.HasExited ? throw new InvalidOperationException(prometheus.Error) : null);
        found.ShouldBe(expected);
        seen.Keys.ShouldHaveSingleItem().ShouldStartWith("application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited");
    }

    [Fact]
    public async Task Its_linter_has_nothing_against_the_gateways_metrics_and_clean_pushed_ones()
    {
        await using var it = await OperatorProcess.StartAsync();
        using (var put = await it.Gateway.PutAsync(new Uri("metrics/job/demo", UriKind.Relative), new StringContent(Pushed), Stop))
        {
            put.StatusCode.ShouldBe(HttpStatusCode.OK);
        }

        // Refused, deleted, not found: so that everything that is counted has been.
        using var bad = await it.Gateway.PutAsync(new Uri("metrics/job/demo", UriKind.Relative), new StringContent("x"), Stop);
        using var gone = await it.Gateway.DeleteAsync(new Uri("metrics/job/none", UriKind.Relative), Stop);
        using var page = await it.Gateway.GetAsync(new Uri("", UriKind.Relative), Stop);
        (await LintAsync(it)).ShouldBe("");

        // Stash 0.8.3 has fixed the name of one gauge so that the linter complains; of nothing else in a session.
        await it.PushAsync(new SessionPush());
        var complaints = (await LintAsync(it)).Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(l => !l.EndsWith("no help text", StringComparison.Ordinal));
        complaints.ShouldBe(["restic_session_duration_seconds_total non-counter metrics should not have \"_total\" suffix"]);
    }

    private static async Task<string> LintAsync(OperatorProcess it)
    {
        using TempFolder folder = new();
        await File.WriteAllTextAsync(folder.In("metrics"), await it.Gateway.GetStringAsync("metrics", Stop), Stop);
        var (code, output, error) = await ChildProcess.RunAsync("sh", ["-c", $"promtool check metrics < '{folder.In("metrics")}'"]);
        (code == 0).ShouldBe((output + error).Length == 0, output + error);
        return output + error;
    }

    /// <summary>Passes scrapes on and notes what form the answers had.</summary>
    private static async Task<WebApplication> RelayAsync(Uri gateway, ConcurrentDictionary<string, int> seen)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton(new HttpClient());
        var app = builder.Build();
        app.Run(async context =>
        {
            using HttpRequestMessage request = new(HttpMethod.Get, new Uri(gateway, "/metrics"));
            request.Headers.TryAddWithoutValidation("Accept", context.Request.Headers.Accept.ToString());
            using var answer = await context.RequestServices.GetRequiredService<HttpClient>().SendAsync(request, context.RequestAborted);
            var type = answer.Content.Headers.ContentType!.ToString();
            seen.AddOrUpdate(type, 1, (_, n) => n + 1);
            context.Response.ContentType = type;
            await answer.Content.CopyToAsync(context.Response.Body, context.RequestAborted);
        });
        await app.StartAsync(Stop);
        return app;
    }

    /// <summary>Each series by its name, labels and value, without what the group and the scrape add; none while Prometheus is not up.</summary>
    private static async Task<string[]> QueryAsync(HttpClient client, string query)
    {
        try
        {
            using var answer = await client.GetAsync($"query?query={Uri.EscapeDataString(query)}", Stop);
            if (!answer.IsSuccessStatusCode)
            {
                return [];
            }

            var result = (await answer.Content.ReadFromJsonAsync<JsonNode>(Stop))!["data"]!["result"]!.AsArray();
            return
            [
                .. result.Select(r =>
                {
                    var labels = r!["metric"]!.AsObject();
                    var own = labels.Where(l => l.Key is not ("__name__" or "app" or "job" or "instance")).OrderBy(l => l.Key, StringComparer.Ordinal).Select(l => $" {l.Key}={l.Value!.GetValue<string>()}");
                    return $"{labels["__name__"]!.GetValue<string>()}{string.Concat(own)} {r["value"]![1]!.GetValue<string>()}";
                }).Order(StringComparer.Ordinal),
            ];
        }
        catch (HttpRequestException)
        {
            return [];
        }
    }

    private static string FreePort()
    {
        using TcpListener probe = new(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port.ToString(CultureInfo.InvariantCulture);
    }
}
