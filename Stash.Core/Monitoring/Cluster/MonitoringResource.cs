using System.Text.Json.Serialization;
using k8s;
using k8s.Models;

namespace Stash.Core.Monitoring.Cluster;

/// <summary>The monitoring settings in a cluster: the custom resource <c>Monitoring</c> (<c>stash.appscode.com/v1alpha1</c>), as <c>deploy/chart/stash/crds</c> defines it.</summary>
[KubernetesEntity(Group = KubeGroup, ApiVersion = KubeApiVersion, Kind = KubeKind, PluralName = KubePluralName)]
public sealed record MonitoringResource : IKubernetesObject<V1ObjectMeta>, ISpec<MonitoringSpec>
{
    public const string KubeGroup = "stash.appscode.com";
    public const string KubeApiVersion = "v1alpha1";
    public const string KubeKind = MonitoringManifest.ExpectedKind;
    public const string KubePluralName = "monitorings";

    /// <summary>There is one for each operator.</summary>
    public const string ObjectName = "stash";

    /// <summary>Keeps the settings until what they had made is removed.</summary>
    public const string Finalizer = "stash.appscode.com/monitoring";

    [JsonPropertyName("apiVersion")]
    public string ApiVersion { get; set; } = MonitoringManifest.ExpectedApiVersion;

    [JsonPropertyName("kind")]
    public string Kind { get; set; } = KubeKind;

    [JsonPropertyName("metadata")]
    public V1ObjectMeta Metadata { get; set; } = new();

    [JsonPropertyName("spec")]
    public MonitoringSpec Spec { get; set => field = WithTexts(value); } = new();

    [JsonPropertyName("status")]
    public MonitoringResourceStatus? Status { get; set; }

    /// <summary>An API server of version 1.20 makes null of an empty text.</summary>
    private static MonitoringSpec WithTexts(MonitoringSpec spec) => spec with
    {
        Prometheus = spec.Prometheus with { Namespace = spec.Prometheus.Namespace ?? "" },
        ServiceMonitor = new ServiceMonitorSpec { Labels = spec.ServiceMonitor.Labels.ToDictionary(l => l.Key, l => l.Value ?? "", StringComparer.Ordinal) },
    };
}

/// <summary>What the operator made of the settings.</summary>
public sealed record MonitoringResourceStatus
{
    [JsonPropertyName("observedGeneration")]
    public long? ObservedGeneration { get; init; }

    [JsonPropertyName("conditions")]
    public IReadOnlyList<MonitoringCondition> Conditions { get; init; } = [];

    [JsonPropertyName("created")]
    public IReadOnlyList<CreatedObject> Created { get; init; } = [];

    [JsonPropertyName("prometheuses")]
    public IReadOnlyList<PrometheusState> Prometheuses { get; init; } = [];

    /// <summary>Null until an operator has taken the settings up.</summary>
    [JsonPropertyName("operator")]
    public OperatorFacts? Operator { get; init; }
}

/// <summary>An object that exists because of the settings.</summary>
public sealed record CreatedObject
{
    [JsonPropertyName("apiVersion")]
    public required string ApiVersion { get; init; }

    [JsonPropertyName("kind")]
    public required string Kind { get; init; }

    /// <summary>Null for what has none.</summary>
    [JsonPropertyName("namespace")]
    public string? Namespace { get; init; }

    [JsonPropertyName("name")]
    public required string Name { get; init; }

    /// <summary>When the operator made it.</summary>
    [JsonPropertyName("time")]
    public required DateTimeOffset Time { get; init; }

    [JsonIgnore]
    public ObjectRef Ref => new(ApiVersion, Kind, Namespace, Name);
}

/// <summary>What the operator is in the cluster: all beside the settings that decides what these make. Nothing of it is secret.</summary>
public sealed record OperatorFacts
{
    [JsonPropertyName("version")]
    public string? Version { get; init; }

    [JsonPropertyName("serviceName")]
    public required string ServiceName { get; init; }

    [JsonPropertyName("serviceLabels")]
    public required IReadOnlyDictionary<string, string> ServiceLabels { get; init; }

    [JsonPropertyName("serviceMonitorName")]
    public required string ServiceMonitorName { get; init; }

    [JsonPropertyName("certificateSecretName")]
    public required string CertificateSecretName { get; init; }

    /// <summary>PEM.</summary>
    [JsonPropertyName("caCertificate")]
    public required string CaCertificate { get; init; }

    /// <summary>As <c>NAMESPACE/NAME</c>; empty for those of the <c>Prometheus</c> resources that select the ServiceMonitor.</summary>
    [JsonPropertyName("prometheusServiceAccounts")]
    public IReadOnlyList<string> PrometheusServiceAccounts { get; init; } = [];

    /// <summary>The names of what it makes. Who Prometheus is, <see cref="ClusterPlan"/> finds out.</summary>
    public ClusterNames NamesIn(string operatorNamespace) => new()
    {
        OperatorNamespace = operatorNamespace,
        ServiceName = ServiceName,
        SelectorLabels = ServiceLabels,
        ServiceMonitor = ServiceMonitorName,
        CertificateSecret = CertificateSecretName,
        CaCertificate = CaCertificate,
    };
}
