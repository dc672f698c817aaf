namespace Stash.Core.Monitoring.Prometheuses;

/// <summary>Which <c>Prometheus</c> resources select our ServiceMonitor, and why the others do not.</summary>
public sealed record PrometheusSelection
{
    private PrometheusSelection(IReadOnlyList<PrometheusJudgement> prometheuses, ServiceMonitorFacts monitor)
    {
        Prometheuses = prometheuses;
        Selecting = [.. prometheuses.Where(p => p.Verdict == PrometheusVerdict.Selected)];
        Nearest = Selecting.Count > 0 ? null : prometheuses
            .OrderBy(p => p.Obstacles.All(o => o.Kind is PrometheusFindingKind.Label) ? 0 : 1)
            .ThenBy(p => p.Obstacles.Count)
            .ThenBy(p => p.Namespace == monitor.Namespace ? 0 : 1)
            .FirstOrDefault();
        ServiceAccounts = monitor.Operator ? [.. Selecting.Select(p => p.ServiceAccount).Distinct()] : [];
    }

    /// <summary>All, by namespace and name.</summary>
    public IReadOnlyList<PrometheusJudgement> Prometheuses { get; }

    /// <summary>Those that select it.</summary>
    public IReadOnlyList<PrometheusJudgement> Selecting { get; }

    /// <summary>Where none selects it, the one for which the least is to be changed, with labels alone if possible; null where there is no Prometheus.</summary>
    public PrometheusJudgement? Nearest { get; }

    /// <summary>Who needs to be let <c>get</c> <c>/metrics</c>: those of <see cref="Selecting"/>, each once; none where operator metrics are not scraped.</summary>
    public IReadOnlyList<PrometheusServiceAccount> ServiceAccounts { get; }

    /// <summary>Labels that <see cref="Nearest"/> selects by; null where one selects it already, or none can.</summary>
    public IReadOnlyDictionary<string, string>? SuggestedLabels => Nearest?.SuggestedLabels;

    /// <summary>In words: who selects it and what goes wrong all the same, or what is in the way of the nearest.</summary>
    public string Summary => (Selecting, Nearest) switch
    {
        ({ Count: > 0 }, _) => string.Join(' ', [$"{string.Join(", ", Selecting.Select(Name))} {(Selecting.Count == 1 ? "selects" : "select")} the ServiceMonitor.", .. Selecting.SelectMany(p => p.Warnings).Select(w => w.Message)]),
        (_, { Verdict: PrometheusVerdict.Unknown } nearest) => string.Join(' ', ["Whether a Prometheus selects the ServiceMonitor is not known.", .. nearest.Obstacles.Select(o => o.Message)]),
        (_, { } nearest) => string.Join(' ', [Prometheuses.Count == 1 ? "The one Prometheus resource does not select the ServiceMonitor." : $"None of the {Prometheuses.Count} Prometheus resources selects the ServiceMonitor; nearest is {nearest.Namespace}/{nearest.Name}.", .. nearest.Obstacles.Select(o => o.Message)]),
        _ => "There is no Prometheus resource in the cluster, so nobody scrapes by the ServiceMonitor: make one, or choose the agent prometheus.io/builtin for a Prometheus that runs without the Prometheus operator.",
    };

    /// <summary>Judges all.</summary>
    /// <param name="prometheuses">In any order.</param>
    /// <param name="namespaces">The labels of each namespace; null where they could not be read.</param>
    /// <param name="monitor">The ServiceMonitor, made or to be made.</param>
    public static PrometheusSelection Of(IEnumerable<PrometheusResource> prometheuses, IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>>? namespaces, ServiceMonitorFacts monitor) => new(
        [
            .. prometheuses.Select(p => new PrometheusJudge(p, namespaces, monitor).Judge())
                .OrderBy(p => p.Namespace, StringComparer.Ordinal).ThenBy(p => p.Name, StringComparer.Ordinal),
        ],
        monitor);

    private static string Name(PrometheusJudgement judgement) => $"Prometheus {judgement.Namespace}/{judgement.Name}";
}
