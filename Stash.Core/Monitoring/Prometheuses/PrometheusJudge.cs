namespace Stash.Core.Monitoring.Prometheuses;

/// <summary>Judges one <c>Prometheus</c> by the rules of the Prometheus operator.</summary>
internal sealed class PrometheusJudge(PrometheusResource prometheus, IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>>? namespaces, ServiceMonitorFacts monitor)
{
    /// <summary>The API server sets it to the namespace's name, from 1.21 on.</summary>
    private const string NameLabel = "kubernetes.io/metadata.name";

    private readonly string _namespace = prometheus.Metadata.NamespaceProperty ?? "";
    private readonly string _it = $"Prometheus {prometheus.Metadata.NamespaceProperty}/{prometheus.Metadata.Name}";
    private readonly PrometheusResourceSpec _spec = prometheus.Spec ?? new();

    public PrometheusJudgement Judge()
    {
        var selector = LabelSelector.Of(_spec.ServiceMonitorSelector);
        PrometheusFinding[] obstacles = [.. ByLabels(selector), .. ByNamespace(), .. ByFiles()];
        return new()
        {
            Namespace = _namespace,
            Name = prometheus.Metadata.Name ?? "",
            Verdict = Array.TrueForAll(obstacles, o => o.Kind == PrometheusFindingKind.NamespaceUnknown)
                ? obstacles.Length == 0 ? PrometheusVerdict.Selected : PrometheusVerdict.Unknown
                : PrometheusVerdict.NotSelected,
            Obstacles = obstacles,
            Warnings = [.. Warnings()],
            ServiceAccount = new(_namespace, _spec.ServiceAccountName is { Length: > 0 } name ? name : "default"),
            Selector = selector.IsNone ? null : selector.ToString(),
            SuggestedLabels = selector.Nearest(monitor.Labels),
        };
    }

    private IEnumerable<PrometheusFinding> ByLabels(LabelSelector selector)
    {
        if (selector.IsNone)
        {
            return [new(PrometheusFindingKind.NoSelector, $"{_it} selects no ServiceMonitor at all, as it has no spec.serviceMonitorSelector: give it one, as {{matchLabels: {{{string.Join(", ", monitor.Labels.OrderBy(l => l.Key, StringComparer.Ordinal).Select(l => $"{l.Key}: \"{l.Value}\""))}}}}}.")];
        }

        return Broken("serviceMonitorSelector", selector) ?? ByRequirements(selector, monitor.Labels, (key, value, wanted) =>
        {
            var remedy = (Has: monitor.Labels.ContainsKey(key), value) switch
            {
                (_, null) => "take it out of serviceMonitor.labels",
                (false, _) => $"add {key}={value} to serviceMonitor.labels",
                _ => $"set it to \"{value}\" in serviceMonitor.labels",
            };
            return new(PrometheusFindingKind.Label, $"{Told("The ServiceMonitor", monitor.Labels, key)}, and {_it} selects ServiceMonitors by {wanted}: {remedy}.");
        });
    }

    private IEnumerable<PrometheusFinding> ByNamespace()
    {
        var selector = LabelSelector.Of(_spec.ServiceMonitorNamespaceSelector);
        if (selector.IsNone)
        {
            return _namespace == monitor.Namespace ? [] :
            [
                new(PrometheusFindingKind.OtherNamespace,
                    $"{_it} looks for ServiceMonitors in its own namespace alone, and this one is in {monitor.Namespace}: set prometheus.namespace to {_namespace}, or give it a spec.serviceMonitorNamespaceSelector that selects {monitor.Namespace}."),
            ];
        }

        if (Broken("serviceMonitorNamespaceSelector", selector) is { } broken)
        {
            return broken;
        }

        if (namespaces is null)
        {
            return selector.Requirements.Count == 0 ? [] :
            [
                new(PrometheusFindingKind.NamespaceUnknown, $"Whether {_it} looks in namespace {monitor.Namespace} is not known, since it goes by labels of namespaces ({selector}), which cannot be read: let the operator list namespaces."),
            ];
        }

        if (!namespaces.TryGetValue(monitor.Namespace, out var labels))
        {
            return [new(PrometheusFindingKind.NamespaceMissing, $"There is no namespace {monitor.Namespace}: make it, or set prometheus.namespace to one that is there, as {_namespace}.")];
        }

        var own = _namespace != monitor.Namespace && namespaces.TryGetValue(_namespace, out var ofIt) && selector.Matches(ofIt) ? _namespace : null;
        return ByRequirements(selector, labels, (key, value, wanted) =>
        {
            var remedy = (key, value) switch
            {
                (NameLabel, not null) when value != monitor.Namespace => $"set prometheus.namespace to {own ?? value}",
                (_, null) => $"kubectl label namespace {monitor.Namespace} {key}-{Or(own)}",
                _ => $"kubectl label namespace {monitor.Namespace} {(labels.ContainsKey(key) ? "--overwrite " : "")}{key}={value}{Or(own)}",
            };
            return new(PrometheusFindingKind.NamespaceLabel, $"{Told($"Namespace {monitor.Namespace}", labels, key)}, and {_it} looks for ServiceMonitors in namespaces with {wanted}: {remedy}.");
        });

        static string Or(string? other) => other is null ? "" : $", or set prometheus.namespace to {other}";
    }

    private IEnumerable<PrometheusFinding> ByFiles()
    {
        if (monitor.Operator && _spec.ArbitraryFSAccessThroughSMs?.Deny == true)
        {
            yield return new(PrometheusFindingKind.FilesDenied,
                $"{_it} takes no ServiceMonitor that names files of its pods (spec.arbitraryFSAccessThroughSMs), as operator metrics need for token and certificate: set deny to false there, or operator to false here.");
        }
    }

    private IEnumerable<PrometheusFinding> Warnings()
    {
        if (monitor.Operator && _namespace != monitor.Namespace)
        {
            yield return new(PrometheusFindingKind.SecretElsewhere,
                $"{_it} mounts Secrets of its own namespace, and {monitor.Secret} is made in {monitor.Namespace}; its pods do not start while one that it mounts is missing: set prometheus.namespace to {_namespace}.");
        }

        if (monitor.Operator && _spec.Secrets?.Contains(monitor.Secret, StringComparer.Ordinal) != true)
        {
            yield return new(PrometheusFindingKind.SecretNotMounted,
                $"{_it} does not mount the Secret {monitor.Secret}, so /etc/prometheus/secrets/{monitor.Secret}/tls.crt is missing there and operator metrics are not scraped: add {monitor.Secret} to its spec.secrets.");
        }

        if (_spec.IgnoreNamespaceSelectors == true && monitor.Namespace != monitor.OperatorNamespace)
        {
            yield return new(PrometheusFindingKind.TargetsElsewhere,
                $"{_it} looks for targets in a ServiceMonitor's own namespace alone (spec.ignoreNamespaceSelectors), and the operator is in {monitor.OperatorNamespace}: set that to false, or prometheus.namespace to {monitor.OperatorNamespace}.");
        }

        if (_spec.OverrideHonorLabels == true && monitor.Backup)
        {
            yield return new(PrometheusFindingKind.LabelsOverridden,
                $"{_it} puts its own labels over those of session metrics (spec.overrideHonorLabels), whose job and namespace are then exported_job and exported_namespace, which dashboards do not ask for: set it to false.");
        }

        if (_spec.Paused == true)
        {
            yield return new(PrometheusFindingKind.Paused, $"{_it} is paused, so changes of ServiceMonitors take no effect: set its spec.paused to false.");
        }
    }

    /// <summary>What makes a selector select nothing whatever the labels; null where nothing does.</summary>
    private PrometheusFinding[]? Broken(string field, LabelSelector selector)
    {
        if (selector.Error is { } error)
        {
            return [new(PrometheusFindingKind.InvalidSelector, $"The spec.{field} of {_it} is wrong, so it selects nothing. {error}")];
        }

        return selector.Nearest(monitor.Labels) is not null ? null :
            [new(PrometheusFindingKind.ImpossibleSelector, $"The spec.{field} of {_it} contradicts itself ({selector}), so it selects nothing: take one of the requirements away.")];
    }

    /// <summary>A finding for each label that is not as a selector wants it.</summary>
    /// <param name="selector">One that can be met.</param>
    /// <param name="labels">That it is about.</param>
    /// <param name="finding">Of a label's key, the value it is to have (null for none), and all that is wanted of it.</param>
    private static IEnumerable<PrometheusFinding> ByRequirements(LabelSelector selector, IReadOnlyDictionary<string, string> labels, Func<string, string?, string, PrometheusFinding> finding)
    {
        var nearest = selector.Nearest(labels)!;
        return selector.UnmetBy(labels).Select(r => r.Key).Distinct(StringComparer.Ordinal).Select(key =>
            finding(key, nearest.GetValueOrDefault(key), string.Join(',', selector.Requirements.Where(r => r.Key == key))));
    }

    private static string Told(string whose, IReadOnlyDictionary<string, string> labels, string key) =>
        labels.TryGetValue(key, out var value) ? $"{whose} has the label {key} with \"{value}\"" : $"{whose} has no label {key}";
}
