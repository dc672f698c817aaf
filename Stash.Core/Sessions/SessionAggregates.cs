using System.Diagnostics.CodeAnalysis;

namespace Stash.Core.Sessions;

/// <summary>Sessions of a time range, aggregated: totals, per time bucket and app, per operation, per app.</summary>
public sealed record SessionAggregates
{
    public required DateTimeOffset From { get; init; }

    public required DateTimeOffset To { get; init; }

    /// <summary>Width of a bucket in seconds. Buckets start at multiples of it since the Unix epoch.</summary>
    public required int BucketSeconds { get; init; }

    public required int Count { get; init; }

    public required int Failures { get; init; }

    /// <summary>Per bucket, namespace, app and what the session was for, oldest first; a bucket without sessions is left out.</summary>
    public required IReadOnlyList<SessionBucket> Buckets { get; init; }

    /// <summary>Per bucket, namespace, app and operation, oldest first: seconds summed over a session's file groups.</summary>
    public required IReadOnlyList<OperationBucket> Operations { get; init; }

    /// <summary>Per namespace, app and what the session was for, by name; an app's backups come before its other sessions.</summary>
    public required IReadOnlyList<AppSummary> Apps { get; init; }
}

/// <summary>Sessions of one app and operation that ended in <c>[Start, Start + width)</c>. Quantiles are of the whole session's seconds (nearest rank).</summary>
public sealed record SessionBucket
{
    public required DateTimeOffset Start { get; init; }

    public required string Namespace { get; init; }

    public required string App { get; init; }

    /// <summary>As <see cref="Session.Operation"/>.</summary>
    [AllowNull]
    public string Operation
    {
        get;
        init => field = string.IsNullOrEmpty(value) ? SessionMetrics.BackupOperation : value;
    }
    = SessionMetrics.BackupOperation;

    public required int Count { get; init; }

    public required int Failures { get; init; }

    public required double P50Seconds { get; init; }

    public required double P95Seconds { get; init; }

    public required double MaxSeconds { get; init; }
}

/// <summary>One operation of one app in one bucket: <c>sum(restic_session_duration_seconds) by (app, op, namespace)</c> per session, then quantiles over the sessions.</summary>
public sealed record OperationBucket
{
    public required DateTimeOffset Start { get; init; }

    public required string Namespace { get; init; }

    public required string App { get; init; }

    public required string Op { get; init; }

    public required int Count { get; init; }

    public required double P50Seconds { get; init; }

    public required double P95Seconds { get; init; }

    public required double MaxSeconds { get; init; }
}

/// <summary>One app's sessions of one operation: those in the range, and the last ones whatever the range.</summary>
public sealed record AppSummary
{
    public required string Namespace { get; init; }

    public required string App { get; init; }

    /// <summary>As <see cref="Session.Operation"/>: the rest is of these sessions alone.</summary>
    [AllowNull]
    public string Operation
    {
        get;
        init => field = string.IsNullOrEmpty(value) ? SessionMetrics.BackupOperation : value;
    }
    = SessionMetrics.BackupOperation;

    public required int Count { get; init; }

    public required int Failures { get; init; }

    /// <summary>Null where the range has no session of the app.</summary>
    public double? P50Seconds { get; init; }

    public double? P95Seconds { get; init; }

    public double? MaxSeconds { get; init; }

    /// <summary>End of the last session that succeeded, whatever the range; null where none has.</summary>
    public DateTimeOffset? LastSuccessTime { get; init; }

    /// <summary>End of the last session, whatever the range.</summary>
    public required DateTimeOffset LastSessionTime { get; init; }

    public required SessionOutcome LastOutcome { get; init; }

    /// <summary>Failed sessions since the last success.</summary>
    public required int FailuresSinceSuccess { get; init; }

    /// <summary>When the schedule runs next, as the last session told; null without a schedule.</summary>
    public DateTimeOffset? NextRunTime { get; init; }

    public bool Sample { get; init; }
}
