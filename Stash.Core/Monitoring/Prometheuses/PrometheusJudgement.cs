namespace Stash.Core.Monitoring.Prometheuses;

public enum PrometheusVerdict
{
    Selected,
    NotSelected,

    /// <summary>The namespaces' labels decide, and they could not be read.</summary>
    Unknown,
}

/// <summary>What is in the way, or wrong all the same.</summary>
public enum PrometheusFindingKind
{
    /// <summary>It has no selector of ServiceMonitors, so it selects none.</summary>
    NoSelector,

    /// <summary>One of its selectors is none; it selects nothing then.</summary>
    InvalidSelector,

    /// <summary>One of its selectors wants what excludes itself.</summary>
    ImpossibleSelector,

    /// <summary>A label of the ServiceMonitor is missing, different or one too many.</summary>
    Label,

    /// <summary>It looks in its own namespace alone, which is another one.</summary>
    OtherNamespace,

    /// <summary>A label of the ServiceMonitor's namespace is missing, different or one too many.</summary>
    NamespaceLabel,

    /// <summary>The ServiceMonitor's namespace is not there.</summary>
    NamespaceMissing,

    /// <summary>The namespaces' labels could not be read.</summary>
    NamespaceUnknown,

    /// <summary>It takes no ServiceMonitor that names files.</summary>
    FilesDenied,

    /// <summary>A warning: the certificate's Secret is made in another namespace than it mounts Secrets from.</summary>
    SecretElsewhere,

    /// <summary>A warning: it does not mount the certificate's Secret.</summary>
    SecretNotMounted,

    /// <summary>A warning: it does not look for targets where the operator is.</summary>
    TargetsElsewhere,

    /// <summary>A warning: its own labels win over those of the session metrics.</summary>
    LabelsOverridden,

    /// <summary>A warning: the Prometheus operator does not put changes into effect.</summary>
    Paused,
}

/// <param name="Kind">For programs.</param>
/// <param name="Message">For people: a sentence that says what is so, and after a colon what to do.</param>
public sealed record PrometheusFinding(PrometheusFindingKind Kind, string Message);

/// <summary>A service account, as RBAC names it.</summary>
public sealed record PrometheusServiceAccount(string Namespace, string Name);

/// <summary>Whether one <c>Prometheus</c> selects the ServiceMonitor.</summary>
public sealed record PrometheusJudgement
{
    public required string Namespace { get; init; }

    public required string Name { get; init; }

    public required PrometheusVerdict Verdict { get; init; }

    /// <summary>Why it does not; empty where it does.</summary>
    public required IReadOnlyList<PrometheusFinding> Obstacles { get; init; }

    /// <summary>What goes wrong, or would, once it does.</summary>
    public required IReadOnlyList<PrometheusFinding> Warnings { get; init; }

    /// <summary>Whom its pods ask as: needs to be let <c>get</c> <c>/metrics</c> for operator metrics.</summary>
    public required PrometheusServiceAccount ServiceAccount { get; init; }

    /// <summary>Its selector of ServiceMonitors as <c>kubectl --selector</c> takes it; empty for all, null for none.</summary>
    public required string? Selector { get; init; }

    /// <summary>The labels nearest to the ServiceMonitor's own that it selects by; null where it selects by none.</summary>
    public required IReadOnlyDictionary<string, string>? SuggestedLabels { get; init; }
}
