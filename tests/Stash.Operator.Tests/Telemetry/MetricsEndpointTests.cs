using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Stash.Core.Exposition;
using Stash.Core.Exposition.Protobuf;
using Stash.Operator.Tests.Support;
using Stash.Operator.Tests.Telemetry.Requests;

namespace Stash.Operator.Tests.Telemetry;

/// <summary><c>/metrics</c> of a real operator, on :8443.</summary>
public sealed class MetricsEndpointTests(OperatorFixture fixture) : IClassFixture<OperatorFixture>
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private OperatorProcess It => fixture.Operator;

    [Theory]
    [InlineData(null, "text/plain; version=0.0.4; charset=utf-8")]
    [InlineData("text/html", "text/plain; version=0.0.4; charset=utf-8")]
    [InlineData("text/plain;q=0.3,application/openmetrics-text;q=0.9", "application/openmetrics-text; version=1.0.0; charset=utf-8")]
    [InlineData("text/plain;q=0.9,application/openmetrics-text;q=0.3", "text/plain; version=0.0.4; charset=utf-8")]
    [InlineData("application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1", "application/openmetrics-text; version=1.0.0; charset=utf-8")]
    public async Task It_answers_in_the_form_that_the_scraper_accepts(string? accept, string contentType)
    {
        using var answer = await SendAsync(HttpMethod.Get, "/metrics", accept);
        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        answer.Content.Headers.ContentType!.ToString().ShouldBe(contentType);
        var body = await answer.Content.ReadAsStringAsync(Stop);
        body.ShouldContain("\nprocess_cpu_seconds_total ");
        body.EndsWith("# EOF\n", StringComparison.Ordinal).ShouldBe(contentType.StartsWith("application/openmetrics-text", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("gzip", "gzip")]
    [InlineData("gzip;q=0", null)]
    [InlineData("identity", null)]
    public async Task It_compresses_as_the_scraper_accepts(string accepted, string? coding)
    {
        using var answer = await SendAsync(HttpMethod.Get, "/metrics", null, accepted);
        answer.Content.Headers.ContentEncoding.ShouldBe(coding is null ? [] : [coding]);
        await using var stream = await answer.Content.ReadAsStreamAsync(Stop);
        using StreamReader reader = new(coding is null ? stream : new GZipStream(stream, CompressionMode.Decompress), Encoding.UTF8);
        (await reader.ReadToEndAsync(Stop)).ShouldContain("\nprocess_cpu_seconds_total ");
    }

    [Fact]
    public async Task Scrapes_at_the_same_time_are_each_whole()
    {
        string[] accepts = ["text/plain", "application/openmetrics-text", "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited"];
        await Exposition.OfAsync(It, "every family is there", e => e.Metrics("http_requests_total").Count > 0 && e.Metrics("stash_health_check_status").Count > 0);
        var names = await Task.WhenAll(Enumerable.Range(0, 96).Select(async i =>
        {
            using var answer = await SendAsync(HttpMethod.Get, "/metrics", accepts[i % accepts.Length]);
            answer.StatusCode.ShouldBe(HttpStatusCode.OK);
            var body = await answer.Content.ReadAsByteArrayAsync(Stop);
            return (i % accepts.Length) switch
            {
                0 => Names(TextParser.Parse(body)),
                1 => OpenMetricsNames(Encoding.UTF8.GetString(body)),
                _ => Names(ProtobufReader.Parse(body)),
            };
        }));
        foreach (var same in new[] { names.Where((_, i) => i % accepts.Length != 1), names.Where((_, i) => i % accepts.Length == 1) })
        {
            same.Distinct(StringComparer.Ordinal).ShouldHaveSingleItem().Split(' ').Length.ShouldBeGreaterThan(100);
        }

        static string Names(IEnumerable<MetricFamily> families) => string.Join(' ', families.Select(f => f.Name));

        static string OpenMetricsNames(string text)
        {
            text.ShouldEndWith("\n# EOF\n");
            return string.Join(' ', text.Split('\n').Where(l => l.StartsWith("# TYPE ", StringComparison.Ordinal)));
        }
    }

    [Fact]
    public async Task HEAD_tells_what_GET_would_without_a_body()
    {
        using var answer = await SendAsync(HttpMethod.Head, "/metrics", "application/openmetrics-text");
        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        answer.Content.Headers.ContentType!.MediaType.ShouldBe("application/openmetrics-text");
        (await answer.Content.ReadAsByteArrayAsync(Stop)).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("/metrics/")]
    [InlineData("/METRICS")]
    [InlineData("/Metrics")]
    [InlineData("/metrics/x")]
    [InlineData("//metrics")]
    public async Task It_has_one_path(string path)
    {
        using var answer = await SendAsync(HttpMethod.Get, path, null);
        (await answer.StatusAsync(HttpStatusCode.NotFound)).Message.ShouldNotBeEmpty();
    }

    [Fact]
    public async Task It_takes_no_change()
    {
        using var answer = await SendAsync(HttpMethod.Post, "/metrics", null);
        answer.StatusCode.ShouldBe(HttpStatusCode.MethodNotAllowed);
    }

    private Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, string? accept, string? encoding = null)
    {
        HttpRequestMessage request = new(method, new Uri(It.ApiAddress.AbsoluteUri.TrimEnd('/') + path));
        if (accept is not null)
        {
            request.Headers.TryAddWithoutValidation("Accept", accept).ShouldBeTrue();
        }

        if (encoding is not null)
        {
            request.Headers.AcceptEncoding.Add(StringWithQualityHeaderValue.Parse(encoding));
        }

        return It.Api.SendAsync(request, Stop);
    }
}
