using Stash.Core.Exposition;

namespace Stash.Core.Gateway;

/// <summary>Where the groups are kept, and how.</summary>
public sealed record GroupStoreOptions
{
    /// <summary>The store's own folder; made with mode 0700 where it is missing.</summary>
    public required string Directory { get; init; }

    /// <summary>Bytes of log after which a snapshot is made and the log goes on in a new segment. A larger last snapshot raises it to its own size.</summary>
    public long SegmentBytes { get; init; } = 32L << 20;

    /// <summary>Families that the gateway exposes beside the groups: a push of one with another type is refused.</summary>
    public IReadOnlyDictionary<string, MetricType> OwnFamilies { get; init; } = GatewayFamilies.All;
}
