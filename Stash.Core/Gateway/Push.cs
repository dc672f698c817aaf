using Stash.Core.Exposition;

namespace Stash.Core.Gateway;

/// <summary>A push as it came in, parsed.</summary>
public sealed record Push
{
    public required GroupKey Group { get; init; }

    /// <summary>True for PUT: the whole group is replaced. False for POST: only the pushed families are.</summary>
    public required bool Replace { get; init; }

    /// <summary>The pushed families; their metrics get the group's labels in the store.</summary>
    public required IReadOnlyList<MetricFamily> Families { get; init; }

    /// <summary>The families as they were pushed, in the text format: what the log keeps.</summary>
    public required ReadOnlyMemory<byte> Text { get; init; }

    public string? SessionId { get; init; }

    public string? SessionMessage { get; init; }
}

/// <summary>What became of a change.</summary>
/// <param name="Kind">Whether it is durable, was refused, or could not be written.</param>
/// <param name="Message">Why it was refused, in the reference's words; empty otherwise.</param>
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
}
