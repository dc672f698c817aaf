using System.Threading.Channels;

namespace Stash.Core.Events;

/// <summary>
/// Tells every subscriber every event. A slow subscriber holds nobody up: when its buffer is full it is marked
/// <see cref="EventSubscription.Overflowed"/> and gets no more, so that it can start anew from the journal.
/// </summary>
public sealed class EventHub
{
    private readonly Lock _lock = new();
    private EventSubscription[] _subscriptions = [];

    public EventSubscription Subscribe(int capacity = 1024)
    {
        var subscription = new EventSubscription(this, capacity);
        lock (_lock)
        {
            _subscriptions = [.. _subscriptions, subscription];
        }

        return subscription;
    }

    public void Publish(StashEvent stashEvent)
    {
        foreach (var subscription in Volatile.Read(ref _subscriptions))
        {
            subscription.Offer(stashEvent);
        }
    }

    /// <summary>Before so many events come at once: subscribers who cannot hold them get no more, as if they had been too slow.</summary>
    /// <returns>False where nobody is left to be told.</returns>
    internal bool TryAnnounce(int events)
    {
        foreach (var subscription in Volatile.Read(ref _subscriptions))
        {
            if (events > subscription.Capacity)
            {
                subscription.Overflow();
            }
        }

        return Volatile.Read(ref _subscriptions).Length > 0;
    }

    internal void Remove(EventSubscription subscription)
    {
        lock (_lock)
        {
            _subscriptions = [.. _subscriptions.Where(s => s != subscription)];
        }
    }
}

/// <summary>One subscriber's view of the events, from the moment it subscribed.</summary>
public sealed class EventSubscription : IDisposable
{
    private readonly EventHub _hub;
    private readonly Channel<StashEvent> _events;

    internal EventSubscription(EventHub hub, int capacity)
    {
        _hub = hub;
        Capacity = capacity;
        _events = Channel.CreateBounded<StashEvent>(new BoundedChannelOptions(capacity) { SingleReader = true });
    }

    /// <summary>Completes when the subscription is disposed or has overflowed.</summary>
    public ChannelReader<StashEvent> Events => _events.Reader;

    internal int Capacity { get; }

    /// <summary>True where events were lost because the reader was too slow.</summary>
    public bool Overflowed { get; private set; }

    public void Dispose()
    {
        _hub.Remove(this);
        _events.Writer.TryComplete();
    }

    internal void Offer(StashEvent stashEvent)
    {
        if (!_events.Writer.TryWrite(stashEvent))
        {
            Overflow();
        }
    }

    internal void Overflow()
    {
        Overflowed = true;
        Dispose();
    }
}
