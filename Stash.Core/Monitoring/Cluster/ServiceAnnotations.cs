using System.Text.Json.Nodes;

namespace Stash.Core.Monitoring.Cluster;

/// <summary>The annotations of the operator's Service, which is not its own: it is never made, and nothing else of it is changed.</summary>
internal sealed class ServiceAnnotations(ClusterObjects objects, IReadOnlyCollection<ObjectRef> previous, bool dryRun)
{
    private static readonly IReadOnlyDictionary<string, string> All = DesiredState.Annotations(new MonitoringSpec { Backup = true, Operator = true });

    public async Task<ClusterStep?> SetAsync(DesiredObject wanted, JsonObject? live, CancellationToken cancellationToken)
    {
        if (live is null)
        {
            throw new ClusterFailureException(ClusterFailures.ServiceNotFound(wanted.Ref));
        }

        var now = await ApplyAsync(wanted.Ref, wanted.Body, cancellationToken);
        return new(new(wanted.Ref, ClusterPass.ResultOf(live, now)), live, now);
    }

    /// <returns>Null where there are none, or no Service.</returns>
    public async Task<ClusterStep?> RemoveAsync(ObjectRef service, JsonObject? live, CancellationToken cancellationToken)
    {
        if (live is null || !(OwnerMark.HasOurFields(live) || (previous.Contains(service) && Overwritten(live, []).Count > 0)))
        {
            return null;
        }

        var now = await ApplyAsync(service, ClusterKind.Service.Body(service.Namespace, service.Name), cancellationToken);
        return new(new(service, ObjectResult.Deleted), live, now);
    }

    /// <summary>Apply drops what the operator had set and does not want any more; what somebody has overwritten since is not the operator's to it, and has to be dropped by name.</summary>
    private async Task<JsonObject> ApplyAsync(ObjectRef service, JsonObject body, CancellationToken cancellationToken)
    {
        var now = await objects.ApplyAsync(service, body, isNew: false, cancellationToken);
        var overwritten = previous.Contains(service) ? Overwritten(now, body["metadata"]?["annotations"] as JsonObject ?? []) : [];
        if (overwritten.Count == 0)
        {
            return now;
        }

        if (dryRun)
        {
            foreach (var key in overwritten)
            {
                now["metadata"]!["annotations"]!.AsObject().Remove(key);
            }

            return now;
        }

        return await objects.MergeAsync(service, new JsonObject
        {
            ["metadata"] = new JsonObject
            {
                ["resourceVersion"] = now.Text("metadata", "resourceVersion"),
                ["annotations"] = new JsonObject(overwritten.Select(k => KeyValuePair.Create<string, JsonNode?>(k, null))),
            },
        }, cancellationToken);
    }

    /// <summary>Annotations that are not wanted, and have another value than the operator gives them. With the operator's value they are somebody's who wants it too, and stay.</summary>
    private static List<string> Overwritten(JsonObject live, JsonObject wanted) =>
        [.. All.Where(a => !wanted.ContainsKey(a.Key) && live.Text("metadata", "annotations", a.Key) is { } value && value != a.Value).Select(a => a.Key)];
}
