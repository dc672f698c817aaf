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

    /// <summary>As <see cref="SessionColumns"/> writes them.</summary>
    public required string FileGroups { get; set; }

    /// <summary>As <see cref="SessionColumns"/> writes them; null where there are none.</summary>
    public string? Summaries { get; set; }
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

    /// <summary>Position of its first session that is known; 0 for those of earlier versions.</summary>
    public long FirstArrival { get; set; }

    public long? NextRunTime { get; set; }

    public bool Sample { get; set; }
}

/// <summary>How far the journal has come. One row.</summary>
internal sealed class FollowedRow
{
    public int Id { get; set; }

    /// <summary>Position in the gateway's log up to which all sessions are here.</summary>
    public long Position { get; set; }

    /// <summary>The last session's <see cref="SessionRow.Position"/>, also where it has been deleted since: none is given twice.</summary>
    public long LastArrival { get; set; }
}
