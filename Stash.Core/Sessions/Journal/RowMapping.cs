namespace Stash.Core.Sessions.Journal;

internal static class RowMapping
{
    public static Session ToSession(this SessionRow row) => new()
    {
        Id = row.Id,
        Namespace = row.Namespace,
        App = row.App,
        Kind = row.Kind,
        Restic = row.Restic,
        Job = row.Job,
        Operation = row.Operation,
        Outcome = OutcomeOf(row.Failed),
        StartTime = Time(row.StartTime),
        EndTime = Time(row.EndTime),
        DurationSeconds = row.DurationSeconds,
        FileGroups = SessionColumns.ReadFileGroups(row.FileGroups),
        Summaries = SessionColumns.ReadSummaries(row.Summaries),
        Message = row.Message,
        LastSuccessTime = Time(row.LastSuccessTime),
        NextRunTime = Time(row.NextRunTime),
        Sample = row.Sample,
    };

    public static SessionOutcome OutcomeOf(bool failed) => failed ? SessionOutcome.Failed : SessionOutcome.Succeeded;

    public static DateTimeOffset Time(long milliseconds) => DateTimeOffset.FromUnixTimeMilliseconds(milliseconds);

    public static DateTimeOffset? Time(long? milliseconds) => milliseconds is { } ms ? Time(ms) : null;
}
