using Stash.Core.Configuration;
using Stash.Core.Monitoring;
using Stash.Core.Monitoring.Embedded;

namespace Stash.Core.Tests.Monitoring.Cluster;

/// <summary>The file for <c>kubectl apply</c> is the ServiceMonitor of a cluster, without the mark of an operator that would look after it.</summary>
public sealed class ServiceMonitorFileTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_whole_file_is_as_it_always_was()
    {
        EmbeddedResources resources = new(DataFolder.Open(_folder.FullPath))
        {
            Endpoints = new ScrapeEndpoints { Gateway = "127.0.0.1:1", Api = "127.0.0.1:2", GatewayScheme = "https", GatewayPath = "/push/expose" },
        };
        MonitoringSpec spec = new()
        {
            Agent = "coreos-operator",
            Backup = true,
            Operator = true,
            Prometheus = new PrometheusSpec { Namespace = "monitoring" },
            ServiceMonitor = new ServiceMonitorSpec { Labels = new Dictionary<string, string>(StringComparer.Ordinal) { ["release"] = "1.0", ["app"] = "yes" } },
        };
        resources.Preview(spec).Single(i => i.Name == "kubernetes/stash-servicemonitor.yaml").Content.ShouldBe("""
            # Written by Stash from monitoring.yaml, for kubectl apply -f: changes made here are overwritten.
            apiVersion: monitoring.coreos.com/v1
            kind: ServiceMonitor
            metadata:
              name: stash-servicemonitor
              namespace: monitoring
              labels:
                app: "yes"
                release: "1.0"
            spec:
              namespaceSelector:
                matchNames:
                  - default
              selector:
                matchLabels:
                  app: stash
              endpoints:
                - port: pushgateway
                  honorLabels: true
                  scheme: https
                  path: /push/expose
                - port: api
                  scheme: https
                  bearerTokenFile: /var/run/secrets/kubernetes.io/serviceaccount/token
                  tlsConfig:
                    caFile: /etc/prometheus/secrets/stash-apiserver-cert/tls.crt
                    serverName: stash-operator.default.svc

            """);
    }
}
