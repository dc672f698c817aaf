namespace Stash.Core.Monitoring;

/// <summary>
/// The monitoring settings, in the shape of the custom resource <c>Monitoring</c>; embedded, the YAML file
/// <c>monitoring.yaml</c> in the data folder.
/// </summary>
public sealed record MonitoringManifest
{
    public const string ExpectedApiVersion = "stash.appscode.com/v1alpha1";
    public const string ExpectedKind = "Monitoring";

    public string ApiVersion { get; init; } = ExpectedApiVersion;

    public string Kind { get; init; } = ExpectedKind;

    public MonitoringMetadata Metadata { get; init; } = new();

    public MonitoringSpec Spec { get; init; } = new();

    public MonitoringStatus? Status { get; init; }
}

public sealed record MonitoringMetadata
{
    public string Name { get; init; } = "stash";

    /// <summary>In a cluster, the operator's namespace; embedded, null.</summary>
    public string? Namespace { get; init; }

    /// <summary>In a cluster, how often the settings have been changed; embedded, null.</summary>
    public long? Generation { get; init; }

    /// <summary>Changes with every change of the settings. A writer sends back the one it read; an older one is a conflict.</summary>
    public string? ResourceVersion { get; init; }
}

/// <summary>Who scrapes what. Defaults are 0.8.3's.</summary>
public sealed record MonitoringSpec
{
    /// <summary>One of <see cref="MonitoringAgent"/>'s names.</summary>
    public string Agent { get; init; } = MonitoringAgent.None;

    /// <summary>Session metrics are scraped from the push gateway.</summary>
    public bool Backup { get; init; }

    /// <summary>Operator metrics are scraped from :8443.</summary>
    public bool Operator { get; init; }

    public PrometheusSpec Prometheus { get; init; } = new();

    public ServiceMonitorSpec ServiceMonitor { get; init; } = new();
}

public sealed record PrometheusSpec
{
    /// <summary>The name of the Secret with the certificate that Prometheus trusts, unless the chart names it otherwise.</summary>
    public const string CertificateSecret = "stash-apiserver-cert";

    /// <summary>Where Prometheus runs; empty for the operator's namespace.</summary>
    public string Namespace { get; init; } = "";

    /// <summary><see cref="Namespace"/>, by name.</summary>
    public string NamespaceOr(string operatorNamespace) => Namespace.Length > 0 ? Namespace : operatorNamespace;
}

public sealed record ServiceMonitorSpec
{
    /// <summary>Labels by which the Prometheus resource selects the ServiceMonitor; used with <c>coreos-operator</c> only.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal) { ["app"] = "stash" };
}

/// <summary>What the operator made of the settings.</summary>
public sealed record MonitoringStatus
{
    /// <summary>When the settings were last put into effect.</summary>
    public DateTimeOffset? AppliedTime { get; init; }

    /// <summary>What exists because of them: paths relative to the data folder; in a cluster as <c>ServiceMonitor monitoring/stash-servicemonitor</c>.</summary>
    public IReadOnlyList<string> Created { get; init; } = [];

    /// <summary>Why they are not in effect, where they are not: an invalid file edited by hand, an unwritable folder, a missing right.</summary>
    public string? Error { get; init; }

    /// <summary>In a cluster, the <see cref="MonitoringMetadata.Generation"/> that this status is about; embedded, null.</summary>
    public long? ObservedGeneration { get; init; }

    /// <summary>In a cluster, whether each thing that the settings want is there; embedded, empty.</summary>
    public IReadOnlyList<MonitoringCondition> Conditions { get; init; } = [];

    /// <summary>In a cluster with the agent <c>prometheus.io/coreos-operator</c>, which <c>Prometheus</c> resources select the ServiceMonitor; else empty.</summary>
    public IReadOnlyList<PrometheusState> Prometheuses { get; init; } = [];
}

/// <summary>A condition, as Kubernetes' <c>meta/v1</c> has it.</summary>
public sealed record MonitoringCondition
{
    /// <summary>One of the constants below.</summary>
    public required string Type { get; init; }

    /// <summary><c>True</c>, <c>False</c> or <c>Unknown</c>.</summary>
    public required string Status { get; init; }

    /// <summary>One word for programs.</summary>
    public required string Reason { get; init; }

    /// <summary>Why, and what to do, for people.</summary>
    public required string Message { get; init; }

    /// <summary>When <see cref="Status"/> last changed.</summary>
    public required DateTimeOffset LastTransitionTime { get; init; }

    /// <summary>The generation of the settings that it was told of.</summary>
    public long? ObservedGeneration { get; init; }

    /// <summary>The reason of one that is not true because the settings do not ask for it.</summary>
    public const string NotWanted = "NotWanted";

    /// <summary>The reason of one that nobody can tell from here.</summary>
    public const string NotKnown = "NotKnown";

    /// <summary>Whether somebody should look at it.</summary>
    public bool IsProblem() => Status != "True" && Reason is not (NotWanted or NotKnown);

    /// <summary>The Service has the annotations that the settings want.</summary>
    public const string ServiceAnnotated = "ServiceAnnotated";

    /// <summary>The ServiceMonitor is as the settings want it.</summary>
    public const string ServiceMonitorReady = "ServiceMonitorReady";

    /// <summary>The certificate is where Prometheus mounts it.</summary>
    public const string SecretCopied = "SecretCopied";

    /// <summary>Prometheus may read the operator's metrics.</summary>
    public const string AccessGranted = "AccessGranted";

    /// <summary>Somebody selects what the settings make.</summary>
    public const string Scraped = "Scraped";
}

/// <summary>Whether a <c>Prometheus</c> resource selects the ServiceMonitor.</summary>
public sealed record PrometheusState
{
    public required string Namespace { get; init; }

    public required string Name { get; init; }

    /// <summary><c>True</c>, <c>False</c> or <c>Unknown</c>.</summary>
    public required string Selected { get; init; }

    /// <summary>Why it does not, and what goes wrong once it does: sentences.</summary>
    public IReadOnlyList<string> Findings { get; init; } = [];

    /// <summary>Its selector of ServiceMonitors as <c>kubectl --selector</c> takes it; empty for all, null for none.</summary>
    public string? Selector { get; init; }

    /// <summary>Labels nearest to the settings' own that it selects by; null where it selects by none.</summary>
    public IReadOnlyDictionary<string, string>? SuggestedLabels { get; init; }
}
