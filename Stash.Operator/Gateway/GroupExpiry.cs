using Stash.Core.Configuration;
using Stash.Core.Gateway;

namespace Stash.Operator.Gateway;

/// <summary>Deletes groups whose time is over: those of workloads that are no longer backed up. The journal keeps their sessions.</summary>
internal sealed partial class GroupExpiry(GroupStore store, StashOptions options, TimeProvider time, ILogger<GroupExpiry> logger) : BackgroundService
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(10);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using PeriodicTimer timer = new(Every, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                // While the log cannot be written nothing is deleted, and the next time is as good.
                var expired = await store.ExpireAsync(options.Gateway.GroupTimeToLive, stoppingToken);
                if (expired > 0)
                {
                    LogExpired(logger, expired);
                }
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // Stopping.
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "{Groups} groups deleted: nothing was pushed to them for longer than their time to live")]
    private static partial void LogExpired(ILogger logger, int groups);
}
