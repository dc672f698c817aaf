using k8s;
using k8s.Models;
using Stash.Core.Kubernetes;

namespace Stash.Core.Monitoring.Prometheuses;

/// <summary>What was found in a cluster.</summary>
public sealed record FoundPrometheuses
{
    /// <summary>Empty where there are none, or where <see cref="Problem"/> says why they could not be read.</summary>
    public IReadOnlyList<PrometheusResource> Prometheuses { get; init; } = [];

    /// <summary>Whether the cluster knows <c>Prometheus</c> resources at all: whether the Prometheus operator is installed.</summary>
    public bool IsKnown { get; init; } = true;

    /// <summary>The labels of each namespace; null where they could not be read.</summary>
    public IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>>? Namespaces { get; init; }

    /// <summary>Why the <c>Prometheus</c> resources could not be read; null where they were.</summary>
    public ClusterProblem? Problem { get; init; }

    /// <summary>Why the namespaces could not be read; null where they were, or where nobody needed them.</summary>
    public ClusterProblem? NamespacesProblem { get; init; }

    /// <summary>Which of them select a ServiceMonitor.</summary>
    public PrometheusSelection Select(ServiceMonitorFacts monitor) => PrometheusSelection.Of(Prometheuses, Namespaces, monitor);
}

/// <summary>Reads the <c>Prometheus</c> resources of all namespaces from a cluster, and the namespaces' labels. Needs to be let <c>list</c> both.</summary>
/// <param name="client">Of the cluster.</param>
/// <param name="pageSize">How many objects one request is to bring at most.</param>
/// <param name="user">Who asks, for messages; the operator where it is null.</param>
public sealed class PrometheusFinder(IKubernetes client, int pageSize = 100, ClusterUser? user = null)
{
    private readonly ClusterUser _user = user ?? ClusterUser.Operator;

    /// <summary>Pages of one reading end when the cluster has forgotten it; so often it is begun again.</summary>
    private const int Tries = 3;

    /// <summary>Reads. Whatever is wrong with the cluster is part of the answer.</summary>
    public async Task<FoundPrometheuses> FindAsync(CancellationToken cancellationToken)
    {
        var (prometheuses, problem) = await ListAsync<PrometheusResource, PrometheusResourceList>(
            "prometheuses.monitoring.coreos.com",
            (next, stop) => client.CustomObjects.ListClusterCustomObjectAsync<PrometheusResourceList>(
                PrometheusResource.KubeGroup, PrometheusResource.KubeApiVersion, PrometheusResource.KubePluralName, limit: pageSize, continueParameter: next, cancellationToken: stop),
            list => list.Metadata?.ContinueProperty,
            cancellationToken);
        if (prometheuses is null or [])
        {
            // 404 is the answer to a kind of resource that is not installed.
            var isUnknown = problem?.Kind == ClusterProblemKind.NotFound;
            return new() { IsKnown = !isUnknown, Problem = isUnknown ? null : problem };
        }

        var (namespaces, namespacesProblem) = await ListAsync<V1Namespace, V1NamespaceList>(
            "namespaces",
            (next, stop) => client.CoreV1.ListNamespaceAsync(limit: pageSize, continueParameter: next, cancellationToken: stop),
            list => list.Metadata?.ContinueProperty,
            cancellationToken);
        return new()
        {
            Prometheuses = prometheuses,
            Namespaces = namespaces?.ToDictionary(n => n.Metadata.Name, n => (IReadOnlyDictionary<string, string>)(n.Metadata.Labels ?? new Dictionary<string, string>(StringComparer.Ordinal)).ToDictionary(StringComparer.Ordinal), StringComparer.Ordinal),
            NamespacesProblem = namespacesProblem,
        };
    }

    private async Task<(IReadOnlyList<T>? Items, ClusterProblem? Problem)> ListAsync<T, TList>(
        string resource, Func<string?, CancellationToken, Task<TList>> page, Func<TList, string?> next, CancellationToken cancellationToken)
        where TList : IItems<T>
    {
        for (var tries = 1; ; tries++)
        {
            List<T> items = [];
            string? token = null;
            try
            {
                do
                {
                    using var bound = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
                    bound.CancelAfter(KubernetesConnection.RequestTimeout);
                    var list = await page(token, bound.Token);
                    items.AddRange(list.Items);
                    token = next(list);
                }
                while (!string.IsNullOrEmpty(token));
                return (items, null);
            }
            catch (Exception e) when (!cancellationToken.IsCancellationRequested)
            {
                var problem = ClusterProblem.Of(e, $"list {resource}", $"{_user.Ask} a ClusterRole with the verb list on {resource}", _user);
                if (problem.Kind != ClusterProblemKind.Expired || tries == Tries)
                {
                    return (null, problem);
                }
            }
        }
    }
}
