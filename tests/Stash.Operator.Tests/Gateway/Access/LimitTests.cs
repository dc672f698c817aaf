using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Stash.Operator.Tests.Support;

namespace Stash.Operator.Tests.Gateway.Access;

/// <summary>The real gateway with small limits: each breach is told, and none harms who keeps them.</summary>
public sealed class LimitTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Each_limit_is_named_with_its_option()
    {
        await using var it = await StartAsync(
            ("MaxRequestLineBytes", "1024"), ("MaxHeaders", "10"), ("MaxHeaderBytes", "2048"), ("MaxPushBytes", "4096"), ("MaxGroups", "1"), ("MaxSeriesPerPush", "3"),
            ("MaxLabelsPerSeries", "4"), ("MaxLabelNameBytes", "20"), ("MaxLabelValueBytes", "30"));
        (await RawHttp.SendAsync(it.Address, "PUT", "/metrics/job/first", "x 1\n")).Status.ShouldBe(200);

        await ShouldAsync(it, 414, "MaxRequestLineBytes", "/metrics/job/" + new string('a', 1100), "x 1\n");
        await ShouldAsync(it, 431, "MaxHeaders", "/metrics/job/first", "x 1\n", [.. Enumerable.Range(0, 12).Select(i => string.Create(CultureInfo.InvariantCulture, $"X-{i}: a"))]);
        await ShouldAsync(it, 413, "MaxPushBytes", "/metrics/job/first", new string('#', 5000) + "\n");
        await ShouldAsync(it, 413, "MaxGroups", "/metrics/job/second", "x 1\n");
        await ShouldAsync(it, 413, "MaxSeriesPerPush", "/metrics/job/first", "x{a=\"1\"} 1\nx{a=\"2\"} 1\nx{a=\"3\"} 1\nx{a=\"4\"} 1\n");
        await ShouldAsync(it, 413, "MaxLabelsPerSeries", "/metrics/job/first", "x{a=\"1\",b=\"1\",c=\"1\",d=\"1\",e=\"1\"} 1\n");
        await ShouldAsync(it, 413, "MaxLabelNameBytes", "/metrics/job/first", $"x{{{new string('a', 21)}=\"1\"}} 1\n");
        await ShouldAsync(it, 413, "MaxLabelValueBytes", "/metrics/job/first", $"x{{a=\"{new string('a', 31)}\"}} 1\n");

        // The server itself: no text, but the status.
        (await RawHttp.SendAsync(it.Address, "PUT", "/metrics/job/first", "x 1\n", $"X-Long: {new string('a', 2048)}")).Status.ShouldBe(431);
        (await RawHttp.SendAsync(it.Address, "PUT", "/metrics/job/first", "x 2\n")).Status.ShouldBe(200);
        (await it.Http.GetStringAsync("/metrics", Cancelled)).ShouldContain("x{instance=\"\",job=\"first\"} 2\n");
    }

    [Fact]
    public async Task A_body_that_comes_too_slowly_is_refused_also_a_small_one()
    {
        await using var it = await StartAsync(("MinBodyRate", "10000"), ("Grace", "1s"));
        using TcpClient client = new();
        await client.ConnectAsync(it.Address.Host, it.Address.Port, Cancelled);
        var stream = client.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes("PUT /metrics/job/slow HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nx"), Cancelled);
        using StreamReader answer = new(stream);
        var text = await answer.ReadToEndAsync(Cancelled);
        text.ShouldStartWith("HTTP/1.1 408 Request Timeout\r\n");
        text.ShouldEndWith("the body came too slowly: send it faster, or lower Stash:Gateway:MinBodyRate\n");
        (await it.Http.GetStringAsync("/metrics", Cancelled)).ShouldNotContain("slow");
    }

    [Fact]
    public async Task Whoever_sends_slowly_takes_nobodys_place()
    {
        await using var it = await StartAsync(("MaxPushesInProgress", "1"));
        List<TcpClient> slow = [];
        try
        {
            for (var i = 0; i < 50; i++)
            {
                TcpClient client = new();
                slow.Add(client);
                await client.ConnectAsync(it.Address.Host, it.Address.Port, Cancelled);
                await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes("PUT /metrics/job/slow HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nx"), Cancelled);
            }

            for (var i = 0; i < 20; i++)
            {
                (await RawHttp.SendAsync(it.Address, "PUT", "/metrics/job/fast", "x 1\n")).Status.ShouldBe(200);
            }
        }
        finally
        {
            slow.ForEach(c => c.Dispose());
        }
    }

    [Theory]
    [InlineData("this is no metric")]
    [InlineData("x 1 1700000000000\n")] // Inconsistent: with a timestamp.
    public async Task A_flood_of_bad_pushes_gets_few_answers_and_good_ones_all_of_theirs(string bad)
    {
        const int Flooders = 16;
        const int Burst = 20;
        const int PerSecond = 5;
        const int Good = 300;
        await using var it = await StartAsync(("BadRequestBurst", $"{Burst}"), ("BadRequestsPerSecond", $"{PerSecond}"));
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(Cancelled);
        var answered = 0;
        var began = Stopwatch.GetTimestamp();
        var floods = Enumerable.Range(0, Flooders).Select(_ => Task.Run(() => FloodAsync(it.Address, bad, () => Interlocked.Increment(ref answered), stop.Token), Cancelled)).ToList();
        await Eventually.TrueAsync("every flooder has used up its burst", () => Volatile.Read(ref answered) >= Flooders * Burst);
        for (var i = 0; i < Good; i++)
        {
            using StringContent body = new(string.Create(CultureInfo.InvariantCulture, $"y {i}\n"));
            using var answer = await it.Http.PutAsync("/metrics/job/good", body, Cancelled);
            answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        }

        await stop.CancelAsync();
        await Task.WhenAll(floods);
        var seconds = Stopwatch.GetElapsedTime(began).TotalSeconds;

        // One may be under way beyond what has been earned.
        answered.ShouldBeLessThanOrEqualTo((int)(Flooders * (Burst + 2 + (PerSecond * seconds))));
        var exposition = await it.Http.GetStringAsync("/metrics", Cancelled);
        exposition.ShouldContain($"y{{instance=\"\",job=\"good\"}} {Good - 1}\n");
        exposition.ShouldMatch("\nstash_gateway_requests_delayed_total [1-9]");
    }

    [Fact]
    public async Task A_flood_of_inconsistent_pushes_takes_no_space_in_the_log()
    {
        await using var it = await StartAsync(("BadRequestsPerSecond", "0"));
        (await RawHttp.SendAsync(it.Address, "PUT", "/metrics/job/a", "x 1\n")).Status.ShouldBe(200);
        var folder = new DirectoryInfo(it.In(Path.Combine("data", "gateway")));
        long Bytes() => folder.EnumerateFiles().Sum(f => f.Length);
        var before = Bytes();
        var began = Stopwatch.GetTimestamp();
        for (var i = 0; i < 1000; i++)
        {
            using StringContent body = new("x 1 1700000000000\n");
            using var answer = await it.Http.PutAsync("/metrics/job/a", body, Cancelled);
            answer.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        }

        // A failure's record takes less than 200 bytes; one a second is kept.
        (Bytes() - before).ShouldBeLessThanOrEqualTo((long)(200 * (2 + Stopwatch.GetElapsedTime(began).TotalSeconds)));
        it.Process.Error.Split('\n').Length.ShouldBeLessThan(10);
    }

    private static async Task FloodAsync(Uri address, string bad, Action answered, CancellationToken stop)
    {
        using HttpClient http = new() { BaseAddress = address };
        try
        {
            while (true)
            {
                using StringContent body = new(bad);
                using var answer = await http.PutAsync("/metrics/job/bad", body, stop);
                answer.StatusCode.ShouldBeOneOf(HttpStatusCode.BadRequest, HttpStatusCode.TooManyRequests);
                answered();
            }
        }
        catch (OperationCanceledException)
        {
            // Stopped.
        }
    }

    private static Task<GatewayProcess> StartAsync(params (string Key, string Value)[] options) => GatewayProcess.StartAsync(
        folder => File.WriteAllText(folder.In("own.json"), $"{{ {string.Join(", ", options.Select(o => $"\"Stash:Gateway:{o.Key}\": \"{o.Value}\""))} }}"),
        "--config", "{folder}/own.json");

    private static async Task ShouldAsync(GatewayProcess it, int status, string option, string path, string body, params string[] headers)
    {
        var answer = await RawHttp.SendAsync(it.Address, "PUT", path, body, headers);
        answer.Status.ShouldBe(status, answer.Body);
        answer.Body.ShouldContain($"Stash:Gateway:{option}");
        answer.Body.TrimEnd('\n').ShouldNotContain("\n");
    }
}
