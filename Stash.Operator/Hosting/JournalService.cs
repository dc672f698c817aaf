using Stash.Core.Gateway;
using Stash.Core.Sessions.Journal;
using Stash.Operator.Telemetry;

namespace Stash.Operator.Hosting;

/// <summary>Runs the journal's follower, and trims the journal at start and every hour.</summary>
internal sealed partial class JournalService(
    JournalFollower follower, SessionJournal journal, GroupStore groups, IServiceProvider services, TimeProvider time, ILogger<JournalService> logger) : BackgroundService
{
    private static readonly TimeSpan FollowAgain = TimeSpan.FromSeconds(5);

    // Before anything is pushed: a log that lost its end to a damaged disk gives its positions again.
    private readonly long _opened = groups.Position;

    protected override Task ExecuteAsync(CancellationToken stoppingToken)
    {
        services.ForEachRegistry(r => JournalMetrics.Add(r, follower.Progress, groups, time));
        return Task.WhenAll(FollowAsync(stoppingToken), TrimAsync(stoppingToken));
    }

    private async Task FollowAsync(CancellationToken stoppingToken)
    {
        try
        {
            await journal.WarmUpAsync(stoppingToken);
        }
        catch (Exception e) when (!stoppingToken.IsCancellationRequested)
        {
            // A full disk, a locked file: the follower meets it too, and waits for it to pass.
            LogNotWarm(logger, e);
        }

        for (var opened = _opened; ; opened = groups.Position)
        {
            try
            {
                await follower.RunAsync(opened, () => groups.Position, groups.FollowAsync, groups.Release, stoppingToken);
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                // The log or the journal cannot be read at this moment. The gateway serves on; the journal goes on where it was.
                follower.Progress.Failed();
                LogFollowFailed(logger, e, journal.Name, FollowAgain.TotalSeconds, journal.Remedy);
            }

            await Task.Delay(FollowAgain, time, stoppingToken);
        }
    }

    private async Task TrimAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromHours(1), time);
        do
        {
            try
            {
                var deleted = await journal.TrimAsync(stoppingToken);
                if (deleted > 0)
                {
                    LogTrimmed(logger, deleted);
                }
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                LogTrimFailed(logger, e, journal.Name, journal.Remedy);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "The push log (gateway in the data folder) or {Journal} cannot be read; trying again in {Seconds} s. Pushes are safe in the log meanwhile. Of the log, see that this user may read it; of the journal, {Remedy}")]
    private static partial void LogFollowFailed(ILogger logger, Exception exception, string journal, double seconds, string remedy);

    [LoggerMessage(Level = LogLevel.Debug, Message = "The journal could not be made ready ahead of its first session")]
    private static partial void LogNotWarm(ILogger logger, Exception exception);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Deleted} sessions beyond the journal's limits deleted")]
    private static partial void LogTrimmed(ILogger logger, int deleted);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Old sessions cannot be deleted from {Journal}; trying again in an hour: {Remedy}")]
    private static partial void LogTrimFailed(ILogger logger, Exception exception, string journal, string remedy);
}
