using System.Net;
using System.Text;
using Stash.Core.Api;
using Stash.Operator.Tests.Support;

namespace Stash.Operator.Tests.Telemetry.Requests;

/// <summary>What a real operator counts of the requests that this test alone sends to it.</summary>
public sealed class RequestMetricsTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Each_request_is_counted_under_its_labels()
    {
        await using var it = await OperatorProcess.StartAsync();
        using var stranger = it.NewApiClient(null);
        stranger.DefaultRequestHeaders.TryAddWithoutValidation("User-Agent", "Sneaky/1.0").ShouldBeTrue();
        using var browser = it.NewApiClient(null);
        browser.DefaultRequestHeaders.TryAddWithoutValidation("User-Agent", "Mozilla/5.0 (X11; Linux x86_64)").ShouldBeTrue();
        it.Api.DefaultRequestHeaders.TryAddWithoutValidation("User-Agent", "Robot/2.1 (test)").ShouldBeTrue();

        var settings = await it.Api.GetStringAsync("settings", Stop);
        await SendAsync(it.Api, HttpMethod.Get, "sessions", 200, times: 3);
        await SendAsync(it.Api, HttpMethod.Get, "sessions/none", 404, times: 2);
        await SendAsync(it.Api, HttpMethod.Get, "sessions?limit=x", 400);
        await SendAsync(it.Api, HttpMethod.Put, "settings", 200, settings);
        await SendAsync(it.Api, HttpMethod.Put, "settings", 415);
        await SendAsync(it.Api, HttpMethod.Post, "settings/preview", 200, settings);
        await SendAsync(it.Api, HttpMethod.Delete, "settings", 405);
        await SendAsync(it.Api, new HttpMethod("BREW"), "/pot", 404);
        await SendAsync(it.Api, HttpMethod.Get, "/nowhere/at/all", 404, times: 2);
        await SendAsync(it.Api, HttpMethod.Get, "/openapi/v1.json", 200);
        await SendAsync(it.Api, HttpMethod.Head, "/metrics", 200);
        await SendAsync(stranger, HttpMethod.Get, "sessions", 401, times: 4);
        await SendAsync(browser, HttpMethod.Get, ApiPaths.Health, 200);

        var seen = await Exposition.OfAsync(it, "the last requests are counted", e =>
            e.Value("apiserver_request_count", "GET", "", "Browser", "text/plain", "200") == 1 && e.Value("apiserver_request_count", "LIST", "sessions", "other", "application/json", "401") == 4);
        foreach (var (verb, resource, client, contentType, code, count) in new[]
        {
            ("GET", "settings", "Robot", "application/json", "200", 1), ("LIST", "sessions", "Robot", "application/json", "200", 3), ("GET", "sessions", "Robot", "application/json", "404", 2),
            ("LIST", "sessions", "Robot", "application/json", "400", 1), ("PUT", "settings", "Robot", "application/json", "200", 1), ("PUT", "settings", "Robot", "application/json", "415", 1),
            ("POST", "settings", "Robot", "application/json", "200", 1), ("DELETE", "", "Robot", "application/json", "405", 1), ("OTHER", "", "Robot", "application/json", "404", 1),
            ("GET", "", "Robot", "application/json", "404", 2), ("GET", "", "Robot", "application/json", "200", 1), ("HEAD", "", "Robot", "text/plain", "200", 1),
        })
        {
            seen.Value("apiserver_request_count", verb, resource, client, contentType, code).ShouldBe(count, $"{verb} {resource} {client} {contentType} {code}");
        }

        seen.Metric("apiserver_request_latencies", "LIST", "sessions", "")!.Count.ShouldBe(8UL);
        seen.Metric("apiserver_request_latencies", "POST", "settings", "preview")!.Count.ShouldBe(1UL);
        seen.Metric("apiserver_request_latencies", "GET", "", ApiPaths.Health)!.Count.ShouldBe(1UL);
        seen.Metric("apiserver_request_latencies", "GET", "", "")!.Count.ShouldBe(2UL);
        seen.Metric("apiserver_request_latencies_summary", "LIST", "sessions", "")!.Count.ShouldBe(8UL);
        foreach (var (code, handler, method, count) in new[]
        {
            ("200", "api", "get", 4), ("404", "api", "get", 2), ("400", "api", "get", 1), ("401", "api", "get", 4), ("200", "api", "put", 1), ("415", "api", "put", 1), ("200", "api", "post", 1),
            ("405", "other", "delete", 1), ("404", "other", "other", 1), ("404", "other", "get", 2), ("200", "openapi", "get", 1), ("200", "prometheus", "head", 1), ("200", "health", "get", 1),
        })
        {
            seen.Value("http_requests_total", code, handler, method).ShouldBe(count, $"{code} {handler} {method}");
        }

        foreach (var family in new[] { "http_request_duration_microseconds", "http_request_size_bytes", "http_response_size_bytes" })
        {
            seen.Metric(family, "api")!.Count.ShouldBe(14UL, family);
            seen.Metric(family, "api")!.Parts!.Select(p => p.Bound).ShouldBe([0.5, 0.9, 0.99], family);
        }

        // By the one who scrapes too.
        seen.Value("authenticated_user_requests", "api-token").ShouldBeGreaterThanOrEqualTo(17);
        seen.Metrics("authenticated_user_requests").Count.ShouldBe(1);
    }

    [Fact]
    public async Task Latencies_are_in_microseconds()
    {
        await using var it = await OperatorProcess.StartAsync();
        var stream = await it.Api.GetStreamAsync("events", Stop);
        var began = TimeProvider.System.GetTimestamp();
        (await Exposition.OfAsync(it)).Value("apiserver_longrunning_requests").ShouldBe(1);
        // Longer than the smallest bucket, so that a wrong unit cannot pass.
        await Eventually.TrueAsync("a quarter of a second has passed", () => TimeProvider.System.GetElapsedTime(began) > TimeSpan.FromMilliseconds(250));
        await stream.DisposeAsync();
        var seen = await Exposition.OfAsync(it, "the stream has ended", e => e.Metric("apiserver_request_latencies", "WATCH", "events", "") is not null);
        var most = TimeProvider.System.GetElapsedTime(began).TotalMicroseconds + 10_000_000;
        seen.Value("apiserver_longrunning_requests").ShouldBe(0);
        var latency = seen.Metric("apiserver_request_latencies", "WATCH", "events", "")!;
        latency.Sum!.Value.ShouldBeInRange(250_000, most);
        latency.Parts!.Select(p => p.Bound).ShouldBe([125_000, 250_000, 500_000, 1_000_000, 2_000_000, 4_000_000, 8_000_000, double.PositiveInfinity]);
        latency.Parts![0].Value.ShouldBe(0);
        latency.Parts![^1].Value.ShouldBe(1);
        var summary = seen.Metric("apiserver_request_latencies_summary", "WATCH", "events", "")!;
        summary.Sum.ShouldBe(latency.Sum);
        summary.Parts!.Select(p => p.Bound).ShouldBe([0.5, 0.9, 0.99]);
        summary.Parts!.ShouldAllBe(p => Math.Abs(p.Value - latency.Sum.Value) <= latency.Sum.Value / 100);
        seen.Metric("http_request_duration_microseconds", "api")!.Sum!.Value.ShouldBe(latency.Sum.Value, 1);
    }

    [Fact]
    public async Task Sizes_are_of_what_went_over_the_wire()
    {
        await using var it = await OperatorProcess.StartAsync();
        var bytes = 0L;
        async Task<Exposition> ScrapeAsync()
        {
            var seen = await Exposition.OfAsync(it);
            bytes += seen.Text.Length;
            return seen;
        }

        await ScrapeAsync();
        using var packed = new HttpRequestMessage(HttpMethod.Get, "/metrics");
        packed.Headers.AcceptEncoding.ParseAdd("gzip");
        using var answer = await it.Api.SendAsync(packed, Stop);
        answer.Content.Headers.ContentEncoding.ShouldBe(["gzip"]);
        bytes += (await answer.Content.ReadAsByteArrayAsync(Stop)).Length;
        using var head = new HttpRequestMessage(HttpMethod.Head, "/metrics");
        (await it.Api.SendAsync(head, Stop)).Dispose();
        await Eventually.TrueAsync("all scrapes before are counted, byte for byte", async () =>
        {
            var before = bytes;
            return (await ScrapeAsync()).Metric("http_response_size_bytes", "prometheus")?.Sum == before;
        });
    }

    [Fact]
    public async Task Users_are_counted_by_shortened_names_and_certificates_by_what_is_left_of_them()
    {
        await using var it = await OperatorProcess.StartAsync();
        using var authority = TestAuthority.In(it.DataDirectory);
        foreach (var (subject, hours, times) in new[] { ("CN=alice@example.org, O=stash:view", 10, 2), ("CN=admin, O=stash:view", 5, 1), ("CN=somebody, O=stash:view", 72, 3), ("CN=nobody", 72, 1) })
        {
            using var certificate = authority.IssueClient(subject, to: TimeSpan.FromHours(hours));
            using var client = it.NewApiClient(null, certificate);
            // Who is nobody is known all the same, and may nothing.
            await SendAsync(client, HttpMethod.Get, "apps", subject == "CN=nobody" ? 403 : 200, times: times);
        }

        using var scraper = it.NewApiClient(it.ReadToken("metrics-token"));
        await SendAsync(scraper, HttpMethod.Get, "/metrics", 200, times: 2);
        using var stranger = it.NewApiClient("wrong");
        await SendAsync(stranger, HttpMethod.Get, "apps", 401);

        var seen = await Exposition.OfAsync(it);
        foreach (var (name, count) in new[] { ("email_id", 2), ("admin", 1), ("other", 4), ("metrics-token", 2), ("api-token", 1) })
        {
            seen.Value("authenticated_user_requests", name).ShouldBe(count, name);
        }

        seen.Metrics("authenticated_user_requests").Count.ShouldBe(5);
        var left = seen.Metric("apiserver_client_certificate_expiration_seconds")!;
        left.Count.ShouldBe(7UL);
        left.Sum!.Value.ShouldBe(TimeSpan.FromHours((10 * 2) + 5 + (72 * 4)).TotalSeconds, 600);
        left.Parts!.ShouldBe([(0, 0), (21_600, 1), (43_200, 3), (86_400, 3), (172_800, 3), (345_600, 7), (604_800, 7), (2_592_000, 7), (7_776_000, 7), (15_552_000, 7), (31_104_000, 7), (double.PositiveInfinity, 7)]);
    }

    private static async Task SendAsync(HttpClient client, HttpMethod method, string path, int code, string? json = null, int times = 1)
    {
        for (var i = 0; i < times; i++)
        {
            using var request = new HttpRequestMessage(method, path) { Content = json is null ? null : new StringContent(json, Encoding.UTF8, "application/json") };
            using var answer = await client.SendAsync(request, Stop);
            answer.StatusCode.ShouldBe((HttpStatusCode)code, $"{method} {path}");
        }
    }
}
