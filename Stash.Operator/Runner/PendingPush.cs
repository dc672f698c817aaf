using System.Text.Json.Serialization;

namespace Stash.Operator.Runner;

/// <summary>A push that waits for its gateway, as the spool keeps it.</summary>
internal sealed record PendingPush
{
    /// <summary>The session's id: the gateway knows a second delivery by it.</summary>
    public required string SessionId { get; init; }

    /// <summary>Path of the group, beginning with <c>/metrics</c>.</summary>
    public required string Path { get; init; }

    /// <summary>Why the session failed, percent-encoded as the header wants it.</summary>
    public string? Message { get; init; }

    /// <summary>Longest time between two runs of the session's schedule, in seconds; null where no schedule runs them.</summary>
    public long? IntervalSeconds { get; init; }

    /// <summary>The metrics, in the text format.</summary>
    public required byte[] Body { get; init; }
}

[JsonSerializable(typeof(PendingPush))]
internal sealed partial class PendingPushJson : JsonSerializerContext;
