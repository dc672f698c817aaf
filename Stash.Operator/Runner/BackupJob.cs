using Stash.Core;
using Stash.Core.Restics;

namespace Stash.Operator.Runner;

/// <summary>One backup session of a Restic.</summary>
internal sealed partial class BackupJob(RunnerContext context)
{
    private readonly ILogger _logger = context.Logger;
    private readonly RepositorySession _sessions = new(context);

    /// <param name="restic">What to back up.</param>
    /// <param name="nextRun">When its schedule runs next, asked at the session's end.</param>
    /// <param name="scheduled">It runs by its schedule, so it must have one.</param>
    /// <returns>True where the session succeeded, or the Restic is paused.</returns>
    /// <exception cref="OperationCanceledException">Asked to stop before the session began.</exception>
    public async Task<bool> RunAsync(Restic restic, Func<DateTimeOffset, NextRun> nextRun, bool scheduled)
    {
        if (restic.Paused)
        {
            LogPaused(restic.Name);
            return true;
        }

        return await _sessions.RunAsync(restic, op: null, nextRun, (cli, session, cancellationToken) =>
            scheduled && restic.Schedule is null
                ? throw new UserErrorException("spec.schedule is missing: give cron fields, @hourly and its like, or @every 1h30m.")
                : ResticOperations.BackupAsync(restic, context.WorkloadNameOf(restic), cli, session, cancellationToken));
    }

    /// <summary>The next tick after a moment; none without a schedule, or with one that cannot be read: the session says so.</summary>
    public static NextRun NextRunOf(Restic restic, DateTimeOffset after)
    {
        try
        {
            return new NextRun(restic.Schedule is { } schedule ? Schedule.Parse(schedule, TimeZoneInfo.Local).Next(after) : null, Interval: null);
        }
        catch (UserErrorException)
        {
            return NextRun.None;
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "{Restic} is paused (spec.paused): it is not run.")]
    private partial void LogPaused(string restic);
}
