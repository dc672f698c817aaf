namespace Stash.Core.Sessions.Journal;

internal static class RowMapping
{
    public static SessionRow ToRow(this Session session) => new()
    {
        Id = session.Id,
        Namespace = session.Namespace,
        App = session.App,
        Kind = session.Kind,
        Restic = session.Restic,
        Job = session.Job,
        Operation = session.Operation,
        Failed = session.Outcome == SessionOutcome.Failed,
        StartTime = session.StartTime.ToUnixTimeMilliseconds(),
        EndTime = session.EndTime.ToUnixTimeMilliseconds(),
        DurationSeconds = session.DurationSeconds,
        Message = session.Message,
        LastSuccessTime = session.LastSuccessTime?.ToUnixTimeMilliseconds(),
        NextRunTime = session.NextRunTime?.ToUnixTimeMilliseconds(),
        Sample = session.Sample,
        Operations = [.. session.FileGroups.Select((o, i) => new OperationRow { Ordinal = i, Path = o.Path, Op = o.Op, Seconds = o.Seconds })],
        Summaries = [.. session.Summaries.Select(s => new SummaryRow
        {
            Path = s.Path,
            FilesNew = s.FilesNew,
            FilesChanged = s.FilesChanged,
            FilesUnmodified = s.FilesUnmodified,
            BytesAdded = s.BytesAdded,
            BytesProcessed = s.BytesProcessed,
        })],
    };

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
        FileGroups = [.. row.Operations.OrderBy(o => o.Ordinal).Select(o => new FileGroupOperation(o.Path, o.Op, o.Seconds))],
        Summaries = [.. row.Summaries.OrderBy(s => s.Id).Select(s => new FileGroupSummary
        {
            Path = s.Path,
            FilesNew = s.FilesNew,
            FilesChanged = s.FilesChanged,
            FilesUnmodified = s.FilesUnmodified,
            BytesAdded = s.BytesAdded,
            BytesProcessed = s.BytesProcessed,
        })],
        Message = row.Message,
        LastSuccessTime = Time(row.LastSuccessTime),
        NextRunTime = Time(row.NextRunTime),
        Sample = row.Sample,
    };

    public static SessionOutcome OutcomeOf(bool failed) => failed ? SessionOutcome.Failed : SessionOutcome.Succeeded;

    public static DateTimeOffset Time(long milliseconds) => DateTimeOffset.FromUnixTimeMilliseconds(milliseconds);

    public static DateTimeOffset? Time(long? milliseconds) => milliseconds is { } ms ? Time(ms) : null;
}
