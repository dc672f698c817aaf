using System.Diagnostics.CodeAnalysis;

namespace Stash.Core.Sessions;

/// <summary>
/// One ended session as the journal keeps it and the API answers it: one push that carried <c>restic_session_*</c>.
/// Times are UTC.
/// </summary>
public sealed record Session
{
    /// <summary>Identity in the journal; stable, safe in a URL.</summary>
    public required string Id { get; init; }

    /// <summary>Label <c>namespace</c>; empty where the push had none.</summary>
    public required string Namespace { get; init; }

    /// <summary>Label <c>app</c>, the workload's name; empty where the push had none.</summary>
    public required string App { get; init; }

    /// <summary>Label <c>kind</c>, the workload's kind; empty where the push had none.</summary>
    public required string Kind { get; init; }

    /// <summary>Label <c>stash_config</c>, the Restic's name; empty where the push had none.</summary>
    public required string Restic { get; init; }

    /// <summary><c>backup</c>, or what the label <c>session</c> says: <c>check</c>, <c>forget</c>, <c>restore</c>, …</summary>
    [AllowNull]
    public string Operation
    {
        get;
        init => field = string.IsNullOrEmpty(value) ? SessionMetrics.BackupOperation : value;
    }
    = SessionMetrics.BackupOperation;

    /// <summary>Label <c>job</c>.</summary>
    public required string Job { get; init; }

    /// <summary>How it ended.</summary>
    public required SessionOutcome Outcome { get; init; }

    /// <summary>From <c>restic_session_start_time_seconds</c>; else the end less the duration.</summary>
    public required DateTimeOffset StartTime { get; init; }

    /// <summary>From <c>restic_session_end_time_seconds</c>; else the time of the push.</summary>
    public required DateTimeOffset EndTime { get; init; }

    /// <summary>From <c>restic_session_duration_seconds_total</c>, in seconds.</summary>
    public required double DurationSeconds { get; init; }

    /// <summary>Seconds per file group and operation, in the order of the session.</summary>
    public required IReadOnlyList<FileGroupOperation> FileGroups { get; init; }

    /// <summary>restic's summaries, where pushed.</summary>
    public IReadOnlyList<FileGroupSummary> Summaries { get; init; } = [];

    /// <summary>Why it failed, in restic's words or ours; null where not known.</summary>
    public string? Message { get; init; }

    /// <summary>From <c>restic_session_last_success_time_seconds</c>: null where not pushed, or where none has succeeded.</summary>
    public DateTimeOffset? LastSuccessTime { get; init; }

    /// <summary>From <c>restic_session_next_run_time_seconds</c>: when the schedule runs next.</summary>
    public DateTimeOffset? NextRunTime { get; init; }

    /// <summary>True for a session of a sample workload; the console marks it wherever it shows.</summary>
    public bool Sample { get; init; }
}
