using Stash.Core.Events;
using Stash.Core.Sessions;

namespace Stash.Operator.Hosting;

/// <summary>Tells those who watch what runs; and ends a running session when its push is in the journal.</summary>
internal sealed class RunningEvents(RunningSessions running, EventHub hub) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var changes = running.Subscribe(change => hub.Publish(change.Session is { } session ? new StashEvent.SessionRunning(session) : new StashEvent.SessionEnded(change.Id)));
        while (!stoppingToken.IsCancellationRequested)
        {
            using var subscription = hub.Subscribe(capacity: 10_000);
            await foreach (var next in subscription.Events.ReadAllAsync(stoppingToken))
            {
                if (next is StashEvent.SessionAdded added)
                {
                    running.Remove(added.Session.Id);
                }
            }

            // Overflowed: what was missed expires by itself.
        }
    }
}
