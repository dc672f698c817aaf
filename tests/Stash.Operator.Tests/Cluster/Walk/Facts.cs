using System.Text;
using System.Text.Json.Nodes;
using Stash.Operator.Tests.Cluster.Desired;

namespace Stash.Operator.Tests.Cluster.Walk;

/// <summary>What settings make, written out from what 0.8.3 made: not with the code that is tested.</summary>
/// <param name="Operator">The operator's namespace.</param>
/// <param name="Elsewhere">The other one.</param>
/// <param name="Certificate">The authority, PEM.</param>
internal sealed record Facts(string Operator, string Elsewhere, string Certificate)
{
    /// <summary>The service account that the operator is told of.</summary>
    public const string Prometheus = "mon/prom";

    public IReadOnlyList<string> Of(Settings settings) => DesiredCluster.Sorted(Objects(settings).Select(o => JsonNode.Parse(o)!.AsObject()));

    /// <summary>As <c>Kind namespace name</c>; the Service is there anyway.</summary>
    public IEnumerable<string> Names(Settings settings) => Objects(settings).Select(o => JsonNode.Parse(o)!).Where(o => $"{o["kind"]}" != "Service").Select(o => $"{o["kind"]} {o["metadata"]!["namespace"]} {o["metadata"]!["name"]}");

    private IEnumerable<string> Objects(Settings settings)
    {
        var place = settings.Elsewhere ? Elsewhere : Operator;
        var ours = $"\"app.kubernetes.io/managed-by\":\"stash\",\"stash.appscode.com/operator-namespace\":\"{Operator}\"";
        if (settings.Agent == "none")
        {
            yield break;
        }

        if (settings.Operator)
        {
            var certificate = Convert.ToBase64String(Encoding.ASCII.GetBytes(Certificate.Trim() + "\n"));
            yield return $$"""{"apiVersion":"v1","kind":"Secret","metadata":{"name":"stash-apiserver-cert","namespace":"{{place}}","labels":{ {{ours}} } },"type":"Opaque","data":{"tls.crt":"{{certificate}}"} }""";
            yield return $$"""
                {"apiVersion":"rbac.authorization.k8s.io/v1","kind":"ClusterRole",
                 "metadata":{"name":"stash-metrics-reader-{{Operator}}","labels":{ {{ours}} },"annotations":{"stash.appscode.com/certificate-namespace":"{{place}}"} },
                 "rules":[{"nonResourceURLs":["/metrics"],"verbs":["get"]}]}
                """;
            yield return $$"""
                {"apiVersion":"rbac.authorization.k8s.io/v1","kind":"ClusterRoleBinding","metadata":{"name":"stash-metrics-reader-{{Operator}}","labels":{ {{ours}} } },
                 "roleRef":{"apiGroup":"rbac.authorization.k8s.io","kind":"ClusterRole","name":"stash-metrics-reader-{{Operator}}"},
                 "subjects":[{"kind":"ServiceAccount","name":"prom","namespace":"mon"}]}
                """;
        }

        if (settings.Agent == "prometheus.io/builtin")
        {
            var backup = settings.Backup ? ",\"prometheus.io/pushgateway_path\":\"/metrics\",\"prometheus.io/pushgateway_port\":\"56789\",\"prometheus.io/pushgateway_scheme\":\"http\"" : "";
            var own = settings.Operator ? ",\"prometheus.io/operator_path\":\"/metrics\",\"prometheus.io/operator_port\":\"8443\",\"prometheus.io/operator_scheme\":\"https\"" : "";
            yield return $$"""{"apiVersion":"v1","kind":"Service","metadata":{"name":"stash-operator","namespace":"{{Operator}}","annotations":{"prometheus.io/scrape":"true"{{backup}}{{own}} } } }""";
        }
        else if (settings.Backup || settings.Operator)
        {
            var labels = settings.OtherLabels ? "\"release\":\"kube-prometheus\",\"example.com/team\":\"ops\"" : "\"app\":\"stash\"";
            List<string> endpoints = [];
            if (settings.Backup)
            {
                endpoints.Add("""{"port":"pushgateway","honorLabels":true}""");
            }

            if (settings.Operator)
            {
                endpoints.Add($$"""
                    {"port":"api","scheme":"https","bearerTokenFile":"/var/run/secrets/kubernetes.io/serviceaccount/token",
                     "tlsConfig":{"caFile":"/etc/prometheus/secrets/stash-apiserver-cert/tls.crt","serverName":"stash-operator.{{Operator}}.svc"} }
                    """);
            }

            yield return $$"""
                {"apiVersion":"monitoring.coreos.com/v1","kind":"ServiceMonitor","metadata":{"name":"stash-servicemonitor","namespace":"{{place}}","labels":{ {{labels}},{{ours}} } },
                 "spec":{"namespaceSelector":{"matchNames":["{{Operator}}"]},"selector":{"matchLabels":{"app":"stash"} },"endpoints":[{{string.Join(',', endpoints)}}]} }
                """;
        }
    }
}
