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

    /// <summary>What exists because of them.</summary>
    public IReadOnlyList<string> Created { get; init; } = [];

    /// <summary>Why they are not in effect, where they are not: an invalid file edited by hand, an unwritable folder.</summary>
    public string? Error { get; init; }
}
