using k8s.Models;
using Stash.Core.Kubernetes;
using Stash.Core.Monitoring.Cluster;
using Stash.Operator.Requests;

namespace Stash.Operator.Access;

/// <summary>A request whose token is in a file: the rules that hold without a cluster hold for it, whatever the cluster says.</summary>
internal sealed class LocalRights
{
    public static LocalRights Instance { get; } = new();
}

/// <summary>What the caller of a request may: in a cluster it decides, by SubjectAccessReview; else, and for the tokens in files, <see cref="EmbeddedRules"/>.</summary>
internal sealed class AccessRights(ClusterReviews? reviews = null, KubernetesConnection? cluster = null)
{
    /// <param name="context">Whose caller is meant.</param>
    /// <param name="request">What is asked for, by this request or by another one.</param>
    /// <exception cref="ClusterUnavailableException">The cluster does not answer.</exception>
    public Task<bool> MayAsync(HttpContext context, RequestInfo request)
    {
        var caller = Caller.Of(context.User);
        return reviews is null || IsLocal(context)
            ? Task.FromResult(EmbeddedRules.Allow(caller, request))
            : reviews.MayAsync(caller, request, context.Request.Path, context.RequestAborted);
    }

    /// <summary>Whether the caller may change the object that the settings are in: with their own token, since the operator may not.</summary>
    /// <exception cref="ClusterUnavailableException">The cluster does not answer.</exception>
    public async Task<bool> MayChangeMonitoringAsync(HttpContext context)
    {
        if (reviews is null || cluster is null || IsLocal(context))
        {
            return true;
        }

        return Caller.BearerToken(context.Request) is not null && await reviews.MayAsync(
            Caller.Of(context.User),
            new V1ResourceAttributes
            {
                Group = MonitoringResource.KubeGroup,
                Version = MonitoringResource.KubeApiVersion,
                Resource = MonitoringResource.KubePluralName,
                NamespaceProperty = cluster.Namespace,
                Name = MonitoringResource.ObjectName,
                Verb = "update",
            },
            context.RequestAborted);
    }

    private static bool IsLocal(HttpContext context) => context.Features.Get<LocalRights>() is not null;
}
