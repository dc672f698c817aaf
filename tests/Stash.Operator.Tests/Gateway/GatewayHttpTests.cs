using System.IO.Compression;
using System.Net;
using System.Text;
using Stash.Core.Sessions;

namespace Stash.Operator.Tests.Gateway;

/// <summary>What ours does beyond the real one, or better than it.</summary>
public sealed class GatewayHttpTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("/metrics/job/a%2Fb/path/%2Fvar%2Flib", "job=\"a/b\",path=\"/var/lib\"")]
    [InlineData("/metrics/job/a%25b", "job=\"a%b\"")]
    [InlineData("/metrics/job/a%22%5C%0Ab", "job=\"a\\\"\\\\\\nb\"")]
    [InlineData("/metrics/job@base64/YQ", "job=\"a\"")]
    [InlineData("/metrics/job@base64/YS9i", "job=\"a/b\"")]
    public async Task Encoded_values_come_out_as_they_were_meant(string path, string labels)
    {
        await using var gateway = await GatewayServer.StartAsync();
        (await RawHttp.SendAsync(gateway.Address, "PUT", path, "x 1\n")).Status.ShouldBe(200);
        (await RawHttp.SendAsync(gateway.Address, "GET", "/metrics")).Body.ShouldContain($"x{{instance=\"\",{labels}}} 1\n");
    }

    [Theory]
    [InlineData("/metrics/job/a%zz", "bad percent-encoding in path: \"a%zz\"\n")]
    [InlineData("/metrics/job/a%2", "bad percent-encoding in path: \"a%2\"\n")]
    [InlineData("/metrics/job/a%ff", "label value in path is not utf8: \"a%ff\"\n")]
    [InlineData("/metrics/job@base64/_____w", "invalid base64 encoding in job name \"\": the decoded value is not utf8\n")]
    [InlineData("/metrics/job@base64/=", "job name is required\n")]
    public async Task A_path_that_means_nothing_is_refused(string path, string error)
    {
        await using var gateway = await GatewayServer.StartAsync();
        foreach (var method in new[] { "PUT", "POST", "DELETE" })
        {
            var answer = await RawHttp.SendAsync(gateway.Address, method, path, "x 1\n");
            (answer.Status, answer.Body).ShouldBe((400, error));
        }

        gateway.Store.Summaries().ShouldBeEmpty();
    }

    [Fact]
    public async Task Groups_that_differ_in_an_empty_instance_alone_do_not_break_the_exposition()
    {
        // The real one keeps the failure time of the second group, and from then on answers every scrape with 500.
        await using var gateway = await GatewayServer.StartAsync();
        (await RawHttp.SendAsync(gateway.Address, "PUT", "/metrics/job/a", "x 1\n")).Status.ShouldBe(200);
        var refused = await RawHttp.SendAsync(gateway.Address, "PUT", "/metrics/job/a/instance@base64/=", "y 1\n");
        refused.Status.ShouldBe(400);
        refused.Body.ShouldContain("was collected before with the same name and label values");
        (await RawHttp.SendAsync(gateway.Address, "GET", "/metrics")).Status.ShouldBe(200);
        (await RawHttp.SendAsync(gateway.Address, "PUT", "/metrics/job/a", "y 1\n")).Status.ShouldBe(200);
    }

    [Fact]
    public async Task A_histogram_under_a_group_label_le_is_refused()
    {
        await using var gateway = await GatewayServer.StartAsync();
        var answer = await RawHttp.SendAsync(gateway.Address, "PUT", "/metrics/job/a/le/1", "# TYPE h histogram\nh_bucket{le=\"1\"} 1\n");
        answer.Status.ShouldBe(400);
        answer.Body.ShouldContain("must not have an explicit \"le\" label");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(5)]
    [InlineData(10)]
    [InlineData(14)]
    [InlineData(-9)]
    [InlineData(-8)]
    [InlineData(-1)]
    public async Task A_truncated_gzip_body_is_refused_and_changes_nothing(int length)
    {
        // The real one takes what it could read.
        await using var gateway = await GatewayServer.StartAsync();
        var body = Gzip("x 1\ny 2\n");
        var answer = await RawHttp.SendAsync(gateway.Address, "PUT", "/metrics/job/a", body[..(length > 0 ? length : length < 0 ? body.Length + length : 0)], "Content-Encoding: gzip");
        answer.Status.ShouldBe(400);
        answer.Body.ShouldContain("gzip");
        gateway.Store.Summaries().ShouldBeEmpty();
    }

    [Fact]
    public async Task A_body_that_is_no_gzip_is_refused()
    {
        await using var gateway = await GatewayServer.StartAsync();
        var answer = await RawHttp.SendAsync(gateway.Address, "PUT", "/metrics/job/a", "a_rather_long_name 1\n", "Content-Encoding: gzip");
        (answer.Status, answer.Body).ShouldBe((400, "gzip: invalid header\n"));
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public async Task A_push_that_is_too_large_is_refused_with_what_to_do(bool gzip, bool chunked)
    {
        await using var gateway = await GatewayServer.StartAsync(maxPushBytes: 4096);
        var text = string.Concat(Enumerable.Range(0, 2000).Select(i => $"x{{l=\"{i}\"}} 1\n"));
        using HttpClient client = new();
        using HttpRequestMessage request = new(HttpMethod.Put, new Uri(gateway.Address, "/metrics/job/a")) { Content = new ByteArrayContent(gzip ? Gzip(text) : Encoding.UTF8.GetBytes(text)) };
        if (gzip)
        {
            request.Content.Headers.Add("Content-Encoding", "gzip");
            request.Content.Headers.ContentLength.GetValueOrDefault().ShouldBeGreaterThan(0);
        }

        request.Headers.TransferEncodingChunked = chunked;
        using var answer = await client.SendAsync(request, Cancelled);
        answer.StatusCode.ShouldBe(HttpStatusCode.RequestEntityTooLarge);
        (await answer.Content.ReadAsStringAsync(Cancelled)).ShouldContain("Stash:Gateway:MaxPushBytes");
        gateway.Store.Summaries().ShouldBeEmpty();
    }

    [Fact]
    public async Task A_scrape_is_gzipped_where_asked_for()
    {
        await using var gateway = await GatewayServer.StartAsync();
        await RawHttp.SendAsync(gateway.Address, "PUT", "/metrics/job/a", "x 1\n");
        using HttpClient client = new();
        client.DefaultRequestHeaders.Add("Accept-Encoding", "gzip");
        using var answer = await client.GetAsync(new Uri(gateway.Address, "/metrics"), Cancelled);
        answer.Content.Headers.ContentEncoding.ShouldBe(["gzip"]);
        answer.Content.Headers.ContentType!.ToString().ShouldBe("text/plain; version=0.0.4; charset=utf-8");
        await using GZipStream gzip = new(await answer.Content.ReadAsStreamAsync(Cancelled), CompressionMode.Decompress);
        using StreamReader reader = new(gzip);
        (await reader.ReadToEndAsync(Cancelled)).ShouldContain("x{instance=\"\",job=\"a\"} 1\n");
    }

    [Fact]
    public async Task Wiping_is_not_there_unless_it_is_turned_on()
    {
        await using var gateway = await GatewayServer.StartAsync(admin: false);
        await RawHttp.SendAsync(gateway.Address, "PUT", "/metrics/job/a", "x 1\n");
        (await RawHttp.SendAsync(gateway.Address, "PUT", "/api/v1/admin/wipe")).Status.ShouldBe(404);
        gateway.Store.Summaries().Count.ShouldBe(1);
    }

    [Fact]
    public async Task The_headers_of_a_session_reach_the_log()
    {
        await using var gateway = await GatewayServer.StartAsync();
        var message = "no space left: \"/süß\"\nsecond line";
        var answer = await RawHttp.SendAsync(
            gateway.Address,
            "PUT",
            "/metrics/job/a",
            "# TYPE restic_session_fail gauge\nrestic_session_fail{job=\"other\",op=\"backup\"} 1\nx 1\n",
            $"{SessionMetrics.SessionIdHeader}: id-1",
            $"{SessionMetrics.SessionMessageHeader}: {Uri.EscapeDataString(message)}");
        answer.Status.ShouldBe(200);
        await foreach (var record in gateway.Store.FollowAsync(0, Cancelled))
        {
            record.SessionId.ShouldBe("id-1");
            record.SessionMessage.ShouldBe(message);
            Encoding.UTF8.GetString(record.Text.Span).ShouldContain("restic_session_fail");
            record.Grouping.Select(l => $"{l.Name}={l.Value}").ShouldBe(["job=a"]);
            break;
        }
    }

    [Theory]
    [InlineData(SessionMetrics.SessionIdHeader, "")]
    [InlineData(SessionMetrics.SessionIdHeader, "a b")]
    [InlineData(SessionMetrics.SessionIdHeader, "LONG")]
    [InlineData(SessionMetrics.SessionMessageHeader, "%zz")]
    [InlineData(SessionMetrics.SessionMessageHeader, "%ff")]
    [InlineData(SessionMetrics.SessionMessageHeader, "LONG")]
    public async Task A_bad_session_header_is_refused_by_its_name(string header, string value)
    {
        await using var gateway = await GatewayServer.StartAsync();
        var answer = await RawHttp.SendAsync(gateway.Address, "PUT", "/metrics/job/a", "x 1\n", $"{header}: {(value == "LONG" ? new string('x', 2049) : value)}");
        answer.Status.ShouldBe(400);
        answer.Body.ShouldContain(header);
        gateway.Store.Summaries().ShouldBeEmpty();
    }

    [Fact]
    public async Task Many_pushers_at_once_are_all_kept()
    {
        await using var gateway = await GatewayServer.StartAsync();
        using HttpClient client = new();
        await Parallel.ForEachAsync(Enumerable.Range(0, 500), new ParallelOptions { MaxDegreeOfParallelism = 32, CancellationToken = Cancelled }, async (i, token) =>
        {
            using ByteArrayContent content = new(Encoding.UTF8.GetBytes($"x {i}\n"));
            using var answer = await client.PutAsync(new Uri(gateway.Address, $"/metrics/job/j{i % 100}/n/{i}"), content, token);
            answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        });
        var body = await client.GetStringAsync(new Uri(gateway.Address, "/metrics"), Cancelled);
        for (var i = 0; i < 500; i++)
        {
            body.ShouldContain($"x{{instance=\"\",job=\"j{i % 100}\",n=\"{i}\"}} {i}\n");
        }
    }

    [Fact]
    public async Task A_store_that_cannot_take_a_push_answers_503()
    {
        await using var gateway = await GatewayServer.StartAsync();
        await gateway.Store.DisposeAsync();
        foreach (var (method, path) in new[] { ("PUT", "/metrics/job/a"), ("POST", "/metrics/job/a"), ("DELETE", "/metrics/job/a"), ("PUT", "/api/v1/admin/wipe") })
        {
            var answer = await RawHttp.SendAsync(gateway.Address, method, path, "x 1\n");
            answer.Status.ShouldBe(503, $"{method} {path}");
            answer.Body.ShouldContain("push again later");
            answer.Header("Retry-After").ShouldNotBeNull();
        }

        (await RawHttp.SendAsync(gateway.Address, "GET", "/metrics")).Status.ShouldBe(503);
    }

    [Fact]
    public async Task A_body_that_is_no_protobuf_although_it_says_so_is_refused()
    {
        await using var gateway = await GatewayServer.StartAsync();
        var answer = await RawHttp.SendAsync(
            gateway.Address, "PUT", "/metrics/job/a", "x 1\n", "Content-Type: application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited");
        answer.Status.ShouldBe(400);
        answer.Body.ShouldStartWith("protobuf parsing error");
        gateway.Store.Summaries().ShouldBeEmpty();
    }

    private static byte[] Gzip(string text)
    {
        using MemoryStream output = new();
        using (GZipStream gzip = new(output, CompressionLevel.Fastest))
        {
            gzip.Write(Encoding.UTF8.GetBytes(text));
        }

        return output.ToArray();
    }
}
