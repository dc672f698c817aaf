using System.Diagnostics.CodeAnalysis;

namespace Stash.Core.Sessions;

/// <summary>
/// A session in progress, as its runner reports it while restic works (<c>restic backup --json</c>).
/// Kept in memory only; forgotten when its push arrives or when no report came for <see cref="Expiry"/>.
/// </summary>
public sealed record RunningSession
{
    /// <summary>A runner reports at least every third of this.</summary>
    public static readonly TimeSpan Expiry = TimeSpan.FromSeconds(30);

    /// <summary>The id under which the finished session will be in the journal.</summary>
    public required string Id { get; init; }

    public required string Namespace { get; init; }

    public required string App { get; init; }

    public required string Kind { get; init; }

    public required string Restic { get; init; }

    public required string Job { get; init; }

    /// <summary>As <see cref="Session.Operation"/>: what the whole session is for.</summary>
    [AllowNull]
    public string Operation
    {
        get;
        init => field = string.IsNullOrEmpty(value) ? SessionMetrics.BackupOperation : value;
    }
    = SessionMetrics.BackupOperation;

    public required DateTimeOffset StartTime { get; init; }

    /// <summary>The file group in work; null before the first.</summary>
    public string? Path { get; init; }

    /// <summary><c>backup</c>, <c>forget</c>, <c>check</c>, …; null before the first operation.</summary>
    public string? Op { get; init; }

    /// <summary>0 to 1, of the operation in work; null where restic does not tell.</summary>
    public double? Progress { get; init; }

    public long? BytesDone { get; init; }

    public long? BytesTotal { get; init; }

    public long? FilesDone { get; init; }

    public long? FilesTotal { get; init; }

    /// <summary>restic's estimate of the seconds left; null where it gives none.</summary>
    public double? SecondsRemaining { get; init; }

    /// <summary>True for a session of a sample workload.</summary>
    public bool Sample { get; init; }
}
