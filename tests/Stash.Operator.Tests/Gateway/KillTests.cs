using System.Collections.Concurrent;
using System.Globalization;
using Stash.Operator.Tests.Support;

namespace Stash.Operator.Tests.Gateway;

/// <summary>The real operator is killed (SIGKILL) under load, again and again.</summary>
public sealed class KillTests
{
    private const int Pushers = 16;
    private const int AcknowledgedBeforeKill = 400;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Kill_9_loses_no_acknowledged_push_neither_from_the_exposition_nor_from_the_journal()
    {
        await using var it = await OperatorProcess.StartAsync();
        ConcurrentDictionary<string, byte> acknowledged = new(StringComparer.Ordinal);
        var last = new int[Pushers];
        var sent = new int[Pushers];
        for (var round = 0; round < 3; round++)
        {
            var target = acknowledged.Count + AcknowledgedBeforeKill;
            using CancellationTokenSource killed = CancellationTokenSource.CreateLinkedTokenSource(Cancelled);
            var pushing = Task.WhenAll(Enumerable.Range(0, Pushers).Select(pusher => PushUntilKilledAsync(it, pusher, sent, last, acknowledged, killed.Token)));
            await Eventually.TrueAsync("enough pushes are acknowledged", () => acknowledged.Count >= target);
            await it.KillAsync();
            await killed.CancelAsync();
            await pushing;
            await it.StartAgainAsync();

            var lines = (await it.Gateway.GetStringAsync("metrics", Cancelled)).Split('\n');
            for (var pusher = 0; pusher < Pushers; pusher++)
            {
                // The push that was under way when it died may be there, or not.
                var line = lines.Single(l => l.StartsWith("restic_session_duration_seconds_total{", StringComparison.Ordinal) && l.Contains($"app=\"{App(pusher)}\"", StringComparison.Ordinal));
                int.Parse(line[(line.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture).ShouldBeInRange(last[pusher], sent[pusher], line);
            }
        }

        HashSet<string> journaled = [];
        await Eventually.TrueAsync("the journal has every acknowledged session", async () => (journaled = await JournaledAsync(it)).IsSupersetOf(acknowledged.Keys));
        journaled.Count.ShouldBeLessThanOrEqualTo(sent.Sum());
    }

    private static async Task PushUntilKilledAsync(OperatorProcess it, int pusher, int[] sent, int[] last, ConcurrentDictionary<string, byte> acknowledged, CancellationToken killed)
    {
        while (!killed.IsCancellationRequested)
        {
            var seconds = ++sent[pusher];
            SessionPush push = new() { App = App(pusher), Seconds = seconds, Id = string.Create(CultureInfo.InvariantCulture, $"{App(pusher)}-{seconds}") };
            using HttpRequestMessage request = new(HttpMethod.Put, push.Path) { Content = new StringContent(push.Text) };
            request.Headers.Add(Core.Sessions.SessionMetrics.SessionIdHeader, push.Id);
            try
            {
                using var answer = await it.Gateway.SendAsync(request, killed);
                answer.IsSuccessStatusCode.ShouldBeTrue(await answer.Content.ReadAsStringAsync(Cancelled));
                last[pusher] = seconds;
                acknowledged[push.Id] = 0;
            }
            catch (Exception e) when (e is HttpRequestException or OperationCanceledException)
            {
                return;
            }
        }
    }

    /// <summary>The journal's sessions, each as its app and its duration; none is there twice.</summary>
    private static async Task<HashSet<string>> JournaledAsync(OperatorProcess it)
    {
        HashSet<string> sessions = new(StringComparer.Ordinal);
        string? next = null;
        do
        {
            var page = await it.SessionsAsync($"?limit=500{(next is null ? "" : $"&continue={Uri.EscapeDataString(next)}")}");
            foreach (var session in page.Items)
            {
                sessions.Add(string.Create(CultureInfo.InvariantCulture, $"{session.App}-{session.DurationSeconds:0}")).ShouldBeTrue("the journal has it twice");
            }

            next = page.Metadata.Continue;
        }
        while (!string.IsNullOrEmpty(next));

        return sessions;
    }

    private static string App(int pusher) => string.Create(CultureInfo.InvariantCulture, $"pusher{pusher}");
}
