namespace Stash.Operator.Runner;

/// <summary>What to restore.</summary>
/// <param name="Snapshot">A snapshot's id; null for the latest of each path.</param>
/// <param name="Paths">In order.</param>
internal sealed record Restore(string? Snapshot, IReadOnlyList<RestorePath> Paths);

/// <param name="Path">What to restore, absolute.</param>
/// <param name="FileGroup">The path that was backed up: <paramref name="Path"/> or a folder above it.</param>
/// <param name="Target">The folder below which it is put under its full name.</param>
internal sealed record RestorePath(string Path, string FileGroup, string Target);
