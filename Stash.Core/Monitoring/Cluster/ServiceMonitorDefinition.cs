using System.Text.Json.Nodes;

namespace Stash.Core.Monitoring.Cluster;

/// <summary>The ServiceMonitor by which a Prometheus operator has the endpoints scraped.</summary>
internal sealed record ServiceMonitorDefinition
{
    /// <summary>Valid settings.</summary>
    public required MonitoringSpec Spec { get; init; }

    public required string OperatorNamespace { get; init; }

    public string Name { get; init; } = ClusterNames.DefaultServiceMonitor;

    public string ServiceName { get; init; } = ClusterNames.DefaultServiceName;

    public string CertificateSecret { get; init; } = PrometheusSpec.CertificateSecret;

    /// <summary>The labels of the Service that is scraped.</summary>
    public IReadOnlyDictionary<string, string> SelectorLabels { get; init; } = ClusterNames.DefaultSelectorLabels;

    /// <summary>How the push gateway is reached: <c>http</c>, or <c>https</c>.</summary>
    public string GatewayScheme { get; init; } = "http";

    /// <summary>The path of the push gateway's exposition.</summary>
    public string GatewayPath { get; init; } = "/metrics";

    /// <summary>Where it is made.</summary>
    public string Namespace => Spec.Prometheus.NamespaceOr(OperatorNamespace);

    public JsonObject Body()
    {
        var body = ClusterKind.ServiceMonitor.Body(Namespace, Name);
        body["metadata"]!["labels"] = Json.Map(Spec.ServiceMonitor.Labels);
        body["spec"] = new JsonObject
        {
            ["namespaceSelector"] = new JsonObject { ["matchNames"] = new JsonArray(OperatorNamespace) },
            ["selector"] = new JsonObject { ["matchLabels"] = Json.Map(SelectorLabels) },
            ["endpoints"] = Endpoints(),
        };
        return body;
    }

    private JsonArray Endpoints()
    {
        JsonArray endpoints = [];
        if (Spec.Backup)
        {
            JsonObject gateway = new() { ["port"] = "pushgateway", ["honorLabels"] = true };
            if (GatewayScheme != "http")
            {
                gateway["scheme"] = GatewayScheme;
            }

            if (GatewayPath != "/metrics")
            {
                gateway["path"] = GatewayPath;
            }

            endpoints.Add((JsonNode)gateway);
        }

        if (Spec.Operator)
        {
            endpoints.Add((JsonNode)new JsonObject
            {
                ["port"] = "api",
                ["scheme"] = "https",
                ["bearerTokenFile"] = "/var/run/secrets/kubernetes.io/serviceaccount/token",
                ["tlsConfig"] = new JsonObject
                {
                    ["caFile"] = $"/etc/prometheus/secrets/{CertificateSecret}/tls.crt",
                    ["serverName"] = $"{ServiceName}.{OperatorNamespace}.svc",
                },
            });
        }

        return endpoints;
    }
}
