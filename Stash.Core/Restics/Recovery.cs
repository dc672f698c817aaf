namespace Stash.Core.Restics;

/// <summary>What to restore, from which Restic's repository: the part of the custom resource <c>Recovery</c> that means something wherever restic runs.</summary>
public sealed record Recovery
{
    public required string Name { get; init; }

    public string? Namespace { get; init; }

    /// <summary>The Restic whose repository holds the snapshot.</summary>
    public required string ResticName { get; init; }

    /// <summary>Null where the Restic's own namespace is meant.</summary>
    public string? ResticNamespace { get; init; }

    /// <summary>A snapshot's id; null for the latest of each path.</summary>
    public string? Snapshot { get; init; }

    /// <summary>Empty for all file groups of the Restic.</summary>
    public IReadOnlyList<string> Paths { get; init; } = [];

    /// <summary>Folders to restore into, from <c>recoveredVolumes</c>.</summary>
    public IReadOnlyList<string> Targets { get; init; } = [];
}
