namespace Stash.Core.Monitoring.Prometheuses;

/// <summary>What about our ServiceMonitor decides who scrapes it.</summary>
public sealed record ServiceMonitorFacts
{
    /// <summary>Where it is, and the certificate's Secret beside it.</summary>
    public required string Namespace { get; init; }

    public required IReadOnlyDictionary<string, string> Labels { get; init; }

    /// <summary>Where the Service is that it names.</summary>
    public required string OperatorNamespace { get; init; }

    /// <summary>Whether it has session metrics scraped, with the labels that the push gateway tells.</summary>
    public bool Backup { get; init; }

    /// <summary>Whether it has operator metrics scraped, with a token and an authority that it names as files.</summary>
    public bool Operator { get; init; }

    public string Secret { get; init; } = PrometheusSpec.CertificateSecret;

    /// <summary>As the settings would make it.</summary>
    public static ServiceMonitorFacts Of(MonitoringSpec settings, string operatorNamespace) => new()
    {
        Namespace = settings.Prometheus.NamespaceOr(operatorNamespace),
        Labels = settings.ServiceMonitor.Labels,
        OperatorNamespace = operatorNamespace,
        Backup = settings.Backup,
        Operator = settings.Operator,
    };
}
