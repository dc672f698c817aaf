using Stash.Core.Configuration;
using Stash.Core.Monitoring;

namespace Stash.Console.Settings;

/// <summary>What the settings are called where they are: on a machine they write files, in a cluster they make objects.</summary>
public sealed record SettingsWords
{
    /// <summary>Where they are.</summary>
    public required string Place { get; init; }

    /// <summary>How they are changed elsewhere, after "edited there".</summary>
    public required string PlaceNote { get; init; }

    /// <summary>Agent, its name, and what it is, in order.</summary>
    public required IReadOnlyList<(string Agent, string Name, string What)> Agents { get; init; }

    public required string OperatorMetrics { get; init; }

    public required string NamespaceHelp { get; init; }

    /// <summary>What an empty namespace stands for; empty where that has no name.</summary>
    public required string NamespacePlaceholder { get; init; }

    /// <summary>Where somebody else may have changed them.</summary>
    public required string Elsewhere { get; init; }

    /// <summary>As <c>made</c>.</summary>
    public required string Made { get; init; }

    public static SettingsWords Of(MonitoringManifest? settings, DataFolder folder) =>
        settings?.Metadata.Namespace is { } name ? InCluster(settings.Metadata.Name, name) : Embedded(folder);

    private static SettingsWords Embedded(DataFolder folder) => new()
    {
        Place = folder.In("monitoring.yaml"),
        PlaceNote = "edited there by hand, they change here by themselves",
        Agents =
        [
            (MonitoringAgent.None, "None", "No Prometheus scrapes Stash; the console works without one."),
            (MonitoringAgent.Builtin, "Prometheus (builtin)", "A Prometheus that finds its targets itself: Stash writes the scrape configuration for it to include."),
            (MonitoringAgent.CoreosOperator, "Prometheus operator (coreos-operator)", "The Prometheus operator in a Kubernetes cluster: Stash writes a ServiceMonitor that it selects by labels."),
        ],
        OperatorMetrics = "The operator's own health, over HTTPS with its token.",
        NamespaceHelp = "The namespace that Prometheus runs in; empty for the operator's own. Used with the Prometheus operator.",
        NamespacePlaceholder = "",
        Elsewhere = "in monitoring.yaml or in another console",
        Made = "written",
    };

    private static SettingsWords InCluster(string name, string @namespace) => new()
    {
        Place = $"monitoring/{name} --namespace {@namespace}",
        PlaceNote = "changed by kubectl or from Git, they change here by themselves",
        Agents =
        [
            (MonitoringAgent.None, "None", "No Prometheus scrapes Stash; the console works without one."),
            (MonitoringAgent.Builtin, "Prometheus (builtin)", "A Prometheus that finds its targets by annotations: Stash annotates its Service."),
            (MonitoringAgent.CoreosOperator, "Prometheus operator (coreos-operator)", "A Prometheus resource of the Prometheus operator: Stash makes a ServiceMonitor that it selects by labels."),
        ],
        OperatorMetrics = "The operator's own health, over HTTPS with the token of Prometheus' service account.",
        NamespaceHelp = $"The namespace that Prometheus runs in; empty for the operator's own, {@namespace}.",
        NamespacePlaceholder = @namespace,
        Elsewhere = "with kubectl, from Git or in another console",
        Made = "made",
    };
}
