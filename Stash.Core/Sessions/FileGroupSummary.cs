namespace Stash.Core.Sessions;

/// <summary>restic's own summary of one file group's backup. A number is null where the push did not carry it.</summary>
public sealed record FileGroupSummary
{
    /// <summary>The file group's path.</summary>
    public required string Path { get; init; }

    /// <summary>Files that were not in the parent snapshot.</summary>
    public long? FilesNew { get; init; }

    /// <summary>Files that differ from the parent snapshot.</summary>
    public long? FilesChanged { get; init; }

    /// <summary>Files equal to the parent snapshot's.</summary>
    public long? FilesUnmodified { get; init; }

    /// <summary>Bytes added to the repository.</summary>
    public long? BytesAdded { get; init; }

    /// <summary>Bytes read from the source.</summary>
    public long? BytesProcessed { get; init; }
}
