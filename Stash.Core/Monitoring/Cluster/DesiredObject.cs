using System.Text.Json.Nodes;

namespace Stash.Core.Monitoring.Cluster;

/// <summary>Names an object of the cluster, as <c>status.created</c> of the settings does.</summary>
/// <param name="ApiVersion">As <c>v1</c> or <c>monitoring.coreos.com/v1</c>.</param>
/// <param name="Kind">As <c>ServiceMonitor</c>.</param>
/// <param name="Namespace">Null for what has none; there an empty one is taken as null.</param>
/// <param name="Name">Its name.</param>
public sealed record ObjectRef(string ApiVersion, string Kind, string? Namespace, string Name)
{
    public string? Namespace { get; init; } = string.IsNullOrEmpty(Namespace) ? null : Namespace;
}

/// <summary>An object as it is to be, for server-side apply.</summary>
/// <param name="Ref">Which it is.</param>
/// <param name="Body">
/// The fields that the settings decide, whole with <c>apiVersion</c>, <c>kind</c> and <c>metadata</c>. Of the Service, which is not made by the settings, these are annotations alone. Not to be changed.
/// </param>
public sealed record DesiredObject(ObjectRef Ref, JsonObject Body);
