using System.Net;
using System.Text.Json.Nodes;
using k8s;
using k8s.Autorest;
using k8s.Models;
using Stash.Core.Kubernetes;
using Stash.Core.Monitoring.Cluster;
using Stash.Operator.Access;

namespace Stash.Operator.Monitoring.Cluster;

/// <summary>Writes of the <c>Monitoring</c> what is the operator's: the status, and the finalizer.</summary>
internal sealed class MonitoringObject(ClusterRequests requests, KubernetesConnection cluster)
{
    public static bool IsHeld(MonitoringResource resource) => resource.Metadata.Finalizers?.Contains(MonitoringResource.Finalizer) == true;

    /// <summary>Adds the finalizer, or takes it away.</summary>
    /// <returns>The object as it is now; null where it was changed or deleted in the meantime, so that another pass comes.</returns>
    /// <exception cref="ClusterUnavailableException">It could not be written.</exception>
    public Task<MonitoringResource?> HoldAsync(MonitoringResource resource, bool held, CancellationToken stop)
    {
        var others = (resource.Metadata.Finalizers ?? []).Where(f => f != MonitoringResource.Finalizer);
        JsonObject body = new()
        {
            ["metadata"] = new JsonObject
            {
                // A list is replaced as a whole: nobody's finalizer is to be lost by that.
                ["resourceVersion"] = resource.Metadata.ResourceVersion,
                ["finalizers"] = new JsonArray([.. others.Concat(held ? [MonitoringResource.Finalizer] : []).Select(f => JsonValue.Create(f))]),
            },
        };
        return requests.SendAsync("finalizer", $"patch monitorings.{MonitoringResource.KubeGroup} in namespace {cluster.Namespace}", "give its service account that right", (client, bound) => OrNullAsync(() =>
            client.CustomObjects.PatchNamespacedCustomObjectAsync<MonitoringResource>(
                new V1Patch(body, V1Patch.PatchType.MergePatch), MonitoringResource.KubeGroup, MonitoringResource.KubeApiVersion, cluster.Namespace, MonitoringResource.KubePluralName, MonitoringResource.ObjectName,
                fieldManager: OwnerMark.FieldManager, cancellationToken: bound)), stop);
    }

    /// <summary>Writes the status, where it says something new.</summary>
    /// <returns>The object as it is now; null where it is gone.</returns>
    /// <exception cref="ClusterUnavailableException">It could not be written.</exception>
    public async Task<MonitoringResource?> TellAsync(MonitoringResource resource, MonitoringResourceStatus status, CancellationToken stop)
    {
        var next = Node(status);
        if (resource.Status is { } before && JsonNode.DeepEquals(Node(before), next))
        {
            return resource;
        }

        // No server-side apply: nobody else has fields in it, and this is only for the object that was read, not for another one of its name.
        JsonArray patch =
        [
            new JsonObject { ["op"] = "test", ["path"] = "/metadata/uid", ["value"] = resource.Metadata.Uid },
            new JsonObject { ["op"] = "add", ["path"] = "/status", ["value"] = next },
        ];
        return await requests.SendAsync("status", $"patch monitorings.{MonitoringResource.KubeGroup}/status in namespace {cluster.Namespace}", "give its service account that right", (client, bound) => OrNullAsync(() =>
            client.CustomObjects.PatchNamespacedCustomObjectStatusAsync<MonitoringResource>(
                new V1Patch(patch, V1Patch.PatchType.JsonPatch), MonitoringResource.KubeGroup, MonitoringResource.KubeApiVersion, cluster.Namespace, MonitoringResource.KubePluralName, MonitoringResource.ObjectName,
                fieldManager: OwnerMark.FieldManager, cancellationToken: bound)), stop);
    }

    /// <summary>The test of a patch has failed: of the same name there is another one now.</summary>
    private static bool IsAnother(HttpOperationException e) =>
        e.Response.StatusCode == HttpStatusCode.UnprocessableEntity && e.Response.Content.Contains("testing", StringComparison.Ordinal);

    private static JsonNode? Node(MonitoringResourceStatus status) => JsonNode.Parse(KubernetesJson.Serialize(status));

    private static async Task<MonitoringResource?> OrNullAsync(Func<Task<MonitoringResource>> ask)
    {
        try
        {
            return await ask();
        }
        catch (HttpOperationException e) when (e.Response.StatusCode is HttpStatusCode.Conflict or HttpStatusCode.NotFound || IsAnother(e))
        {
            return null;
        }
    }
}
