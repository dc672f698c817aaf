namespace Stash.Core.Restics;

/// <summary>
/// What to back up, where to and when: the part of the custom resource <c>Restic</c> that means something wherever restic runs.
/// Fields that choose or shape pods (<c>selector</c>, <c>volumeMounts</c>, <c>resources</c>, <c>type</c>, <c>imagePullSecrets</c>) are read and left out.
/// </summary>
public sealed record Restic
{
    public required string Name { get; init; }

    /// <summary>Null where the resource names none.</summary>
    public string? Namespace { get; init; }

    public IReadOnlyList<FileGroup> FileGroups { get; init; } = [];

    public Backend? Backend { get; init; }

    /// <summary>Cron, <c>@hourly</c> or <c>@every 1h30m</c>; null for none.</summary>
    public string? Schedule { get; init; }

    public IReadOnlyList<RetentionPolicy> RetentionPolicies { get; init; } = [];

    public bool Paused { get; init; }

    /// <summary>The policy of a file group; null where it names none.</summary>
    /// <exception cref="UserErrorException">The Restic has no policy of that name.</exception>
    public RetentionPolicy? PolicyOf(FileGroup group) =>
        group.RetentionPolicyName is not { } name
            ? null
            : RetentionPolicies.FirstOrDefault(p => p.Name == name) ?? throw new UserErrorException(
                $"File group {group.Path} names the retention policy \"{name}\", which spec.retentionPolicies does not have{(RetentionPolicies.Count == 0 ? "" : $" (it has {string.Join(", ", RetentionPolicies.Select(p => p.Name))})")}.");
}

/// <summary>One path that is backed up, with its tags and its retention policy.</summary>
public sealed record FileGroup
{
    /// <summary>Absolute: a relative one in the file is taken from the file's folder.</summary>
    public required string Path { get; init; }

    public IReadOnlyList<string> Tags { get; init; } = [];

    public string? RetentionPolicyName { get; init; }
}

/// <summary>Which snapshots <c>restic forget</c> keeps. Null or 0 is no rule of that sort.</summary>
public sealed record RetentionPolicy
{
    public required string Name { get; init; }

    public int? KeepLast { get; init; }

    public int? KeepHourly { get; init; }

    public int? KeepDaily { get; init; }

    public int? KeepWeekly { get; init; }

    public int? KeepMonthly { get; init; }

    public int? KeepYearly { get; init; }

    public IReadOnlyList<string> KeepTags { get; init; } = [];

    public bool Prune { get; init; }

    public bool DryRun { get; init; }
}
