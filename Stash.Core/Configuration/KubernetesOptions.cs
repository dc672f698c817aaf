namespace Stash.Core.Configuration;

/// <summary><c>Stash:Kubernetes:*</c>: whether there is a cluster, and what the operator is in it.</summary>
public sealed record KubernetesOptions
{
    private static readonly string[] Modes = ["auto", "on", "off"];

    /// <summary><c>on</c>, <c>off</c>, or <c>auto</c>: on in a pod, and where <see cref="Kubeconfig"/> is given.</summary>
    public required string Mode { get; init; }

    /// <summary>A kubeconfig file, for running outside of the cluster; null for the pod's own service account.</summary>
    public required string? Kubeconfig { get; init; }

    /// <summary>The operator's namespace; null for the pod's, else that of the kubeconfig's context.</summary>
    public required string? Namespace { get; init; }

    /// <summary>The Service by which clients in the cluster reach the operator.</summary>
    public required string ServiceName { get; init; }

    /// <summary>The labels of that Service, by which the ServiceMonitor selects it.</summary>
    public IReadOnlyDictionary<string, string> ServiceLabels { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal) { ["app"] = "stash" };

    /// <summary>The name of the ServiceMonitor that is made.</summary>
    public string ServiceMonitorName { get; init; } = "stash-servicemonitor";

    /// <summary>The name of the Secret with the certificate that Prometheus trusts.</summary>
    public string CertificateSecretName { get; init; } = "stash-apiserver-cert";

    /// <summary>Service accounts that are let read the operator's metrics, as namespace and name; empty to take those of the <c>Prometheus</c> resources that select the ServiceMonitor.</summary>
    public IReadOnlyList<(string Namespace, string Name)> PrometheusServiceAccounts { get; init; } = [];

    /// <summary>Whether there is a cluster.</summary>
    public bool IsOn => Mode == "on" || (Mode == "auto" && (Kubeconfig is not null || Environment.GetEnvironmentVariable("KUBERNETES_SERVICE_HOST") is { Length: > 0 }));

    internal static KubernetesOptions From(OptionReader kubernetes) => new()
    {
        Mode = kubernetes.OneOf("Mode", Modes, "auto")!,
        Kubeconfig = kubernetes.File("Kubeconfig"),
        Namespace = kubernetes.Label("Namespace", "") is { Length: > 0 } name ? name : null,
        ServiceName = kubernetes.Label("ServiceName", "stash-operator"),
        ServiceLabels = kubernetes.Labels("ServiceLabels", "app=stash"),
        ServiceMonitorName = kubernetes.Label("ServiceMonitorName", "stash-servicemonitor"),
        CertificateSecretName = kubernetes.Label("CertificateSecretName", "stash-apiserver-cert"),
        PrometheusServiceAccounts = kubernetes.NamespacedNames("PrometheusServiceAccounts"),
    };
}
