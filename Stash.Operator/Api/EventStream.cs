using System.Globalization;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Stash.Core.Api;
using Stash.Core.Events;
using Stash.Core.Sessions.Journal;

namespace Stash.Operator.Api;

/// <summary>
/// The live stream. A session's event id is its journal position, so a client that comes back with <c>Last-Event-ID</c> gets what
/// it missed; nothing falls between replay and live, since the subscription begins before the replay.
/// </summary>
internal sealed class EventStream(EventHub hub, SessionJournal journal, TimeProvider time, IHostApplicationLifetime lifetime)
{
    private const int MaxReplay = 1000;
    private static readonly TimeSpan PingEvery = TimeSpan.FromSeconds(10);

    public IResult Open(HttpContext context)
    {
        var header = context.Request.Headers["Last-Event-ID"].ToString();
        long? last = null;
        if (header.Length > 0)
        {
            if (!long.TryParse(header, NumberStyles.None, CultureInfo.InvariantCulture, out var position))
            {
                return ApiStatus.BadParameter("Last-Event-ID", header, "the id of an event of this stream").Result();
            }

            last = position;
        }

        // A proxy that buffers would hold events back.
        context.Response.Headers["X-Accel-Buffering"] = "no";
        return TypedResults.ServerSentEvents(EventsAsync(last, context.RequestAborted));
    }

    internal async IAsyncEnumerable<SseItem<string>> EventsAsync(long? last, [EnumeratorCancellation] CancellationToken aborted)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(aborted, lifetime.ApplicationStopping);
        var subscription = hub.Subscribe();
        try
        {
            yield return Ping();

            var seen = last ?? 0;
            if (last is not null)
            {
                if (await journal.Reader.LastPositionAsync(stop.Token) < seen)
                {
                    yield return Reset();
                    seen = 0;
                }
                else
                {
                    var missed = await journal.Reader.SinceAsync(seen, MaxReplay + 1, stop.Token);
                    if (missed.Count > MaxReplay)
                    {
                        yield return Reset();
                    }
                    else
                    {
                        foreach (var (position, session) in missed)
                        {
                            yield return SessionItem(position, session);
                            seen = position;
                        }
                    }
                }
            }

            while (true)
            {
                var more = await WaitAsync(subscription, stop.Token);
                if (more is null)
                {
                    yield return Ping();
                    continue;
                }

                if (more is false)
                {
                    if (!subscription.Overflowed)
                    {
                        if (!aborted.IsCancellationRequested)
                        {
                            yield return Stopping();
                        }

                        yield break;
                    }

                    // Too slow a reader, or a flood: it reads anew, and hears what comes from now on.
                    subscription.Dispose();
                    subscription = hub.Subscribe();
                    yield return Reset();
                    continue;
                }

                while (subscription.Events.TryRead(out var next))
                {
                    if (next is StashEvent.SessionAdded added)
                    {
                        if (added.Position > seen)
                        {
                            yield return SessionItem(added.Position, added.Session);
                        }
                    }
                    else
                    {
                        yield return Item(next);
                    }
                }
            }
        }
        finally
        {
            subscription.Dispose();
        }
    }

    /// <summary>True where events wait, false where there will be no more, null where none came in time.</summary>
    private async Task<bool?> WaitAsync(EventSubscription subscription, CancellationToken cancellationToken)
    {
        using var quiet = new CancellationTokenSource(PingEvery, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, quiet.Token);
        try
        {
            return await subscription.Events.WaitToReadAsync(either.Token);
        }
        catch (OperationCanceledException)
        {
            return cancellationToken.IsCancellationRequested ? false : null;
        }
    }

    private static SseItem<string> SessionItem(long position, Core.Sessions.Session session) =>
        new(JsonSerializer.Serialize(session, ReadableJson.Default.Session), "session") { EventId = position.ToString(CultureInfo.InvariantCulture) };

    private static SseItem<string> Item(StashEvent next) => next switch
    {
        StashEvent.SessionRunning e => new(JsonSerializer.Serialize(e.Session, ReadableJson.Default.RunningSession), "running"),
        StashEvent.SessionEnded e => new(JsonSerializer.Serialize(new EndedEvent(e.Id), ReadableJson.Default.EndedEvent), "ended"),
        StashEvent.SettingsChanged e => new(JsonSerializer.Serialize(e.Settings, ReadableJson.Default.MonitoringManifest), "settings"),
        _ => throw new InvalidOperationException($"No event name for {next.GetType().Name}."),
    };

    private static SseItem<string> Ping() => new("{}", "ping");

    private static SseItem<string> Stopping() => new("{}", "shutdown");

    private static SseItem<string> Reset() => new("{}", "reset");
}
