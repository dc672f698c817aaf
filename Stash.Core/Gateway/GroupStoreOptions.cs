using Stash.Core.Exposition;

namespace Stash.Core.Gateway;

/// <summary>Where the groups are kept, and how.</summary>
public sealed record GroupStoreOptions
{
    /// <summary>The store's own folder; made with mode 0700 where it is missing.</summary>
    public required string Directory { get; init; }

    /// <summary>Bytes of log after which a snapshot is made and the log goes on in a new segment. A large snapshot raises it to twice its own size.</summary>
    public long SegmentBytes { get; init; } = 32L << 20;

    /// <summary>Families that the gateway exposes beside the groups: a push of one with another type is refused.</summary>
    public IReadOnlyDictionary<string, MetricType> OwnFamilies { get; init; } = GatewayFamilies.All;

    /// <summary>False to take in whatever is well-formed. Of two groups that push the same series, the last is exposed.</summary>
    public bool ConsistencyCheck { get; init; } = true;

    /// <summary>Null for none.</summary>
    public PushLimits? Limits { get; init; }

    /// <summary>Whether pushes may have names of any UTF-8. What is stored with such names is read in any case.</summary>
    public bool Utf8Names { get; init; }
}

/// <summary>What the store holds and has done since it was opened.</summary>
public readonly record struct StoreStatistics
{
    public required int Groups { get; init; }

    public required int Series { get; init; }

    /// <summary>Position of the last durable change.</summary>
    public required long Position { get; init; }

    /// <summary>Pushes that are durable.</summary>
    public required long Pushes { get; init; }

    /// <summary>Writes of the log, each with one sync.</summary>
    public required long Syncs { get; init; }

    /// <summary>Groups deleted because their time was over.</summary>
    public required long Expired { get; init; }

    public required long LogBytes { get; init; }

    public required int LogSegments { get; init; }

    /// <summary>Files that were found torn or damaged when the store was opened, and of which only the beginning was read.</summary>
    public required int Cuts { get; init; }

    /// <summary>Bytes of them that were not.</summary>
    public required long CutBytes { get; init; }

    /// <summary>Of the last snapshot; 0 where there is none.</summary>
    public required long SnapshotBytes { get; init; }

    /// <summary>Of the last snapshot; null where there is none.</summary>
    public required DateTimeOffset? SnapshotTime { get; init; }

    /// <summary>True while the log cannot be written, as on a full disk.</summary>
    public required bool Failing { get; init; }
}
