using System.Collections.Concurrent;
using System.Globalization;
using Stash.Operator.Tests.Support;

namespace Stash.Operator.Tests.Gateway;

/// <summary>
/// The real operator is killed (SIGKILL) under load at random moments, again and again: while pushes come, while a snapshot is written, while
/// it starts. <c>eng/kill</c> runs many rounds.
/// </summary>
public sealed class KillTests
{
    private const int Pushers = 16;
    private const int AppsPerPusher = 4;
    private const int MostAcknowledged = 1500;

    private static readonly int Rounds = int.Parse(Environment.GetEnvironmentVariable("STASH_KILL_ROUNDS") ?? "4", CultureInfo.InvariantCulture);

    private readonly Dictionary<string, int> _kills = new(StringComparer.Ordinal);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Kill_9_loses_no_acknowledged_push_neither_from_the_exposition_nor_from_the_journal()
    {
        // Small, so that snapshots and new segments are always near.
        await using var it = await OperatorProcess.StartWithAsync(new Dictionary<string, string>(StringComparer.Ordinal) { ["Stash:Gateway:LogSegmentBytes"] = "65536" });
        Pusher[] pushers = [.. Enumerable.Range(0, Pushers).Select(i => new Pusher(i))];
        var moments = new Random();
        for (var round = 0; round < Rounds; round++)
        {
            using CancellationTokenSource killed = CancellationTokenSource.CreateLinkedTokenSource(Cancelled);
            var pushing = Task.WhenAll(pushers.Select(p => p.PushUntilKilledAsync(it, killed.Token)));
            var kind = await UntilTheMomentAsync(it, round, moments, () => pushers.Sum(p => p.Acknowledged.Count));
            await it.KillAsync();
            await killed.CancelAsync();
            await pushing;
            Count(kind);
            if (moments.Next(3) == 0)
            {
                Count(await it.KillWhileStartingAsync(moments) ? "while starting" : "just started");
            }

            await it.StartAgainAsync();
            await ExpectExposedAsync(it, pushers);
        }

        // What each runner does whose push was not answered: it delivers the same session again.
        await Task.WhenAll(pushers.Select(p => p.PushAgainAsync(it)));
        HashSet<string> acknowledged = [.. pushers.SelectMany(p => p.Acknowledged)];
        HashSet<string> journaled = [];
        await Eventually.TrueAsync("the journal has every acknowledged session", async () => (journaled = await JournaledAsync(it)).IsSupersetOf(acknowledged));
        journaled.Except(pushers.SelectMany(p => p.SentSessions), StringComparer.Ordinal).ShouldBeEmpty();
        Report(acknowledged.Count, journaled.Count);
    }

    private static async Task<string> UntilTheMomentAsync(OperatorProcess it, int round, Random moments, Func<int> acknowledged)
    {
        var target = acknowledged() + moments.Next(1, MostAcknowledged);
        await Eventually.TrueAsync("enough pushes are acknowledged", () => acknowledged() >= target);
        if (round % 2 == 0)
        {
            return "while pushes come";
        }

        var folder = Path.Combine(it.DataDirectory, "gateway");
        var end = TimeProvider.System.GetTimestamp() + (60 * TimeProvider.System.TimestampFrequency);
        while (Directory.GetFiles(folder, "snapshot-*.tmp").Length == 0)
        {
            // It is there for milliseconds.
            TimeProvider.System.GetTimestamp().ShouldBeLessThan(end, "no snapshot is made");
        }

        return "while a snapshot is written";
    }

    private static async Task ExpectExposedAsync(OperatorProcess it, Pusher[] pushers)
    {
        const string Family = "restic_session_duration_seconds_total{app=\"";
        var exposed = (await it.Gateway.GetStringAsync("metrics", Cancelled)).Split('\n')
            .Where(l => l.StartsWith(Family, StringComparison.Ordinal))
            .ToDictionary(l => l[Family.Length..l.IndexOf('"', Family.Length)], l => (int)double.Parse(l[(l.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture), StringComparer.Ordinal);
        foreach (var pusher in pushers)
        {
            for (var app = 0; app < AppsPerPusher; app++)
            {
                var (last, sent) = pusher.Of(app);
                // The push that was under way when it died may be there, or not.
                exposed.GetValueOrDefault(pusher.App(app)).ShouldBeInRange(last, sent, pusher.App(app));
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
            var page = await it.SessionsAsync($"?limit=5000{(next is null ? "" : $"&continue={Uri.EscapeDataString(next)}")}");
            foreach (var session in page.Items)
            {
                sessions.Add(string.Create(CultureInfo.InvariantCulture, $"{session.App}-{session.DurationSeconds:0}")).ShouldBeTrue("the journal has it twice");
            }

            next = page.Metadata.Continue;
        }
        while (!string.IsNullOrEmpty(next));

        return sessions;
    }

    private void Count(string kind) => _kills[kind] = _kills.GetValueOrDefault(kind) + 1;

    private void Report(int acknowledged, int journaled)
    {
        if (Environment.GetEnvironmentVariable("STASH_KILL_REPORT") is { Length: > 0 } file)
        {
            File.WriteAllText(file, string.Create(
                CultureInfo.InvariantCulture,
                $"{_kills.Values.Sum()} kill -9 ({string.Join(", ", _kills.OrderBy(k => k.Key, StringComparer.Ordinal).Select(k => $"{k.Value} {k.Key}"))}): {acknowledged} pushes acknowledged, 0 lost from the exposition, 0 lost from the journal, {journaled} sessions in the journal, none twice\n"));
        }
    }

    /// <summary>Pushes sessions of a few apps in turn, each with a duration that tells it from all others. Every other one sends ids, as our runner does.</summary>
    private sealed class Pusher(int number)
    {
        private readonly int[] _last = new int[AppsPerPusher];
        private readonly int[] _sent = new int[AppsPerPusher];
        private readonly ConcurrentBag<SessionPush> _unanswered = [];
        // Old enough for every end to have passed, young enough for the journal to keep it.
        private readonly DateTimeOffset _start = TimeProvider.System.GetUtcNow().AddDays(-30);
        private int _app;

        /// <summary>Sessions whose push was answered.</summary>
        public ConcurrentBag<string> Acknowledged { get; } = [];

        public IEnumerable<string> SentSessions => Enumerable.Range(0, AppsPerPusher).SelectMany(a => Enumerable.Range(1, _sent[a]).Select(n => Session(a, n)));

        public string App(int app) => string.Create(CultureInfo.InvariantCulture, $"pusher{number}-{app}");

        public (int Last, int Sent) Of(int app) => (_last[app], _sent[app]);

        public async Task PushUntilKilledAsync(OperatorProcess it, CancellationToken killed)
        {
            while (!killed.IsCancellationRequested)
            {
                var app = _app = (_app + 1) % AppsPerPusher;
                var seconds = ++_sent[app];
                SessionPush push = new() { App = App(app), Seconds = seconds, Id = number % 2 == 0 ? Session(app, seconds) : null, End = _start.AddSeconds(2 * seconds) };
                try
                {
                    (await it.TryPushAsync(push)).ShouldBeNull();
                    _last[app] = seconds;
                    Acknowledged.Add(Session(app, seconds));
                }
                catch (HttpRequestException)
                {
                    if (push.Id is not null)
                    {
                        _unanswered.Add(push);
                    }

                    return;
                }
            }
        }

        public async Task PushAgainAsync(OperatorProcess it)
        {
            foreach (var push in _unanswered)
            {
                await it.PushAsync(push);
                Acknowledged.Add(push.Id!);
            }
        }

        private string Session(int app, int n) => string.Create(CultureInfo.InvariantCulture, $"{App(app)}-{n}");
    }
}
