namespace Stash.Core.Gateway;

/// <summary>A push as it came in.</summary>
public readonly record struct Push
{
    public required GroupKey Group { get; init; }

    /// <summary>True for PUT: the whole group is replaced. False for POST: only the pushed families are.</summary>
    public required bool Replace { get; init; }

    /// <summary>The families, in the text format: what the log keeps. Not changed until the verdict is there.</summary>
    public required ReadOnlyMemory<byte> Text { get; init; }

    public string? SessionId { get; init; }

    public string? SessionMessage { get; init; }

    /// <summary>How long after this push the group may go, where no other comes; null for never.</summary>
    public TimeSpan? TimeToLive { get; init; }
}

/// <summary>What became of a change.</summary>
/// <param name="Kind">Whether it is durable, was refused, or could not be written.</param>
/// <param name="Message">Why it was refused, in the reference's words where it has any; empty otherwise.</param>
public readonly record struct PushVerdict(VerdictKind Kind, string Message)
{
    public static readonly PushVerdict Accepted = new(VerdictKind.Accepted, "");
}

public enum VerdictKind
{
    /// <summary>On the disk.</summary>
    Accepted,

    /// <summary>Invalid, or inconsistent with what is there; the group's failure time is set.</summary>
    Refused,

    /// <summary>The log cannot be written, as on a full disk; nothing has changed.</summary>
    Unavailable,

    /// <summary>Not in the text format; nothing has changed.</summary>
    Malformed,

    /// <summary>Beyond one of the <see cref="PushLimits"/>; nothing has changed.</summary>
    OverLimit,
}
