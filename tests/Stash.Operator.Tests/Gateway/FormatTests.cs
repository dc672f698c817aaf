using System.IO.Compression;
using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using Stash.Operator.Tests.Gateway.Conformance;
using Stash.Operator.Tests.Support;

namespace Stash.Operator.Tests.Gateway;

/// <summary>The forms of the exposition: which is chosen, and that all tell the same.</summary>
public sealed class FormatTests(Gateways gateways) : IClassFixture<Gateways>
{
    private const string Delimited = "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited";

    /// <summary>Whatever OpenMetrics renames, refuses or has collide.</summary>
    private const string Odd = """
        # HELP bare_counter With a "quote" and a \\ backslash.
        # TYPE bare_counter counter
        bare_counter{a="x\"y\\z\nw"} 3
        # TYPE good_total counter
        good_total 4
        # TYPE below_total counter
        below_total -1
        # TYPE nan_total counter
        nan_total NaN
        # TYPE runs_total counter
        runs_total 5
        # TYPE runs_created gauge
        runs_created 1.5e9
        # TYPE same gauge
        same 1
        # TYPE same_total counter
        same_total 2
        # TYPE whole histogram
        whole_bucket{le="1"} 1
        whole_bucket{le="2.5"} 2
        whole_bucket{le="+Inf"} 3
        whole_sum 4
        whole_count 3
        # TYPE good_hist histogram
        good_hist_bucket{le="0.5"} 1
        good_hist_bucket{le="1e+06"} 2
        good_hist_sum 4
        good_hist_count 3
        # TYPE unsorted histogram
        unsorted_bucket{le="2.5"} 2
        unsorted_bucket{le="1.5"} 1
        unsorted_count 2
        # TYPE short histogram
        short_bucket{le="0.5"} 5
        short_count 2
        # TYPE made histogram
        made_bucket{le="0.5"} 1
        made_count 1
        # TYPE made_created gauge
        made_created 7
        # TYPE negative histogram
        negative_bucket{le="-0.5"} 1
        negative_sum -3
        negative_count 1
        # TYPE good_sum_only summary
        good_sum_only_sum 3
        good_sum_only_count 2
        # TYPE fine summary
        fine{quantile="0.5"} NaN
        fine{quantile="0.9"} 7
        fine_sum 3
        fine_count 2
        # TYPE edge summary
        edge{quantile="1"} 7
        edge_count 2
        # TYPE wild summary
        wild{quantile="2.5"} -7
        wild_sum NaN
        wild_count 2
        # TYPE some gauge
        some_value 1e-7
        some{l="1"} +Inf
        some{l="2"} -Inf
        some_info 1
        last_bucket 6

        """;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("")]
    [InlineData("*/*")]
    [InlineData("text/plain")]
    [InlineData("text/plain;version=0.0.4")]
    [InlineData("text/plain;version=1.0.0")]
    [InlineData("text/html,application/xhtml+xml,*/*;q=0.8")]
    [InlineData("application/json")]
    [InlineData("nonsense")]
    [InlineData(",,;q=1")]
    [InlineData(Delimited)]
    [InlineData("application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=text")]
    [InlineData("application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=compact-text")]
    [InlineData("application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=other")]
    [InlineData("application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily")]
    [InlineData("application/vnd.google.protobuf;proto=other;encoding=delimited")]
    [InlineData("application/vnd.google.protobuf")]
    [InlineData(Delimited + ";q=0.7,text/plain;version=0.0.4;q=0.3")]
    [InlineData(Delimited + ";q=0.3,text/plain;version=0.0.4;q=0.7")]
    [InlineData("text/plain;q=0.5," + Delimited)]
    [InlineData("text/plain," + Delimited)]
    [InlineData("*/*;q=0.1," + Delimited + ";q=0.05")]
    [InlineData("text/plain;q=0," + Delimited + ";q=0")]
    [InlineData("text/*," + Delimited + ";q=x")]
    [InlineData("a/b;q=0.9,c/d;q=0.8," + Delimited + ";q=0.2,text/plain;q=0.2")]
    public async Task The_form_is_chosen_as_the_real_one_chooses(string accept)
    {
        var mine = await RawHttp.SendAsync(gateways.Ours.Address, "GET", "/metrics", "", $"Accept: {accept}");
        var reference = await RawHttp.SendAsync(gateways.Real.Address, "GET", "/metrics", "", $"Accept: {accept}");
        mine.Header("Content-Type").ShouldBe(reference.Header("Content-Type"));
    }

    [Fact]
    public async Task The_text_form_of_protobuf_is_the_real_ones()
    {
        var body = "# HELP g A \"gauge\" of \\\\ ä.\n# TYPE g gauge\ng{a=\"\\n\"} 1e-7\n# TYPE c counter\nc 3\n# TYPE u untyped\nu NaN\n# TYPE s summary\ns{quantile=\"0.5\"} +Inf\ns_sum 2\ns_count 3\n# TYPE h histogram\nh_bucket{le=\"1\"} 1\nh_bucket{le=\"+Inf\"} 2\nh_sum 3\nh_count 2\n";
        List<string[]> forms = [];
        foreach (var address in new[] { gateways.Ours.Address, gateways.Real.Address })
        {
            (await RawHttp.SendAsync(address, "PUT", "/metrics/job/form", body)).Status.ShouldBe(200);
            var answer = await RawHttp.SendAsync(address, "GET", "/metrics", "", "Accept: application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=text");
            forms.Add([.. answer.Body.Split("\n\n").Where(f => f.Length > 0 && "cghsu".Contains(f["name: \"".Length]) && f["name: \"".Length + 1] == '"')]);
        }

        forms[0].Length.ShouldBe(5);
        forms[0].ShouldBe(forms[1]);
    }

    [Theory]
    [InlineData("application/openmetrics-text", "1.0.0")]
    [InlineData("application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1", "1.0.0")]
    [InlineData("application/openmetrics-text; version=0.0.1; charset=utf-8,text/plain;version=0.0.4;q=0.5,*/*;q=0.1", "0.0.1")]
    [InlineData("application/openmetrics-text;version=2.0.0", null)]
    [InlineData("application/openmetrics-text;q=0.4,text/plain;q=0.5", null)]
    public async Task OpenMetrics_comes_to_who_prefers_it(string accept, string? version)
    {
        var answer = await RawHttp.SendAsync(gateways.Ours.Address, "GET", "/metrics", "", $"Accept: {accept}");
        answer.Header("Content-Type").ShouldBe(version is null ? "text/plain; version=0.0.4; charset=utf-8" : $"application/openmetrics-text; version={version}; charset=utf-8");
        answer.Body.EndsWith("# EOF\n", StringComparison.Ordinal).ShouldBe(version is not null);
    }

    [Fact]
    public async Task OpenMetrics_is_strictly_right_and_has_the_series_of_the_text_format()
    {
        await using var gateway = await GatewayServer.StartAsync();
        await FillAsync(gateway);
        using TempFolder folder = new();
        var open = await RawHttp.SendAsync(gateway.Address, "GET", "/metrics", "", "Accept: application/openmetrics-text");
        await File.WriteAllTextAsync(folder.In("text"), (await RawHttp.SendAsync(gateway.Address, "GET", "/metrics")).Body, Stop);
        await File.WriteAllTextAsync(folder.In("open"), open.Body, Stop);
        var (code, output, error) = await ChildProcess.RunAsync("/usr/bin/python3", [Path.Combine(AppContext.BaseDirectory, "Gateway", "Clients", "openmetrics.py"), folder.In("text"), folder.In("open")]);
        code.ShouldBe(0, error);
        output.ShouldMatch(@"^[0-9]+ series\n$");
        int.Parse(output.Split(' ')[0], System.Globalization.CultureInfo.InvariantCulture).ShouldBeGreaterThan(300);

        // Nothing is unknown that need not be.
        open.Body.ShouldContain("# TYPE good counter\n");
        open.Body.ShouldContain("# TYPE good_hist histogram\n");
        open.Body.ShouldContain("# TYPE fine summary\n");
        open.Body.ShouldContain("# TYPE some gauge\n");
        open.Body.ShouldContain("# TYPE bare_counter unknown\n# HELP bare_counter With a \\\"quote\\\" and a \\\\ backslash.\n");
        open.Body.ShouldContain("# TYPE whole_bucket unknown\n");
        open.Body.ShouldContain("# TYPE runs_total unknown\n");
    }

    [Fact]
    public async Task A_real_Prometheus_that_asks_for_OpenMetrics_gets_the_series_of_the_text_format()
    {
        await using var gateway = await GatewayServer.StartAsync();
        await FillAsync(gateway);
        using TempFolder folder = new();
        using TcpListener probe = new(IPAddress.Loopback, 0);
        probe.Start();
        var port = ((IPEndPoint)probe.LocalEndpoint).Port;
        probe.Stop();
        await File.WriteAllTextAsync(
            folder.In("prometheus.yml"),
            $"global: {{scrape_interval: 1s}}\nscrape_configs:\n- job_name: gateway\n  honor_labels: true\n  static_configs: [{{targets: ['{gateway.Address.Authority}']}}]\n",
            Stop);
        await using var prometheus = ChildProcess.Start("prometheus", [$"--config.file={folder.In("prometheus.yml")}", $"--storage.tsdb.path={folder.In("tsdb")}", $"--web.listen-address=127.0.0.1:{port}", "--log.level=warn"]);
        using HttpClient client = new() { BaseAddress = new Uri($"http://127.0.0.1:{port}/api/v1/") };

        var expected = Series((await RawHttp.SendAsync(gateway.Address, "GET", "/metrics")).Body);
        string[]? found = null;
        try
        {
            await Eventually.TrueAsync("Prometheus has all series", async () =>
            {
                found = await QueryAsync(client, "{job=~\"odd|many.*\"}");
                return found.SequenceEqual(expected) || (prometheus.HasExited ? throw new InvalidOperationException(prometheus.Error) : false);
            });
        }
        catch (TimeoutException)
        {
            found.ShouldBe(expected);
        }

        // It did ask for OpenMetrics: in the text format, this is a counter.
        var metadata = await client.GetFromJsonAsync<JsonNode>("metadata?metric=bare_counter", Stop);
        metadata!["data"]!["bare_counter"]![0]!["type"]!.GetValue<string>().ShouldBe("unknown");
    }

    [Theory]
    [InlineData("gzip", "gzip")]
    [InlineData("deflate", "deflate")]
    [InlineData("deflate, gzip", "gzip")]
    [InlineData("gzip;q=0.5, deflate", "deflate")]
    [InlineData("gzip;q=0, *", null)]
    [InlineData("br, zstd", null)]
    [InlineData("identity", null)]
    public async Task An_answer_is_compressed_as_it_is_accepted(string accepted, string? coding)
    {
        await using var gateway = await GatewayServer.StartAsync();
        await FillAsync(gateway);
        foreach (var accept in new[] { "text/plain", "application/openmetrics-text", Delimited })
        {
            var plain = await RawHttp.SendAsync(gateway.Address, "GET", "/metrics", "", $"Accept: {accept}");
            var answer = await RawHttp.SendAsync(gateway.Address, "GET", "/metrics", "", $"Accept-Encoding: {accepted}", $"Accept: {accept}");
            answer.Header("Content-Encoding").ShouldBe(coding);
            answer.Header("Content-Type").ShouldBe(plain.Header("Content-Type"));
            using MemoryStream bytes = new(answer.Bytes);
            await using Stream reader = coding switch { "gzip" => new GZipStream(bytes, CompressionMode.Decompress), "deflate" => new ZLibStream(bytes, CompressionMode.Decompress), _ => bytes };
            using MemoryStream whole = new();
            await reader.CopyToAsync(whole, Stop);
            Encoding.UTF8.GetString(whole.ToArray()).ShouldContain("good_hist");
            whole.Length.ShouldBeInRange(plain.Bytes.Length - 500, plain.Bytes.Length + 500);
        }
    }

    /// <summary>The odd ones, and enough groups for several pieces of a family.</summary>
    private static async Task FillAsync(GatewayServer gateway)
    {
        (await RawHttp.SendAsync(gateway.Address, "PUT", "/metrics/job/odd", Odd)).Body.ShouldBe("");
        for (var i = 0; i < 300; i++)
        {
            (await RawHttp.SendAsync(gateway.Address, "PUT", $"/metrics/job/many{i}", $"# TYPE many_total counter\nmany_total {i}\n# TYPE m summary\nm{{quantile=\"1\"}} {i}\nm_count 1\n")).Body.ShouldBe("");
        }
    }

    private static string[] Series(string text) =>
    [
        .. text.Split('\n').Where(l => l.Length > 0 && l[0] != '#' && l.Contains("job=\"", StringComparison.Ordinal)).Select(l => Key(
            l[..l.IndexOf('{', StringComparison.Ordinal)],
            l[(l.IndexOf('{', StringComparison.Ordinal) + 1)..l.LastIndexOf('}')].Replace("instance=\"\",", "", StringComparison.Ordinal),
            l[(l.LastIndexOf(' ') + 1)..])).Order(StringComparer.Ordinal),
    ];

    private static string Key(string name, string labels, string value) => $"{name} {labels} {double.Parse(value.Replace("+Inf", "Infinity", StringComparison.Ordinal).Replace("-Inf", "-Infinity", StringComparison.Ordinal), System.Globalization.CultureInfo.InvariantCulture)}";

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
                .. result.Select(r => r!["metric"]!.AsObject()).Zip(result, (metric, r) => Key(
                    metric["__name__"]!.GetValue<string>(),
                    string.Join(',', metric.Where(l => l.Key is not ("__name__" or "instance")).OrderBy(l => l.Key, StringComparer.Ordinal).Select(l => $"{l.Key}=\"{l.Value!.GetValue<string>().Replace("\\", @"\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", @"\n", StringComparison.Ordinal)}\"")),
                    r!["value"]![1]!.GetValue<string>())).Order(StringComparer.Ordinal),
            ];
        }
        catch (HttpRequestException)
        {
            return [];
        }
    }
}
