using System.Text.Json.Nodes;

namespace Stash.Operator.Tests.Gateway;

/// <summary>Options that move paths or open them.</summary>
public sealed class RoutingTests
{
    [Theory]
    [InlineData("PUT", "/-/quit", 200, "Requesting termination... Goodbye!")]
    [InlineData("POST", "/-/quit", 200, "Requesting termination... Goodbye!")]
    [InlineData("GET", "/-/quit", 405, "Only POST or PUT requests allowed.")]
    [InlineData("DELETE", "/-/quit", 405, "Method Not Allowed\n")]
    public async Task Quitting_stops_the_process_where_that_is_enabled(string method, string path, int status, string body)
    {
        await using var gateway = await GatewayServer.StartAsync(settings: ("Lifecycle", "true"));
        var answer = await RawHttp.SendAsync(gateway.Address, method, path);
        (answer.Status, answer.Body).ShouldBe((status, body));
        if (status == 200)
        {
            await Support.Eventually.TrueAsync("it stops", () => gateway.Stopping.IsCancellationRequested);
        }

        gateway.Stopping.IsCancellationRequested.ShouldBe(status == 200);
    }

    [Fact]
    public async Task Every_path_is_below_the_prefix()
    {
        await using var gateway = await GatewayServer.StartAsync(settings: [("RoutePrefix", "/a/b"), ("TelemetryPath", "/expo"), ("Lifecycle", "false")]);
        (string Method, string Path, int Status, string? Location)[] requests =
        [
            ("PUT", "/a/b/metrics/job/x/y/z", 200, null),
            ("PUT", "/metrics/job/x", 404, null),
            ("GET", "/a/b/expo", 200, null),
            ("GET", "/a/b/metrics", 404, null),
            ("GET", "/expo", 404, null),
            ("GET", "/a/b/-/ready", 200, null),
            ("GET", "/-/ready", 404, null),
            ("GET", "/a/b/", 200, null),
            ("GET", "/a/b", 301, "/a/b/"),
            ("GET", "/", 404, null),
            ("GET", "/a/b/status", 200, null),
            ("GET", "/a/b/static/stash.css", 200, null),
            ("GET", "/a/b/api/v1/metrics", 200, null),
            ("GET", "/api/v1/metrics", 404, null),
            ("GET", "/a/b/api/v1/metrics/", 301, "/a/b/api/v1/metrics"),
            ("GET", "/a/b/api/v1", 301, "/a/b/api/v1/"),
            ("PUT", "/a/b/-/quit", 403, null),
            ("GET", "/-/quit", 405, null),
            ("GET", "/a/b/-/quit", 405, null),
            ("PUT", "/a/b/Metrics/job/x", 307, "/a/b/metrics/job/x"),
            ("GET", "//a/b/expo", 301, "/a/b/expo"),
            ("PUT", "/a/b/api/v1/admin/wipe", 202, null),
            ("DELETE", "/a/b/metrics/job/x/y/z", 202, null),
        ];
        foreach (var (method, path, status, location) in requests)
        {
            var answer = await RawHttp.SendAsync(gateway.Address, method, path, method == "PUT" ? "x 1\n" : "");
            (answer.Status, answer.Header("Location")).ShouldBe((status, location), $"{method} {path}");
        }
    }

    [Fact]
    public async Task The_status_has_the_references_names_sorted()
    {
        await using var gateway = await GatewayServer.StartAsync(settings: ("ExternalUrl", "http://gate.example/pg/"));
        var answer = await RawHttp.SendAsync(gateway.Address, "GET", "/pg/api/v1/status");
        answer.Header("Access-Control-Allow-Origin").ShouldBe("*");
        answer.Header("Cache-Control").ShouldBe("no-cache, no-store, must-revalidate");
        var data = JsonNode.Parse(answer.Body)!["data"]!;
        data["build_information"]!.AsObject().Select(p => p.Key).ShouldBe(["branch", "buildDate", "buildUser", "goVersion", "revision", "version"]);
        data["flags"]!["web.external-url"]!.GetValue<string>().ShouldBe("http://gate.example/pg/");
        data["flags"]!["web.route-prefix"]!.GetValue<string>().ShouldBe("/pg");
        data["flags"]!.AsObject().Select(p => p.Key).ShouldBeInOrder(SortDirection.Ascending, StringComparer.Ordinal);
        DateTimeOffset.Parse(data["start_time"]!.GetValue<string>(), System.Globalization.CultureInfo.InvariantCulture).ShouldBe(DateTimeOffset.UtcNow, TimeSpan.FromMinutes(5));
    }
}
