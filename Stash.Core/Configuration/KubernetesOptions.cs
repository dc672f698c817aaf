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

    /// <summary>Whether there is a cluster.</summary>
    public bool IsOn => Mode == "on" || (Mode == "auto" && (Kubeconfig is not null || Environment.GetEnvironmentVariable("KUBERNETES_SERVICE_HOST") is { Length: > 0 }));

    internal static KubernetesOptions From(OptionReader kubernetes) => new()
    {
        Mode = kubernetes.OneOf("Mode", Modes, "auto")!,
        Kubeconfig = kubernetes.File("Kubeconfig"),
        Namespace = kubernetes.Label("Namespace", "") is { Length: > 0 } name ? name : null,
        ServiceName = kubernetes.Label("ServiceName", "stash-operator"),
    };
}
