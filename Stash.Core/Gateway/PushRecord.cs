using Stash.Core.Exposition;

namespace Stash.Core.Gateway;

/// <summary>One acknowledged push (PUT or POST) as the gateway's log keeps it, for those who follow the log.</summary>
public sealed record PushRecord
{
    /// <summary>Position in the log; grows, with gaps.</summary>
    public required long Position { get; init; }

    /// <summary>When the push was accepted, UTC.</summary>
    public required DateTimeOffset Time { get; init; }

    /// <summary>The group's labels, <c>job</c> among them, sorted by name.</summary>
    public required IReadOnlyList<Label> Grouping { get; init; }

    /// <summary>The samples of the families named <c>restic_session_*</c>; empty for any other push.</summary>
    public required IReadOnlyList<PushedSample> SessionSamples { get; init; }

    /// <summary>From the request header of that purpose; null where the pusher sent none.</summary>
    public string? SessionId { get; init; }

    /// <summary>From the request header of that purpose, decoded; null where the pusher sent none.</summary>
    public string? SessionMessage { get; init; }
}

/// <param name="Family">The family's name.</param>
/// <param name="Labels">The sample's own and the group's labels, sorted by name.</param>
/// <param name="Value">Its value.</param>
public sealed record PushedSample(string Family, IReadOnlyList<Label> Labels, double Value);
