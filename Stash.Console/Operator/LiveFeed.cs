using System.Net.ServerSentEvents;
using System.Text.Json;
using Stash.Core.Api;

namespace Stash.Console.Operator;

/// <summary>
/// One connection of this process to the operator's event stream, shared by every open page. It comes back by itself: with
/// <c>Last-Event-ID</c> where sessions may have been missed, and with <see cref="LiveChange.Reset"/> where that does not suffice.
/// </summary>
public sealed partial class LiveFeed(OperatorClient client, TimeProvider time, ILogger<LiveFeed> logger) : BackgroundService
{
    /// <summary>The operator pings every 10 seconds; after this much silence the connection is dead.</summary>
    public static readonly TimeSpan Silence = TimeSpan.FromSeconds(25);

    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);

    private readonly Lock _lock = new();
    private LiveSubscription[] _subscriptions = [];
    private string? _lastEventId;
    private bool _wasConnected;
    private bool _stops;

    public LiveState State { get; private set; } = new(LiveConnection.Connecting, null, time.GetUtcNow());

    /// <param name="handler">Called for every change, in order, on the feed's thread: it only takes note and returns.</param>
    /// <returns>Dispose it to hear no more.</returns>
    public LiveSubscription Subscribe(Action<LiveChange> handler)
    {
        var subscription = new LiveSubscription(this, handler);
        lock (_lock)
        {
            _subscriptions = [.. _subscriptions, subscription];
        }

        return subscription;
    }

    internal void Remove(LiveSubscription subscription)
    {
        lock (_lock)
        {
            _subscriptions = [.. _subscriptions.Where(s => s != subscription)];
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var pause = FirstPause;
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await FollowAsync(() => pause = FirstPause, stoppingToken);
                Disconnected($"The operator at {client.Address.GetLeftPart(UriPartial.Authority)} {(_stops ? "stops" : "ended the connection")}.");
            }
            catch (OperatorException e)
            {
                Disconnected(e.Message);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                LogBroken(e);
                Disconnected($"The connection to the operator at {client.Address.GetLeftPart(UriPartial.Authority)} broke.");
            }

            try
            {
                await Task.Delay(pause, time, stoppingToken);
            }
            catch (OperationCanceledException)
            {
                return;
            }

            pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
        }
    }

    private async Task FollowAsync(Action connected, CancellationToken stoppingToken)
    {
        using var silence = new CancellationTokenSource(Silence, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken, silence.Token);
        using var response = await client.OpenEventsAsync(_lastEventId, stoppingToken);
        await using var stream = await response.Content.ReadAsStreamAsync(stoppingToken);
        connected();
        Connected();
        _stops = false;
        try
        {
            await foreach (var item in SseParser.Create(stream).EnumerateAsync(either.Token))
            {
                silence.CancelAfter(Silence);
                Take(item);
            }
        }
        catch (OperationCanceledException e) when (!stoppingToken.IsCancellationRequested)
        {
            throw new OperatorException(OperatorFailure.Unreachable, $"The operator at {client.Address.GetLeftPart(UriPartial.Authority)} has fallen silent.", inner: e);
        }
        catch (IOException e)
        {
            throw new OperatorException(OperatorFailure.Unreachable, $"The connection to the operator at {client.Address.GetLeftPart(UriPartial.Authority)} broke.", inner: e);
        }
    }

    private void Take(SseItem<string> item)
    {
        try
        {
            LiveChange? change = item.EventType switch
            {
                "session" => new LiveChange.SessionAdded(Parse(item.Data, StashJson.Default.Session)),
                "running" => new LiveChange.SessionRunning(Parse(item.Data, StashJson.Default.RunningSession)),
                "ended" => new LiveChange.SessionEnded(Parse(item.Data, StashJson.Default.EndedEvent).Id),
                "settings" => new LiveChange.SettingsChanged(Parse(item.Data, StashJson.Default.MonitoringManifest)),
                "reset" => new LiveChange.Reset(),
                _ => null,
            };
            // Said before the stream ends.
            _stops |= item.EventType == "shutdown";
            if (change is LiveChange.Reset)
            {
                _lastEventId = null;
            }

            if (item.EventId is { Length: > 0 } id)
            {
                _lastEventId = id;
            }

            if (change is not null)
            {
                Tell(change);
            }
        }
        catch (JsonException e)
        {
            LogUnreadable(e, item.EventType);
        }
    }

    private static T Parse<T>(string data, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type) =>
        JsonSerializer.Deserialize(data, type) ?? throw new JsonException("null");

    private void Connected()
    {
        SetState(LiveConnection.Connected, null);

        // Running sessions and settings carry no event id: what changed of them meanwhile is not replayed.
        if (_wasConnected)
        {
            Tell(new LiveChange.Reset());
        }

        _wasConnected = true;
    }

    private void Disconnected(string reason)
    {
        if (!State.IsDisconnected)
        {
            LogAway(reason);
        }

        SetState(LiveConnection.Disconnected, reason);
    }

    private void SetState(LiveConnection connection, string? reason)
    {
        if (State.Connection == connection && State.Reason == reason)
        {
            return;
        }

        var since = State.Connection == connection ? State.Since : time.GetUtcNow();
        State = new LiveState(connection, reason, since);
        Tell(new LiveChange.StateChanged(State));
    }

    private void Tell(LiveChange change)
    {
        foreach (var subscription in Volatile.Read(ref _subscriptions))
        {
            try
            {
                subscription.Handler(change);
            }
            catch (Exception e)
            {
                // One page's mistake must not stop the others' feed.
                LogHandler(e);
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Reason}")]
    private partial void LogAway(string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "The live stream broke in an unforeseen way")]
    private partial void LogBroken(Exception exception);

    [LoggerMessage(Level = LogLevel.Warning, Message = "An event of type {Type} could not be read: run the same version of operator and console")]
    private partial void LogUnreadable(Exception exception, string type);

    [LoggerMessage(Level = LogLevel.Error, Message = "A page failed to take a live change")]
    private partial void LogHandler(Exception exception);
}
