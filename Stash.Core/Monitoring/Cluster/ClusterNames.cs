using Stash.Core.Monitoring.Prometheuses;

namespace Stash.Core.Monitoring.Cluster;

/// <summary>What the operator is in its cluster, and whom it serves there: all beside the settings that decides what these make.</summary>
public sealed record ClusterNames
{
    public const string DefaultServiceName = "stash-operator";
    public const string DefaultServiceMonitor = "stash-servicemonitor";

    public static IReadOnlyDictionary<string, string> DefaultSelectorLabels { get; } = new Dictionary<string, string>(StringComparer.Ordinal) { ["app"] = "stash" };

    /// <summary>The operator's namespace.</summary>
    public required string OperatorNamespace { get; init; }

    /// <summary>The Service by which Prometheus reaches the operator. It is not made here.</summary>
    public string ServiceName { get; init; } = DefaultServiceName;

    /// <summary>The labels of that Service, by which the ServiceMonitor selects it.</summary>
    public IReadOnlyDictionary<string, string> SelectorLabels { get; init; } = DefaultSelectorLabels;

    /// <summary>The ServiceMonitor's name.</summary>
    public string ServiceMonitor { get; init; } = DefaultServiceMonitor;

    /// <summary>The name of the Secret with the certificate that Prometheus trusts. Prometheus mounts it by this name.</summary>
    public string CertificateSecret { get; init; } = PrometheusSpec.CertificateSecret;

    /// <summary>The ClusterRole, and the ClusterRoleBinding, that let Prometheus read the operator's metrics. They have no namespace, so by default their name tells the operator's.</summary>
    public string MetricsRole { get => field ?? $"stash-metrics-reader-{OperatorNamespace}"; init; }

    /// <summary>The authorities of the operator's serving certificate, as PEM. Only its certificates are used, never a key that is also in it.</summary>
    public required string CaCertificate { get; init; }

    /// <summary>Who Prometheus is; empty where that is not known: then the ClusterRole is made and bound to nobody.</summary>
    public IReadOnlyList<PrometheusServiceAccount> PrometheusAccounts { get; init; } = [];
}
