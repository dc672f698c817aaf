namespace Stash.Core.Restics;

/// <summary>The resources of one YAML file, in its order.</summary>
public sealed record ResticFile
{
    /// <summary>As its reader called it.</summary>
    public required string Name { get; init; }

    public required IReadOnlyList<Restic> Restics { get; init; }

    public required IReadOnlyList<Recovery> Recoveries { get; init; }
}
