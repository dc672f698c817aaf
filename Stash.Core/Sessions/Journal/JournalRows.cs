namespace Stash.Core.Sessions.Journal;

// Times are Unix milliseconds: SQLite and PostgreSQL compare and index them alike.

internal sealed class SessionRow
{
    /// <summary>Position in the journal: grows by arrival.</summary>
    public long Position { get; set; }

    public required string Id { get; set; }

    public required string Namespace { get; set; }

    public required string App { get; set; }

    public required string Kind { get; set; }

    public required string Restic { get; set; }

    public required string Job { get; set; }

    public required string Operation { get; set; }

    public bool Failed { get; set; }

    public long StartTime { get; set; }

    public long EndTime { get; set; }

    public double DurationSeconds { get; set; }

    public string? Message { get; set; }

    public long? LastSuccessTime { get; set; }

    public long? NextRunTime { get; set; }

    public bool Sample { get; set; }

    public List<OperationRow> Operations { get; set; } = [];

    public List<SummaryRow> Summaries { get; set; } = [];
}

internal sealed class OperationRow
{
    public long Id { get; set; }

    public long SessionPosition { get; set; }

    /// <summary>Order within the session.</summary>
    public int Ordinal { get; set; }

    public required string Path { get; set; }

    public required string Op { get; set; }

    public double Seconds { get; set; }
}

internal sealed class SummaryRow
{
    public long Id { get; set; }

    public long SessionPosition { get; set; }

    public required string Path { get; set; }

    public long? FilesNew { get; set; }

    public long? FilesChanged { get; set; }

    public long? FilesUnmodified { get; set; }

    public long? BytesAdded { get; set; }

    public long? BytesProcessed { get; set; }
}

/// <summary>
/// What is known of an app's sessions of one operation, whatever is kept of them: a last success outlives the retention. Not of all its
/// sessions together: a check that succeeds must not hide a backup that no longer runs.
/// </summary>
internal sealed class AppRow
{
    public required string Namespace { get; set; }

    public required string App { get; set; }

    public required string Operation { get; set; }

    public long? LastSuccessTime { get; set; }

    public long LastSessionTime { get; set; }

    public bool LastFailed { get; set; }

    public int FailuresSinceSuccess { get; set; }

    public long? NextRunTime { get; set; }

    public bool Sample { get; set; }
}

/// <summary>How far the journal has followed the gateway's log. One row.</summary>
internal sealed class FollowedRow
{
    public int Id { get; set; }

    public long Position { get; set; }
}
