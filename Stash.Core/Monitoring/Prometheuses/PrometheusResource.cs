using System.Text.Json.Serialization;
using k8s;
using k8s.Models;

namespace Stash.Core.Monitoring.Prometheuses;

/// <summary>A <c>Prometheus</c> of the Prometheus operator (<c>monitoring.coreos.com/v1</c>): the fields that say what it scrapes of ours.</summary>
[KubernetesEntity(Group = KubeGroup, ApiVersion = KubeApiVersion, Kind = KubeKind, PluralName = KubePluralName)]
public sealed record PrometheusResource : IKubernetesObject<V1ObjectMeta>, ISpec<PrometheusResourceSpec>
{
    public const string KubeGroup = "monitoring.coreos.com";
    public const string KubeApiVersion = "v1";
    public const string KubeKind = "Prometheus";
    public const string KubePluralName = "prometheuses";

    [JsonPropertyName("apiVersion")]
    public string ApiVersion { get; set; } = $"{KubeGroup}/{KubeApiVersion}";

    [JsonPropertyName("kind")]
    public string Kind { get; set; } = KubeKind;

    [JsonPropertyName("metadata")]
    public V1ObjectMeta Metadata { get; set; } = new();

    [JsonPropertyName("spec")]
    public PrometheusResourceSpec Spec { get; set; } = new();
}

/// <summary>A page of a list of them.</summary>
public sealed record PrometheusResourceList : IKubernetesObject<V1ListMeta>, IItems<PrometheusResource>
{
    [JsonPropertyName("apiVersion")]
    public string ApiVersion { get; set; } = $"{PrometheusResource.KubeGroup}/{PrometheusResource.KubeApiVersion}";

    [JsonPropertyName("kind")]
    public string Kind { get; set; } = $"{PrometheusResource.KubeKind}List";

    [JsonPropertyName("metadata")]
    public V1ListMeta Metadata { get; set; } = new();

    [JsonPropertyName("items")]
    public IList<PrometheusResource> Items { get; set; } = [];
}

/// <summary>What it is to scrape, and as whom.</summary>
public sealed record PrometheusResourceSpec
{
    /// <summary>Of ServiceMonitors, by their labels: null selects none, an empty one all.</summary>
    [JsonPropertyName("serviceMonitorSelector")]
    public V1LabelSelector? ServiceMonitorSelector { get; init; }

    /// <summary>Of the namespaces that ServiceMonitors are looked for in, by their labels: null is its own alone, an empty one all.</summary>
    [JsonPropertyName("serviceMonitorNamespaceSelector")]
    public V1LabelSelector? ServiceMonitorNamespaceSelector { get; init; }

    /// <summary>Whom its pods run as; empty for the namespace's <c>default</c>.</summary>
    [JsonPropertyName("serviceAccountName")]
    public string? ServiceAccountName { get; init; }

    /// <summary>Secrets of its own namespace, which its pods find in <c>/etc/prometheus/secrets/NAME</c>.</summary>
    [JsonPropertyName("secrets")]
    public IReadOnlyList<string>? Secrets { get; init; }

    /// <summary>Whether ServiceMonitors may name files of its pods, as the token's.</summary>
    [JsonPropertyName("arbitraryFSAccessThroughSMs")]
    public FileSystemAccess? ArbitraryFSAccessThroughSMs { get; init; }

    /// <summary>Whether it looks for a ServiceMonitor's targets in the ServiceMonitor's namespace alone.</summary>
    [JsonPropertyName("ignoreNamespaceSelectors")]
    public bool? IgnoreNamespaceSelectors { get; init; }

    /// <summary>Whether its own labels win over those that the push gateway tells, which are then <c>exported_…</c>.</summary>
    [JsonPropertyName("overrideHonorLabels")]
    public bool? OverrideHonorLabels { get; init; }

    /// <summary>Whether the Prometheus operator leaves it as it is.</summary>
    [JsonPropertyName("paused")]
    public bool? Paused { get; init; }

    public sealed record FileSystemAccess
    {
        [JsonPropertyName("deny")]
        public bool? Deny { get; init; }
    }
}
