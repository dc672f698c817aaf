using Microsoft.Extensions.Logging;
using Stash.Core.Events;
using Stash.Core.Gateway;

namespace Stash.Core.Sessions.Journal;

/// <summary>
/// Takes sessions from the gateway's log into the journal. No push waits for it: it follows at its own pace with its own position,
/// which the journal keeps in the same transaction as the sessions, so that a crash loses and doubles nothing.
/// </summary>
public sealed partial class JournalFollower(SessionJournal journal, EventHub hub, TimeProvider time, ILogger<JournalFollower> logger)
{
    /// <summary>Pushes of one transaction at most, and the bytes of theirs after which it ends.</summary>
    private const int BatchSize = 2048;
    private const int BatchBytes = 8 << 20;

    /// <summary>Sessions of one batch that are worth a line each in the log.</summary>
    private const int LinesAtMost = 20;

    private static readonly TimeSpan FirstWait = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(10);

    /// <summary>How far it is.</summary>
    public JournalProgress Progress { get; } = new();

    /// <summary>Follows until cancelled.</summary>
    /// <param name="opened">The log's last position when it was opened, before anything was added.</param>
    /// <param name="lastPosition">Tells the log's last position.</param>
    /// <param name="follow">The log's records after a position: those it holds, then new ones as they come.</param>
    /// <param name="release">Tells the log that all up to a position is durable here.</param>
    /// <param name="cancellationToken">Stops.</param>
    public async Task RunAsync(long opened, Func<long> lastPosition, Func<long, CancellationToken, IAsyncEnumerable<PushRecord>> follow, Action<long> release, CancellationToken cancellationToken)
    {
        var followed = await journal.FollowedAsync(cancellationToken);
        if (followed > opened)
        {
            // The log was made anew, or lost its end in a crash of the disk: what it holds is projected again, known ids are passed over.
            LogRestarted(logger, followed, opened);
            followed = 0;
        }

        var last = lastPosition();
        release(followed);
        Progress.Begin(followed);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await using var records = follow(followed, stop.Token).GetAsyncEnumerator(stop.Token);
        var next = records.MoveNextAsync().AsTask();
        try
        {
            List<PushRecord> batch = [];
            var (lastSeen, seenAt) = (last, time.GetTimestamp());
            while (await next)
            {
                var began = time.GetTimestamp();
                next = Gather(records, batch);
                await TakeInAsync(batch, release, cancellationToken);

                var now = time.GetTimestamp();
                last = lastPosition();
                var pause = FollowPace.PauseAfter(time.GetElapsedTime(began, now), last - lastSeen, time.GetElapsedTime(seenAt, now), Progress.LagRecords(last), Progress.Lag(last, time.GetUtcNow()));
                (lastSeen, seenAt) = (last, now);
                if (pause > TimeSpan.Zero)
                {
                    await Task.Delay(pause, time, cancellationToken);
                }
            }
        }
        finally
        {
            // The enumerator cannot be disposed while it moves.
            await stop.CancelAsync();
            await ((Task)next).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Takes what is there already, the current record first.</summary>
    /// <returns>The move to the record after those.</returns>
    private static Task<bool> Gather(IAsyncEnumerator<PushRecord> records, List<PushRecord> batch)
    {
        batch.Clear();
        var bytes = 0;
        while (true)
        {
            batch.Add(records.Current);
            bytes += records.Current.Text.Length;
            var next = records.MoveNextAsync();
            if (batch.Count >= BatchSize || bytes >= BatchBytes || !next.IsCompletedSuccessfully)
            {
                return next.AsTask();
            }

            if (!next.Result)
            {
                return Task.FromResult(false);
            }
        }
    }

    /// <summary>Until the batch is durable: a full disk or a locked database delays the journal, it loses nothing.</summary>
    private async Task TakeInAsync(List<PushRecord> batch, Action<long> release, CancellationToken cancellationToken)
    {
        var last = batch[^1];
        for (var wait = FirstWait; ; wait = Min(wait * 2, LongestWait))
        {
            try
            {
                var added = await journal.TakeInAsync(batch, (push, e) => LogUnreadable(logger, e, push.Position), cancellationToken);
                Progress.TookIn(last.Position, last.Time, added.Count);
                release(last.Position);
                Tell(added);
                return;
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                // The cause once, not with every attempt of what may be hours.
                Progress.Failed();
                LogRetry(logger, wait == FirstWait ? e : null, journal.Name, wait.TotalSeconds, journal.Remedy);
                await Task.Delay(wait, time, cancellationToken);
            }
        }
    }

    /// <summary>Tells the log and whoever listens. In a flood the log gets one line for many, and listeners are sent to the journal.</summary>
    private void Tell(IReadOnlyList<(long Position, PushRecord Push)> added)
    {
        var lines = added.Count <= LinesAtMost;
        if (!lines)
        {
            LogSessions(logger, added.Count);
        }

        var events = hub.TryAnnounce(added.Count);
        if (!(lines || events))
        {
            return;
        }

        foreach (var (position, push) in added)
        {
            var session = SessionProjection.FromPush(push)!;
            if (lines)
            {
                LogSession(logger, session.Namespace, session.App, session.Restic, session.Outcome, session.DurationSeconds);
            }

            if (events)
            {
                hub.Publish(new StashEvent.SessionAdded(position, session));
            }
        }
    }

    private static TimeSpan Min(TimeSpan a, TimeSpan b) => a < b ? a : b;

    [LoggerMessage(Level = LogLevel.Information, Message = "Session of {Namespace}/{App} ({Restic}): {Outcome} after {Seconds} s")]
    private static partial void LogSession(ILogger logger, string @namespace, string app, string restic, SessionOutcome outcome, double seconds);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Sessions} sessions taken into the journal")]
    private static partial void LogSessions(ILogger logger, int sessions);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The session in the push at position {Position} of the log cannot be read and is left out of the journal")]
    private static partial void LogUnreadable(ILogger logger, Exception exception, long position);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The journal had followed the push log up to {Followed}, which now ends at {Last}: following it from its beginning")]
    private static partial void LogRestarted(ILogger logger, long followed, long last);

    [LoggerMessage(Level = LogLevel.Error, Message = "Writing to {Journal} failed; trying again in {Seconds} s. Pushes are safe in the gateway's log meanwhile: {Remedy}")]
    private static partial void LogRetry(ILogger logger, Exception? exception, string journal, double seconds, string remedy);
}
