namespace Stash.Core.Monitoring.Cluster;

/// <summary>The settings of a cluster in the shape in which the API tells them.</summary>
public static class ClusterManifest
{
    /// <summary>The version of settings that are not there: who has read that there are none may make them.</summary>
    public const string NoVersion = "none";

    private static readonly string[] WorstFirst =
        [MonitoringCondition.ServiceAnnotated, MonitoringCondition.ServiceMonitorReady, MonitoringCondition.SecretCopied, MonitoringCondition.AccessGranted, MonitoringCondition.Scraped];

    /// <summary>Settings that are there.</summary>
    public static MonitoringManifest Of(MonitoringResource resource)
    {
        var (metadata, status) = (resource.Metadata, resource.Status);
        return new MonitoringManifest
        {
            Metadata = new MonitoringMetadata
            {
                Name = metadata.Name,
                Namespace = metadata.NamespaceProperty,
                Generation = metadata.Generation,
                ResourceVersion = VersionOf(resource),
            },
            Spec = MonitoringValidation.Canonical(resource.Spec),
            Status = new MonitoringStatus
            {
                AppliedTime = AppliedTime(status),
                Created = [.. (status?.Created ?? []).Select(c => Named(c.Ref))],
                Error = Error(resource),
                ObservedGeneration = status?.ObservedGeneration,
                Conditions = status?.Conditions ?? [],
                Prometheuses = status?.Prometheuses ?? [],
            },
        };
    }

    /// <summary>The defaults, where there are no settings.</summary>
    /// <param name="operatorNamespace">Where they would be.</param>
    /// <param name="why">What is so, and what to do: a sentence.</param>
    public static MonitoringManifest None(string operatorNamespace, string why) => new()
    {
        Metadata = new MonitoringMetadata { Namespace = operatorNamespace, ResourceVersion = NoVersion },
        Status = new MonitoringStatus { Error = why },
    };

    /// <summary>What the API sends as <c>resourceVersion</c>: unlike the object's own it stays while only the status changes, which the operator writes whenever it likes.</summary>
    public static string VersionOf(MonitoringResource? resource) => resource is null ? NoVersion : string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{resource.Metadata.Uid}-{resource.Metadata.Generation}");

    /// <summary>As <c>ServiceMonitor monitoring/stash-servicemonitor</c>.</summary>
    public static string Named(ObjectRef what) => what.Namespace is { } name ? $"{what.Kind} {name}/{what.Name}" : $"{what.Kind} {what.Name}";

    private static DateTimeOffset? AppliedTime(MonitoringResourceStatus? status) => status is null or { Conditions: [], Created: [] }
        ? null
        : status.Created.Select(c => c.Time).Concat(status.Conditions.Select(c => c.LastTransitionTime)).Max();

    private static string? Error(MonitoringResource resource)
    {
        if (resource.Metadata.DeletionTimestamp is not null)
        {
            return "The settings are being deleted: what they had made goes with them.";
        }

        // What is told of older settings says nothing about these.
        return resource.Status is { } status && status.ObservedGeneration == resource.Metadata.Generation
            ? status.Conditions.Where(c => c.Status == "False" && c.IsProblem()).OrderBy(c => Array.IndexOf(WorstFirst, c.Type) is >= 0 and var i ? i : WorstFirst.Length).FirstOrDefault()?.Message
            : null;
    }
}
