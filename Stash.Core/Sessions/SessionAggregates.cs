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

    /// <summary>Per bucket, namespace and app, oldest first; a bucket without sessions is left out.</summary>
    public required IReadOnlyList<SessionBucket> Buckets { get; init; }

    /// <summary>Per bucket, namespace, app and operation, oldest first: seconds summed over a session's file groups.</summary>
    public required IReadOnlyList<OperationBucket> Operations { get; init; }

    /// <summary>Per namespace and app, by name.</summary>
    public required IReadOnlyList<AppSummary> Apps { get; init; }
}

/// <summary>Sessions of one app that ended in <c>[Start, Start + width)</c>. Quantiles are of the whole session's seconds (nearest rank).</summary>
public sealed record SessionBucket
{
    public required DateTimeOffset Start { get; init; }

    public required string Namespace { get; init; }

    public required string App { get; init; }

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

/// <summary>One app: its sessions in the range, and its last ones whatever the range.</summary>
public sealed record AppSummary
{
    public required string Namespace { get; init; }

    public required string App { get; init; }

    public required int Count { get; init; }

    public required int Failures { get; init; }

    /// <summary>Null where the range has no session of the app.</summary>
    public double? P50Seconds { get; init; }

    public double? P95Seconds { get; init; }

    public double? MaxSeconds { get; init; }

    /// <summary>End of the app's last session that succeeded, whatever the range; null where none has.</summary>
    public DateTimeOffset? LastSuccessTime { get; init; }

    /// <summary>End of the app's last session, whatever the range.</summary>
    public required DateTimeOffset LastSessionTime { get; init; }

    public required SessionOutcome LastOutcome { get; init; }

    /// <summary>Failed sessions since the last success.</summary>
    public required int FailuresSinceSuccess { get; init; }

    /// <summary>When the app's schedule runs next, as its last session told; null without a schedule.</summary>
    public DateTimeOffset? NextRunTime { get; init; }

    public bool Sample { get; init; }
}
