using Stash.Core.Monitoring;

namespace Stash.Console.Settings;

/// <summary>How far the operator is with settings.</summary>
internal static class SettlingState
{
    /// <summary>Whether the status is about the settings as they are; embedded it always is.</summary>
    public static bool IsSettled(this MonitoringManifest settings) =>
        settings.Metadata.Generation is not { } generation || settings.Status?.ObservedGeneration >= generation;

    /// <summary>The conditions that somebody should look at.</summary>
    public static IReadOnlyList<MonitoringCondition> Problems(this MonitoringStatus? status) => [.. (status?.Conditions ?? []).Where(c => c.IsProblem())];
}
