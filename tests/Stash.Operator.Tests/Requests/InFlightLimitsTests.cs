using System.Globalization;
using System.Net;
using Stash.Core.Api;
using Stash.Operator.Requests;
using Stash.Operator.Tests.Support;
using Stash.Operator.Tests.Telemetry.Requests;

namespace Stash.Operator.Tests.Requests;

/// <summary>A real operator with small limits, and clients that keep its requests in progress.</summary>
public sealed class InFlightLimitsTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Changes_beyond_the_limit_are_told_to_come_again()
    {
        await using var it = await OperatorProcess.StartWithAsync(new Dictionary<string, string>(StringComparer.Ordinal) { ["Stash:Api:MaxChangesInFlight"] = "1" });
        var settings = await it.Api.GetStringAsync("settings", Stop);
        await using (var held = await RawConnection.OpenAsync(it))
        {
            // Its body does not come.
            await held.SendAsync(string.Create(CultureInfo.InvariantCulture, $"PUT {ApiPaths.Settings} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {it.Token}\r\nContent-Type: application/json\r\nContent-Length: {settings.Length}\r\n\r\n"));
            var during = await Exposition.OfAsync(it, "a change is in progress", e => e.Value("apiserver_current_inflight_requests", "mutating") == 1);
            during.Value("apiserver_current_inflight_requests", "readOnly").ShouldBe(1, "the scrape itself");
            during.Value("apiserver_dropped_requests_total", "mutating").ShouldBe(0);

            using var body = new StringContent(settings);
            using var refused = await it.Api.PutAsync("settings", body, Stop);
            await ShouldBeRefusedAsync(refused, "Stash:Api:MaxChangesInFlight");
            using var read = await it.Api.GetAsync("settings", Stop);
            read.StatusCode.ShouldBe(HttpStatusCode.OK, "reading goes on");

            await held.SendAsync(settings);
            (await held.ReadAsync())!.Value.Status.ShouldBe(200);
        }

        var after = await Exposition.OfAsync(it, "no change is in progress", e => e.Value("apiserver_current_inflight_requests", "mutating") == 0);
        after.Value("apiserver_dropped_requests_total", "mutating").ShouldBe(1);
        after.Metrics("apiserver_request_count").Where(m => m.Labels.Any(l => l.Value == "429")).Sum(m => m.Value).ShouldBe(1);
    }

    [Fact]
    public async Task Reads_beyond_the_limit_are_told_to_come_again_but_not_the_probes_of_health()
    {
        await using var it = await OperatorProcess.StartWithAsync(new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["Stash:Api:MaxReadsInFlight"] = "2",
            // Whoever reads slowly stays.
            ["Stash:Gateway:MinResponseRate"] = "0",
        });
        // Longer than what lies in the buffers on its way.
        var message = new string('x', 2000);
        await Parallel.ForEachAsync(Enumerable.Range(0, 3000), new ParallelOptions { MaxDegreeOfParallelism = 16, CancellationToken = Stop },
            async (i, _) => await it.PushAsync(new SessionPush { Id = $"s{i}", Failed = true, Message = message }));
        await it.PushAsync(new SessionPush { App = "last" });
        await Eventually.TrueAsync("the journal has them", async () => (await it.SessionsAsync("?app=last")).Items.Count == 1);

        await using var held = await HoldAsync(it);
        await Exposition.OfAsync(it, "a read is in progress, and the scrape", e => e.Value("apiserver_current_inflight_requests", "readOnly") == 2);
        await using (await HoldAsync(it))
        {
            using var refused = await it.Api.GetAsync("settings", Stop);
            await ShouldBeRefusedAsync(refused, "Stash:Api:MaxReadsInFlight");
            using var scrape = await it.Api.GetAsync("/metrics", Stop);
            await ShouldBeRefusedAsync(scrape, "Stash:Api:MaxReadsInFlight");
            (await it.Api.GetStringAsync(ApiPaths.Health, Stop)).ShouldNotBeEmpty();
            using var preview = await it.Api.PostAsync("settings/preview", null, Stop);
            preview.StatusCode.ShouldBe(HttpStatusCode.UnsupportedMediaType, "changes have their own limit");
        }

        var after = await Exposition.OfAsync(it, "the one that left is gone", e => e.Value("apiserver_current_inflight_requests", "readOnly") == 2);
        after.Value("apiserver_dropped_requests_total", "readOnly").ShouldBeGreaterThanOrEqualTo(2);
    }

    [Fact]
    public async Task Streams_have_a_limit_of_their_own()
    {
        await using var it = await OperatorProcess.StartWithAsync(new Dictionary<string, string>(StringComparer.Ordinal) { ["Stash:Api:MaxReadsInFlight"] = "1" });
        List<HttpResponseMessage> streams = [];
        try
        {
            for (var i = 0; i < InFlightLimits.MaxStreams; i++)
            {
                streams.Add(await it.Api.GetAsync("events", HttpCompletionOption.ResponseHeadersRead, Stop));
                streams[^1].StatusCode.ShouldBe(HttpStatusCode.OK);
            }

            using var refused = await it.Api.GetAsync("events", HttpCompletionOption.ResponseHeadersRead, Stop);
            await ShouldBeRefusedAsync(refused, "streams");
            var during = await Exposition.OfAsync(it);
            during.Value("apiserver_longrunning_requests").ShouldBe(InFlightLimits.MaxStreams);
            during.Value("apiserver_current_inflight_requests", "readOnly").ShouldBe(1, "streams are not among them");
            during.Value("apiserver_dropped_requests_total", "longRunning").ShouldBe(1);
        }
        finally
        {
            streams.ForEach(s => s.Dispose());
        }

        await Exposition.OfAsync(it, "no stream is open", e => e.Value("apiserver_longrunning_requests") == 0);
    }

    /// <summary>Asks for more than the connection holds, and does not read it.</summary>
    private static Task<RawConnection> HoldAsync(OperatorProcess it) => Eventually.GetAsync("a place for it", async () =>
    {
        // A request that was answered may for a moment still be in progress.
        var held = await RawConnection.OpenAsync(it, receiveBuffer: 4096);
        await held.SendAsync($"GET {ApiPaths.Sessions}?limit=5000 HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {it.Token}\r\n\r\n");
        if (await held.ReadHeadAsync() is (200, _))
        {
            return held;
        }

        await held.DisposeAsync();
        return null;
    });

    private static async Task ShouldBeRefusedAsync(HttpResponseMessage answer, string says)
    {
        var status = await answer.StatusAsync(HttpStatusCode.TooManyRequests);
        status.Reason.ShouldBe("TooManyRequests");
        status.Message.ShouldContain(says);
        status.Details!.RetryAfterSeconds.ShouldBe(1);
        answer.Headers.RetryAfter!.Delta.ShouldBe(TimeSpan.FromSeconds(1));
    }
}
