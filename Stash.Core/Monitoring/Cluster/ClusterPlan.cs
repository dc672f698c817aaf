using Stash.Core.Monitoring.Prometheuses;

namespace Stash.Core.Monitoring.Cluster;

/// <summary>What settings come to in a cluster: the objects that they make, and who scrapes by them. Controller, preview and command line have it from here.</summary>
public sealed record ClusterPlan
{
    private ClusterPlan(DesiredState desired, PrometheusSelection? selection, IReadOnlyList<string> warnings)
    {
        Desired = desired;
        Selection = selection;
        Warnings = warnings;
    }

    /// <summary>What there is to be.</summary>
    public DesiredState Desired { get; }

    /// <summary>Which <c>Prometheus</c> resources select the ServiceMonitor; null where there is to be none, or where they could not be read.</summary>
    public PrometheusSelection? Selection { get; }

    /// <summary>What would go wrong, or not come to be: sentences.</summary>
    public IReadOnlyList<string> Warnings { get; }

    /// <summary><see cref="Selection"/>, as status and preview tell it.</summary>
    public IReadOnlyList<PrometheusState> Prometheuses => [.. (Selection?.Prometheuses ?? []).Select(StateOf)];

    /// <summary>Whether the settings make a ServiceMonitor, so that it matters which <c>Prometheus</c> resources there are.</summary>
    public static bool MakesServiceMonitor(MonitoringSpec spec) => MonitoringAgent.Normalize(spec.Agent) == MonitoringAgent.CoreosOperator && (spec.Backup || spec.Operator);

    /// <summary>Plans.</summary>
    /// <param name="spec">Valid settings.</param>
    /// <param name="operatorNamespace">Where the operator is.</param>
    /// <param name="facts">What it is there.</param>
    /// <param name="found">The cluster's <c>Prometheus</c> resources; used where <see cref="MakesServiceMonitor"/> says so.</param>
    /// <param name="bound">Who is let read the operator's metrics today. Where it cannot be read who selects the ServiceMonitor, they stay so.</param>
    /// <exception cref="ArgumentException">The facts hold no certificate, or an account that is none.</exception>
    public static ClusterPlan Of(MonitoringSpec spec, string operatorNamespace, OperatorFacts facts, FoundPrometheuses found, IReadOnlyCollection<PrometheusServiceAccount> bound)
    {
        var monitored = MakesServiceMonitor(spec);
        var selection = monitored && found is { Problem: null, IsKnown: true }
            ? found.Select(ServiceMonitorFacts.Of(spec, operatorNamespace) with { Secret = facts.CertificateSecretName })
            : null;
        PrometheusServiceAccount[] accounts = facts.PrometheusServiceAccounts.Count > 0
            ? [.. facts.PrometheusServiceAccounts.Select(Account)]
            : [.. selection?.ServiceAccounts ?? [], .. monitored && (found.Problem ?? found.NamespacesProblem) is not null ? bound : []];
        var names = facts.NamesIn(operatorNamespace) with { PrometheusAccounts = [.. accounts.Distinct()] };
        return new(DesiredState.Of(spec, names), selection, [.. WarningsOf(spec, names, monitored ? found : null, selection)]);
    }

    private static IEnumerable<string> WarningsOf(MonitoringSpec spec, ClusterNames names, FoundPrometheuses? found, PrometheusSelection? selection)
    {
        var agent = MonitoringAgent.Normalize(spec.Agent);
        if (agent == MonitoringAgent.None)
        {
            if (spec.Backup || spec.Operator)
            {
                yield return $"Nothing is scraped, as the agent is none: choose {MonitoringAgent.Builtin} or {MonitoringAgent.CoreosOperator}.";
            }

            yield break;
        }

        if (!spec.Backup && !spec.Operator)
        {
            yield return "No metrics are chosen: switch backup or operator on.";
        }

        if (found is { IsKnown: false })
        {
            yield return "The cluster knows no Prometheus resources, so nobody scrapes by a ServiceMonitor: install the Prometheus operator, or choose the agent prometheus.io/builtin for a Prometheus that runs without it.";
        }

        foreach (var problem in new[] { found?.Problem, selection?.Prometheuses.Any(p => p.Verdict == PrometheusVerdict.Unknown) == true ? found?.NamespacesProblem : null })
        {
            if (problem is not null)
            {
                yield return $"Which Prometheus selects the ServiceMonitor is not known. {problem.Message}";
            }
        }

        // Who selects it is no warning.
        if (selection is { Selecting.Count: 0 })
        {
            yield return selection.Summary;
        }

        foreach (var warning in (selection?.Selecting ?? []).SelectMany(p => p.Warnings))
        {
            yield return warning.Message;
        }

        if (agent == MonitoringAgent.Builtin && spec.Operator && names.PrometheusAccounts.Count == 0)
        {
            yield return $"Nobody is let read the operator's metrics, as it is not known who Prometheus is: start the operator with --prometheus-service-account NAMESPACE/NAME, or bind the ClusterRole {names.MetricsRole} to its service account.";
        }
    }

    private static PrometheusState StateOf(PrometheusJudgement judgement) => new()
    {
        Namespace = judgement.Namespace,
        Name = judgement.Name,
        Selected = judgement.Verdict switch { PrometheusVerdict.Selected => "True", PrometheusVerdict.NotSelected => "False", _ => "Unknown" },
        Findings = [.. judgement.Obstacles.Concat(judgement.Warnings).Select(f => f.Message)],
        Selector = judgement.Selector,
        SuggestedLabels = judgement.SuggestedLabels,
    };

    private static PrometheusServiceAccount Account(string text) => text.Split('/') is [{ Length: > 0 } ns, { Length: > 0 } name]
        ? new(ns, name)
        : throw new ArgumentException($"\"{text}\" is not a service account: it is written NAMESPACE/NAME.", nameof(text));
}
