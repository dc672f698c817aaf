using System.Text.Json.Nodes;

namespace Stash.Core.Monitoring.Cluster;

/// <summary>A kind of object that the settings make or change, or are, and its path on the API server.</summary>
/// <param name="Group">Empty for the core group.</param>
/// <param name="Version">As <c>v1</c>.</param>
/// <param name="Kind">As <c>Secret</c>.</param>
/// <param name="Plural">As <c>secrets</c>.</param>
public sealed record ClusterKind(string Group, string Version, string Kind, string Plural)
{
    public static readonly ClusterKind Service = new("", "v1", "Service", "services");
    public static readonly ClusterKind Secret = new("", "v1", "Secret", "secrets");
    public static readonly ClusterKind ClusterRole = new("rbac.authorization.k8s.io", "v1", "ClusterRole", "clusterroles");
    public static readonly ClusterKind ClusterRoleBinding = new("rbac.authorization.k8s.io", "v1", "ClusterRoleBinding", "clusterrolebindings");
    public static readonly ClusterKind ServiceMonitor = new("monitoring.coreos.com", "v1", "ServiceMonitor", "servicemonitors");

    /// <summary>The settings themselves, which make the others.</summary>
    public static readonly ClusterKind Monitoring = new(MonitoringResource.KubeGroup, MonitoringResource.KubeApiVersion, MonitoringResource.KubeKind, MonitoringResource.KubePluralName);

    /// <summary>All that the settings make, in the order in which they are made: what lets Prometheus in before what makes it ask.</summary>
    public static IReadOnlyList<ClusterKind> All { get; } = [Secret, ClusterRole, ClusterRoleBinding, Service, ServiceMonitor];

    /// <summary>As <c>monitoring.coreos.com/v1</c>.</summary>
    public string ApiVersion => Group.Length == 0 ? Version : $"{Group}/{Version}";

    /// <summary>As <c>servicemonitors.monitoring.coreos.com</c>.</summary>
    public string Resource => Group.Length == 0 ? Plural : $"{Plural}.{Group}";

    /// <summary>The kind of an object; null where the settings make none of that kind.</summary>
    public static ClusterKind? Of(ObjectRef named) => All.FirstOrDefault(k => k.Kind == named.Kind && k.ApiVersion == named.ApiVersion);

    /// <summary>The same, and <see cref="Monitoring"/>.</summary>
    internal static ClusterKind? Known(ObjectRef named) => named.Kind == Monitoring.Kind && named.ApiVersion == Monitoring.ApiVersion ? Monitoring : Of(named);

    public ObjectRef Named(string? @namespace, string name) => new(ApiVersion, Kind, @namespace, name);

    /// <summary>An object's head: <c>apiVersion</c>, <c>kind</c>, and <c>metadata</c> with its name.</summary>
    internal JsonObject Body(string? @namespace, string name)
    {
        JsonObject metadata = new() { ["name"] = name };
        if (@namespace is not null)
        {
            metadata["namespace"] = @namespace;
        }

        return new JsonObject { ["apiVersion"] = ApiVersion, ["kind"] = Kind, ["metadata"] = metadata };
    }
}
