using System.Text.Json.Nodes;
using k8s;
using Stash.Core.Kubernetes;
using Stash.Core.Monitoring.Prometheuses;

namespace Stash.Core.Monitoring.Cluster;

/// <summary>Reads from the cluster what a <see cref="ClusterPlan"/> needs to know beside settings and operator.</summary>
/// <param name="client">With the rights of whoever asks.</param>
/// <param name="operatorNamespace">Where the operator is.</param>
/// <param name="user">Who asks, for messages; the operator where it is null.</param>
public sealed class ClusterPlanner(IKubernetes client, string operatorNamespace, ClusterUser? user = null)
{
    private readonly ClusterUser _user = user ?? ClusterUser.Operator;

    /// <summary>Plans. What cannot be read is a warning of the plan.</summary>
    /// <param name="spec">Valid settings.</param>
    /// <param name="facts">What the operator is.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="ArgumentException">The facts hold no certificate, or an account that is none.</exception>
    public async Task<ClusterPlan> PlanAsync(MonitoringSpec spec, OperatorFacts facts, CancellationToken cancellationToken)
    {
        var found = ClusterPlan.MakesServiceMonitor(spec) ? await new PrometheusFinder(client, user: _user).FindAsync(cancellationToken) : new FoundPrometheuses();
        return ClusterPlan.Of(spec, operatorNamespace, facts, found, (found.Problem ?? found.NamespacesProblem) is null ? [] : await BoundAsync(facts, cancellationToken));
    }

    /// <summary>Who is let read the operator's metrics today, by the binding that the settings have made; empty where there is none, or where it cannot be read.</summary>
    public async Task<IReadOnlyList<PrometheusServiceAccount>> BoundAsync(OperatorFacts facts, CancellationToken cancellationToken)
    {
        try
        {
            var binding = await new ClusterObjects(client, _user, dryRun: false).GetAsync(ClusterKind.ClusterRoleBinding.Named(null, facts.NamesIn(operatorNamespace).MetricsRole), cancellationToken);
            return binding is null || OwnerMark.Owner(binding) != operatorNamespace ? [] :
            [
                .. (binding["subjects"] as JsonArray ?? []).Where(s => s.Text("kind") == "ServiceAccount").Select(s => new PrometheusServiceAccount(s.Text("namespace") ?? "", s.Text("name") ?? "")),
            ];
        }
        catch (ClusterFailureException)
        {
            // The pass over the objects meets it too, and tells it.
            return [];
        }
    }
}
