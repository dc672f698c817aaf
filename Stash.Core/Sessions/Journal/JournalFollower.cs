using System.Threading.Channels;
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
    private const int BatchSize = 500;
    private static readonly TimeSpan FirstWait = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(10);

    /// <summary>Follows until cancelled.</summary>
    /// <param name="lastPosition">The log's last position now.</param>
    /// <param name="follow">The log's records after a position: those it holds, then new ones as they come.</param>
    /// <param name="release">Tells the log that all up to a position is durable here.</param>
    /// <param name="cancellationToken">Stops.</param>
    public async Task RunAsync(long lastPosition, Func<long, CancellationToken, IAsyncEnumerable<PushRecord>> follow, Action<long> release, CancellationToken cancellationToken)
    {
        var followed = await journal.FollowedAsync(cancellationToken);
        if (followed > lastPosition)
        {
            // The log was made anew, or lost its end in a crash of the disk: what it holds is projected again, known ids are passed over.
            LogRestarted(logger, followed, lastPosition);
            followed = 0;
        }

        release(followed);
        var channel = Channel.CreateBounded<PushRecord>(new BoundedChannelOptions(2 * BatchSize) { SingleReader = true, SingleWriter = true });
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var pump = PumpAsync(follow(followed, stop.Token), channel.Writer, stop.Token);
        try
        {
            List<PushRecord> batch = [];
            while (await channel.Reader.WaitToReadAsync(cancellationToken))
            {
                batch.Clear();
                while (batch.Count < BatchSize && channel.Reader.TryRead(out var record))
                {
                    batch.Add(record);
                }

                await TakeInAsync(batch, release, cancellationToken);
            }
        }
        finally
        {
            await stop.CancelAsync();
            await pump.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        // The log never ends by itself: if it did, say why.
        await pump;
    }

    private static async Task PumpAsync(IAsyncEnumerable<PushRecord> records, ChannelWriter<PushRecord> writer, CancellationToken cancellationToken)
    {
        try
        {
            await foreach (var record in records.WithCancellation(cancellationToken))
            {
                await writer.WriteAsync(record, cancellationToken);
            }
        }
        finally
        {
            writer.TryComplete();
        }
    }

    /// <summary>Until the batch is durable: a full disk or a locked database delays the journal, it loses nothing.</summary>
    private async Task TakeInAsync(List<PushRecord> batch, Action<long> release, CancellationToken cancellationToken)
    {
        List<Session> sessions = [];
        foreach (var record in batch)
        {
            if (SessionProjection.FromPush(record) is { } session)
            {
                sessions.Add(session);
            }
        }

        var position = batch[^1].Position;
        for (var wait = FirstWait; ; wait = Min(wait * 2, LongestWait))
        {
            try
            {
                var added = await journal.AppendAsync(sessions, position, cancellationToken);
                release(position);
                foreach (var (at, session) in added)
                {
                    LogSession(logger, session.Namespace, session.App, session.Restic, session.Outcome, session.DurationSeconds);
                    hub.Publish(new StashEvent.SessionAdded(at, session));
                }

                return;
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                // The cause once, not with every attempt of what may be hours.
                LogRetry(logger, wait == FirstWait ? e : null, wait.TotalSeconds);
                await Task.Delay(wait, time, cancellationToken);
            }
        }
    }

    private static TimeSpan Min(TimeSpan a, TimeSpan b) => a < b ? a : b;

    [LoggerMessage(Level = LogLevel.Information, Message = "Session of {Namespace}/{App} ({Restic}): {Outcome} after {Seconds} s")]
    private static partial void LogSession(ILogger logger, string @namespace, string app, string restic, SessionOutcome outcome, double seconds);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The journal had followed the push log up to {Followed}, which now ends at {Last}: following it from its beginning")]
    private static partial void LogRestarted(ILogger logger, long followed, long last);

    [LoggerMessage(Level = LogLevel.Error, Message = "The session journal (journal.db in the data folder) cannot be written; trying again in {Seconds} s. Pushes are safe in the gateway's log meanwhile. See that its disk has space and that no other program holds it")]
    private static partial void LogRetry(ILogger logger, Exception? exception, double seconds);
}
