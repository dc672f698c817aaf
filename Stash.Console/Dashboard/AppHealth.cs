using Stash.Core.Sessions;

namespace Stash.Console.Dashboard;

/// <summary>How an app's backups stand, the worst that holds.</summary>
public enum AppHealth
{
    /// <summary>The last session succeeded, and the next is not due.</summary>
    Healthy,

    /// <summary>The next run should have ended by now.</summary>
    Overdue,

    /// <summary>The last session failed.</summary>
    Failing,

    /// <summary>Several runs in a row have not come.</summary>
    Missing,
}

/// <summary>Judges apps by their last session and their schedule.</summary>
public static class AppHealthRules
{
    /// <summary>Runs that have to be left out for an app to count as missing.</summary>
    private const int MissingRuns = 3;

    private static readonly TimeSpan LeastGrace = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan MostGrace = TimeSpan.FromHours(1);

    /// <param name="app">The app as the journal knows it.</param>
    /// <param name="running">True while a session of it runs.</param>
    /// <param name="now">The time now.</param>
    public static AppHealth Judge(AppSummary app, bool running, DateTimeOffset now)
    {
        var late = running ? AppHealth.Healthy : Lateness(app, now);
        return late == AppHealth.Missing ? late
            : app.LastOutcome == SessionOutcome.Failed ? AppHealth.Failing
            : late;
    }

    /// <summary>By when the next session should have been reported: the next run, and some time to run in. Null without a schedule.</summary>
    public static DateTimeOffset? DueTime(AppSummary app) => app.NextRunTime is { } next ? next + Grace(app, next) : null;

    private static AppHealth Lateness(AppSummary app, DateTimeOffset now)
    {
        if (app.NextRunTime is not { } next || DueTime(app) is not { } due || now <= due)
        {
            return AppHealth.Healthy;
        }

        var interval = Interval(app, next);
        return now > due + ((MissingRuns - 1) * interval) ? AppHealth.Missing : AppHealth.Overdue;
    }

    private static TimeSpan Grace(AppSummary app, DateTimeOffset next)
    {
        // A run takes about as long as the ones before; half an interval more is patience that no schedule notices.
        var grace = TimeSpan.FromSeconds(2 * (app.P95Seconds ?? 0)) + (0.5 * Interval(app, next));
        return grace < LeastGrace ? LeastGrace : grace > MostGrace ? MostGrace : grace;
    }

    private static TimeSpan Interval(AppSummary app, DateTimeOffset next) =>
        next > app.LastSessionTime ? next - app.LastSessionTime : LeastGrace;
}
