using Stash.Core.Exposition;

namespace Stash.Core.Gateway;

/// <summary>One durable change as the gateway's log keeps it, for those who follow the log.</summary>
public sealed record PushRecord
{
    /// <summary>Position in the log; grows, with gaps.</summary>
    public required long Position { get; init; }

    /// <summary>False for a deletion, and for a push that was refused: they only move the position.</summary>
    public required bool IsPush { get; init; }

    /// <summary>When it was accepted, UTC.</summary>
    public required DateTimeOffset Time { get; init; }

    /// <summary>The group's labels, <c>job</c> among them, sorted by name. On exposition they override a sample's own.</summary>
    public required IReadOnlyList<Label> Grouping { get; init; }

    /// <summary>What was pushed, in the text format: read once already, so it parses. <see cref="SessionSamples"/> finds a session in it.</summary>
    public required ReadOnlyMemory<byte> Text { get; init; }

    /// <summary>From the request header of that purpose; null where the pusher sent none.</summary>
    public string? SessionId { get; init; }

    /// <summary>From the request header of that purpose, decoded; null where the pusher sent none.</summary>
    public string? SessionMessage { get; init; }
}
