using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using k8s;
using k8s.Autorest;
using k8s.Models;
using Stash.Core.Kubernetes;
using Stash.Core.Monitoring;
using Stash.Core.Monitoring.Cluster;
using Stash.Operator.Access;

namespace Stash.Operator.Monitoring.Cluster;

/// <summary>
/// Tells the cluster the authorities of the operator's certificate: a ConfigMap in its namespace, which the console mounts, and the <c>caBundle</c> of the aggregated API, where there is one
/// that leads to the operator's Service. It is there whatever the settings are.
/// </summary>
internal sealed partial class TrustPublisher(ClusterRequests requests, KubernetesConnection cluster, OperatorInCluster self, ILogger<TrustPublisher> logger)
{
    /// <summary>Of the ConfigMap.</summary>
    public const string Key = "ca.crt";

    /// <exception cref="ClusterUnavailableException">One of them could not be written.</exception>
    public async Task<Pass> RunAsync(LeaderWatches watches, Changes changes, CancellationToken stop)
    {
        var authorities = self.Authorities;
        var changed = false;
        if (authorities.Length == 0)
        {
            return new(ReconcileResult.Failed, PassRetry.Soon);
        }

        if (watches.Authorities.Get(self.Namespace, self.AuthorityMapName)?.Data is not { } data || !data.TryGetValue(Key, out var known) || known != authorities)
        {
            var map = await requests.SendAsync("authorities-map", $"create and patch the ConfigMap {self.AuthorityMapName} in namespace {self.Namespace}", "give its service account that right", (client, bound) =>
                client.CoreV1.PatchNamespacedConfigMapAsync(Map(authorities), self.AuthorityMapName, self.Namespace, fieldManager: OwnerMark.FieldManager, force: true, cancellationToken: bound), stop);
            changes.Made([map.Metadata.ResourceVersion]);
            LogTold(logger, "ConfigMap", self.AuthorityMapName);
            changed = true;
        }

        var bundle = Encoding.ASCII.GetBytes(authorities);
        if (watches.ApiServices.Items.FirstOrDefault() is { } service && IsOurs(service) && service.Spec.CaBundle?.AsSpan().SequenceEqual(bundle) != true)
        {
            var now = await requests.SendAsync("caBundle", $"patch the APIService {service.Metadata.Name}", "give its service account that right", (client, bound) => OrNullAsync(() =>
                client.ApiregistrationV1.PatchAPIServiceAsync(
                    new V1Patch(new JsonObject { ["spec"] = new JsonObject { ["caBundle"] = Convert.ToBase64String(bundle) } }, V1Patch.PatchType.MergePatch), service.Metadata.Name,
                    fieldManager: OwnerMark.FieldManager, cancellationToken: bound)), stop);
            changes.Made([now?.Metadata.ResourceVersion ?? ""]);
            LogTold(logger, "APIService", service.Metadata.Name);
            changed = true;
        }

        return new(changed ? ReconcileResult.Applied : ReconcileResult.Unchanged);
    }

    /// <summary>One that trusts anything takes no bundle.</summary>
    private bool IsOurs(V1APIService service) =>
        service.Spec.Service?.Name == self.ServiceName && service.Spec.Service.NamespaceProperty == cluster.Namespace && service.Spec.InsecureSkipTLSVerify != true;

    private V1Patch Map(string authorities) => new(
        new JsonObject
        {
            ["apiVersion"] = "v1",
            ["kind"] = "ConfigMap",
            ["metadata"] = new JsonObject
            {
                ["name"] = self.AuthorityMapName,
                ["namespace"] = self.Namespace,
                ["labels"] = new JsonObject { ["app.kubernetes.io/managed-by"] = "stash", [OwnerMark.OwnerLabel] = self.Namespace },
            },
            ["data"] = new JsonObject { [Key] = authorities },
        },
        V1Patch.PatchType.ApplyPatch);

    private static async Task<V1APIService?> OrNullAsync(Func<Task<V1APIService>> ask)
    {
        try
        {
            return await ask();
        }
        catch (HttpOperationException e) when (e.Response.StatusCode == HttpStatusCode.NotFound)
        {
            return null;
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "The authorities of the operator's certificate are told in {Kind} {Name}")]
    private static partial void LogTold(ILogger logger, string kind, string name);
}
