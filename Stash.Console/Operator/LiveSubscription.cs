namespace Stash.Console.Operator;

/// <summary>A page's place in the live feed, from <see cref="LiveFeed.Subscribe"/> until it is disposed.</summary>
public sealed class LiveSubscription : IDisposable
{
    private readonly LiveFeed _feed;

    internal LiveSubscription(LiveFeed feed, Action<LiveChange> handler)
    {
        _feed = feed;
        Handler = handler;
    }

    internal Action<LiveChange> Handler { get; }

    public void Dispose() => _feed.Remove(this);
}
