namespace Stash.Console.Operator;

/// <summary>Runs the live feed from when the console listens until it stops: a start that fails says its reason alone.</summary>
internal sealed class LiveFeedService(LiveFeed feed) : IHostedLifecycleService
{
    public Task StartedAsync(CancellationToken cancellationToken) => feed.StartAsync(CancellationToken.None);

    public Task StoppingAsync(CancellationToken cancellationToken) => feed.StopAsync(cancellationToken);

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
