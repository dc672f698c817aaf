using System.Text.Json.Nodes;
using k8s;
using k8s.Autorest;
using k8s.Models;
using Stash.Core.Kubernetes;

namespace Stash.Core.Monitoring.Cluster;

/// <summary>Reads and changes single objects. What goes wrong is a <see cref="ClusterFailureException"/>.</summary>
internal sealed class ClusterObjects(IKubernetes client, ClusterUser user, bool dryRun)
{
    private string? DryRun => dryRun ? "All" : null;

    /// <returns>Null where there is none; also where its kind is not known, or its namespace is not there.</returns>
    public async Task<JsonObject?> GetAsync(ObjectRef what, CancellationToken cancellationToken)
    {
        var kind = KindOf(what);
        try
        {
            return await SendAsync("get", what, () => what.Namespace is { } name
                ? client.CustomObjects.GetNamespacedCustomObjectAsync<JsonObject>(kind.Group, kind.Version, name, kind.Plural, what.Name, cancellationToken)
                : client.CustomObjects.GetClusterCustomObjectAsync<JsonObject>(kind.Group, kind.Version, kind.Plural, what.Name, cancellationToken), cancellationToken);
        }
        catch (ClusterFailureException e) when (e.InnerException is HttpOperationException { Response.StatusCode: System.Net.HttpStatusCode.NotFound })
        {
            return null;
        }
    }

    /// <summary>
    /// Server-side apply. It is forced: what is applied is in objects that the operator has made, or, of the Service, annotations that are its own; somebody else's value there is drift.
    /// </summary>
    /// <param name="what">Which object.</param>
    /// <param name="body">Its fields.</param>
    /// <param name="isNew">Whether there is none yet.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>The object as it is now, or would be.</returns>
    public Task<JsonObject> ApplyAsync(ObjectRef what, JsonObject body, bool isNew, CancellationToken cancellationToken) =>
        PatchAsync(isNew ? "create" : "patch", what, new V1Patch(body, V1Patch.PatchType.ApplyPatch), force: true, cancellationToken);

    /// <summary>Makes an object that is not there yet.</summary>
    public Task<JsonObject> CreateAsync(ObjectRef what, JsonObject body, string fieldManager, CancellationToken cancellationToken)
    {
        var kind = KindOf(what);
        return SendAsync("create", what, () => client.CustomObjects.CreateNamespacedCustomObjectAsync<JsonObject>(
            body, kind.Group, kind.Version, what.Namespace, kind.Plural, DryRun, fieldManager, cancellationToken: cancellationToken), cancellationToken);
    }

    /// <summary>Writes a whole object, if it is still as it was read: its body has the resourceVersion.</summary>
    public Task<JsonObject> ReplaceAsync(ObjectRef what, JsonObject body, string fieldManager, CancellationToken cancellationToken)
    {
        var kind = KindOf(what);
        return SendAsync("update", what, () => client.CustomObjects.ReplaceNamespacedCustomObjectAsync<JsonObject>(
            body, kind.Group, kind.Version, what.Namespace, kind.Plural, what.Name, DryRun, fieldManager, cancellationToken: cancellationToken), cancellationToken);
    }

    /// <summary>A merge patch; for what cannot be done by apply.</summary>
    public Task<JsonObject> MergeAsync(ObjectRef what, JsonObject body, CancellationToken cancellationToken) =>
        PatchAsync("patch", what, new V1Patch(body, V1Patch.PatchType.MergePatch), force: null, cancellationToken);

    /// <summary>Deletes an object if it is still the one that was read, as it was read.</summary>
    public Task DeleteAsync(ObjectRef what, JsonObject live, CancellationToken cancellationToken)
    {
        var kind = KindOf(what);
        V1DeleteOptions options = new()
        {
            PropagationPolicy = "Background",
            // Here, not as a parameter: of a request with a body the API server reads no parameters, and would delete.
            DryRun = dryRun ? ["All"] : null,
            Preconditions = new V1Preconditions { Uid = live.Text("metadata", "uid"), ResourceVersion = live.Text("metadata", "resourceVersion") },
        };
        return SendAsync("delete", what, async () => what.Namespace is { } name
            ? await client.CustomObjects.DeleteNamespacedCustomObjectAsync<JsonObject>(kind.Group, kind.Version, name, kind.Plural, what.Name, options, cancellationToken: cancellationToken)
            : await client.CustomObjects.DeleteClusterCustomObjectAsync<JsonObject>(kind.Group, kind.Version, kind.Plural, what.Name, options, cancellationToken: cancellationToken), cancellationToken);
    }

    /// <summary>All of a kind that an operator has marked as its own, in every namespace; none where the kind is not known.</summary>
    public async Task<IReadOnlyList<JsonObject>> MarkedAsync(ClusterKind kind, string operatorNamespace, CancellationToken cancellationToken)
    {
        try
        {
            var list = await SendAsync("list", kind.Named(null, "*"), () => client.CustomObjects.ListClusterCustomObjectAsync<JsonObject>(
                kind.Group, kind.Version, kind.Plural, labelSelector: $"{OwnerMark.OwnerLabel}={operatorNamespace}", cancellationToken: cancellationToken), cancellationToken);
            return [.. (list["items"] as JsonArray ?? []).OfType<JsonObject>()];
        }
        catch (ClusterFailureException e) when (e.Failure.Reason == FailureReason.CustomResourceDefinitionNotFound)
        {
            return [];
        }
    }

    private Task<JsonObject> PatchAsync(string verb, ObjectRef what, V1Patch patch, bool? force, CancellationToken cancellationToken)
    {
        var kind = KindOf(what);
        return SendAsync(verb, what, () => what.Namespace is { } name
            ? client.CustomObjects.PatchNamespacedCustomObjectAsync<JsonObject>(patch, kind.Group, kind.Version, name, kind.Plural, what.Name, DryRun, OwnerMark.FieldManager, force: force, cancellationToken: cancellationToken)
            : client.CustomObjects.PatchClusterCustomObjectAsync<JsonObject>(patch, kind.Group, kind.Version, kind.Plural, what.Name, DryRun, OwnerMark.FieldManager, force: force, cancellationToken: cancellationToken), cancellationToken);
    }

    private async Task<T> SendAsync<T>(string verb, ObjectRef what, Func<Task<T>> send, CancellationToken cancellationToken)
    {
        try
        {
            return await send();
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested && ClusterFailures.Of(e, verb, what, user) is { } failure)
        {
            throw new ClusterFailureException(failure, e);
        }
    }

    private static ClusterKind KindOf(ObjectRef what) => ClusterKind.Known(what) ?? throw new ArgumentException($"The settings make no {what.Kind} of {what.ApiVersion}.", nameof(what));
}
