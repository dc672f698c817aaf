using Stash.Core.Api;
using Stash.Core.Monitoring;
using Stash.Core.Monitoring.Cluster;
using Stash.Core.Monitoring.Prometheuses;

namespace Stash.Operator.Monitoring.Cluster;

/// <summary>What a pass over settings has come to, as the conditions of their status.</summary>
internal static class MonitoringConditions
{
    /// <summary>All is as it is to be.</summary>
    public const string Applied = "Applied";

    /// <summary>The settings are wrong in a way that the cluster does not notice.</summary>
    public const string InvalidSettings = "InvalidSettings";

    public const string Selected = "Selected";

    public const string NotSelected = "NotSelected";

    /// <summary>It is not known who Prometheus is.</summary>
    public const string NoServiceAccount = "NoServiceAccount";

    /// <summary>There is nothing yet to be selected.</summary>
    public const string NotReady = "NotReady";

    private const string True = "True";
    private const string False = "False";
    private const string Unknown = "Unknown";

    private static readonly string[] Types =
        [MonitoringCondition.ServiceAnnotated, MonitoringCondition.ServiceMonitorReady, MonitoringCondition.SecretCopied, MonitoringCondition.AccessGranted, MonitoringCondition.Scraped];

    /// <summary>Of settings that are not valid: what was made before stays.</summary>
    public static IReadOnlyList<MonitoringCondition> Invalid(IReadOnlyList<FieldError> errors) =>
        [.. Types.Select(t => Told(t, False, InvalidSettings, $"{string.Join(' ', errors.Select(e => $"{e.Field}: {e.Message}"))} Until then, what was made before stays as it is."))];

    /// <summary>Of valid ones.</summary>
    /// <param name="spec">They.</param>
    /// <param name="plan">What they come to.</param>
    /// <param name="found">What is known of <c>Prometheus</c> resources.</param>
    /// <param name="result">What became of it.</param>
    public static IReadOnlyList<MonitoringCondition> Of(MonitoringSpec spec, ClusterPlan plan, FoundPrometheuses found, ApplyResult result)
    {
        var agent = MonitoringAgent.Normalize(spec.Agent)!;
        var names = plan.Desired.Names;
        var @namespace = spec.Prometheus.NamespaceOr(names.OperatorNamespace);
        var none = agent == MonitoringAgent.None ? "The agent is none." : !spec.Backup && !spec.Operator ? "No metrics are switched on." : null;
        var service = OfObjects(MonitoringCondition.ServiceAnnotated, [ClusterKind.Service], plan, result,
            $"Service {names.ServiceName} has the annotations by which a Prometheus finds its targets.",
            agent == MonitoringAgent.None ? "The agent is none." : $"The agent is {agent}, which needs no annotations.");
        var monitor = OfObjects(MonitoringCondition.ServiceMonitorReady, [ClusterKind.ServiceMonitor], plan, result,
            $"ServiceMonitor {names.ServiceMonitor} in namespace {@namespace} is as the settings want it.",
            none ?? $"The agent is {agent}, which needs no ServiceMonitor.");
        var secret = OfObjects(MonitoringCondition.SecretCopied, [ClusterKind.Secret], plan, result,
            $"Secret {names.CertificateSecret} in namespace {@namespace} holds the certificate that Prometheus trusts.",
            none ?? "Operator metrics are not scraped, so Prometheus needs no certificate.");
        var access = OfObjects(MonitoringCondition.AccessGranted, [ClusterKind.ClusterRole, ClusterKind.ClusterRoleBinding], plan, result,
            $"May read the operator's metrics: {string.Join(", ", names.PrometheusAccounts.Select(a => $"{a.Namespace}/{a.Name}"))}.",
            none ?? "Operator metrics are not scraped, so Prometheus needs no right.");
        if (access.Status == True)
        {
            access = OfAccounts(access, agent, plan, found);
        }

        return [service, monitor, secret, access, none is null ? OfScrapes(agent, monitor, plan, found) : Told(MonitoringCondition.Scraped, False, MonitoringCondition.NotWanted, none)];
    }

    private static MonitoringCondition OfObjects(string type, ClusterKind[] kinds, ClusterPlan plan, ApplyResult result, string there, string notWanted)
    {
        bool IsOf(ObjectRef what) => ClusterKind.Of(what) is { } kind && kinds.Contains(kind);

        var wanted = plan.Desired.Objects.Select(o => o.Ref).Where(IsOf).ToHashSet();
        var failed = result.Objects.Where(o => o.Failure is not null && IsOf(o.Ref)).OrderBy(o => wanted.Contains(o.Ref) ? 0 : 1).FirstOrDefault();
        return failed switch
        {
            { Failure: { } failure } => Told(type, failure.IsOfAll ? Unknown : False, failure.Reason.ToString(),
                wanted.Contains(failed.Ref) || failed.Ref.Name == "*" ? failure.Message : $"It is not wanted any more and could not be removed. {failure.Message}"),
            _ => wanted.Count > 0 ? Told(type, True, Applied, there) : Told(type, False, MonitoringCondition.NotWanted, notWanted),
        };
    }

    /// <summary>The right is there; but has anybody got it?</summary>
    private static MonitoringCondition OfAccounts(MonitoringCondition granted, string agent, ClusterPlan plan, FoundPrometheuses found)
    {
        var names = plan.Desired.Names;
        var anybody = names.PrometheusAccounts.Count > 0;
        if (agent == MonitoringAgent.CoreosOperator && plan.Selection is null && found.Problem is { } problem)
        {
            return granted with { Status = anybody ? True : Unknown, Reason = anybody ? Applied : problem.Kind.ToString(), Message = anybody ? granted.Message : problem.Message };
        }

        if (anybody)
        {
            return granted;
        }

        return agent == MonitoringAgent.CoreosOperator
            ? granted with { Status = IsUndecided(plan) ? Unknown : False, Reason = IsUndecided(plan) ? MonitoringCondition.NotKnown : NotSelected, Message = $"Nobody is let read the operator's metrics, since no Prometheus resource is known to select the ServiceMonitor. {Summary(plan, found)}" }
            : granted with { Status = False, Reason = NoServiceAccount, Message = $"Nobody is let read the operator's metrics, as it is not known who Prometheus is: start the operator with --prometheus-service-account NAMESPACE/NAME, or bind the ClusterRole {names.MetricsRole} to its service account." };
    }

    private static MonitoringCondition OfScrapes(string agent, MonitoringCondition monitor, ClusterPlan plan, FoundPrometheuses found)
    {
        const string Type = MonitoringCondition.Scraped;
        if (agent == MonitoringAgent.Builtin)
        {
            return Told(Type, Unknown, MonitoringCondition.NotKnown, "A Prometheus that finds its targets by annotations tells the cluster nothing of it: see its page of targets.");
        }

        if (monitor.Status != True)
        {
            return Told(Type, monitor.Status, NotReady, $"There is no ServiceMonitor that could be selected. {monitor.Message}");
        }

        return plan.Selection switch
        {
            { Selecting.Count: > 0 } => Told(Type, True, Selected, Summary(plan, found)),
            null when found.IsKnown => Told(Type, Unknown, found.Problem?.Kind.ToString() ?? MonitoringCondition.NotKnown, Summary(plan, found)),
            null => Told(Type, False, nameof(FailureReason.CustomResourceDefinitionNotFound), Summary(plan, found)),
            _ => IsUndecided(plan) ? Told(Type, Unknown, found.NamespacesProblem?.Kind.ToString() ?? MonitoringCondition.NotKnown, Summary(plan, found)) : Told(Type, False, NotSelected, Summary(plan, found)),
        };
    }

    private static bool IsUndecided(ClusterPlan plan) => plan.Selection is { Selecting.Count: 0 } selection && selection.Prometheuses.Any(p => p.Verdict == PrometheusVerdict.Unknown);

    private static string Summary(ClusterPlan plan, FoundPrometheuses found) => (plan.Selection, found) switch
    {
        ({ } selection, _) => selection.Summary,
        (_, { Problem: { } problem }) => $"Whether a Prometheus selects the ServiceMonitor is not known. {problem.Message}",
        _ => "The cluster knows no Prometheus resources, so nobody scrapes by the ServiceMonitor: install the Prometheus operator. It is noticed by itself. Or choose the agent prometheus.io/builtin for a Prometheus that runs without it.",
    };

    // Time and generation are set where the status is put together.
    private static MonitoringCondition Told(string type, string status, string reason, string message) => new() { Type = type, Status = status, Reason = reason, Message = message, LastTransitionTime = default };
}
