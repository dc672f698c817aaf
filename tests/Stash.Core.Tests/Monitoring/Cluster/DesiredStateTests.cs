using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json.Nodes;
using Stash.Core.Monitoring;
using Stash.Core.Monitoring.Cluster;

namespace Stash.Core.Tests.Monitoring.Cluster;

public sealed class DesiredStateTests
{
    private const string Certificate = "-----BEGIN CERTIFICATE-----\nTUlJQg==\n-----END CERTIFICATE-----";
    private static readonly string Encoded = Convert.ToBase64String(Encoding.ASCII.GetBytes(Certificate + "\n"));

    private static readonly ClusterNames Names = new() { OperatorNamespace = "stash", CaCertificate = Certificate, PrometheusAccounts = [new("monitoring", "prometheus-k8s")] };

    private static readonly string[] Agents = ["none", "builtin", "prometheus.io/builtin", "coreos-operator", "prometheus.io/coreos-operator"];

    private static readonly Dictionary<string, string>[] Labels =
    [
        [], new(StringComparer.Ordinal) { ["app"] = "stash" },
        new(StringComparer.Ordinal) { ["release"] = "prom", ["example.com/team"] = "", ["app.kubernetes.io/managed-by"] = "Helm", [OwnerMark.OwnerLabel] = "other" },
    ];

    public static TheoryData<string, bool, bool, string, int> Matrix()
    {
        TheoryData<string, bool, bool, string, int> rows = [];
        foreach (var agent in Agents)
        {
            foreach (var (backup, @operator) in new[] { (false, false), (false, true), (true, false), (true, true) })
            {
                foreach (var @namespace in new[] { "", "stash", "monitoring" })
                {
                    for (var labels = 0; labels < Labels.Length; labels++)
                    {
                        rows.Add(agent, backup, @operator, @namespace, labels);
                    }
                }
            }
        }

        return rows;
    }

    [Theory]
    [MemberData(nameof(Matrix))]
    public void Every_row_of_the_matrix_makes_what_the_contract_says_and_nothing_else(string agent, bool backup, bool @operator, string @namespace, int labels)
    {
        MonitoringSpec spec = new()
        {
            Agent = agent,
            Backup = backup,
            Operator = @operator,
            Prometheus = new PrometheusSpec { Namespace = @namespace },
            ServiceMonitor = new ServiceMonitorSpec { Labels = Labels[labels] },
        };
        var objects = DesiredState.Of(spec, Names).Objects;
        var (builtin, coreos) = (agent.EndsWith("builtin", StringComparison.Ordinal), agent.EndsWith("coreos-operator", StringComparison.Ordinal));
        var where = @namespace.Length == 0 ? "stash" : @namespace;

        List<ObjectRef> expected = [];
        if (@operator && agent != "none")
        {
            expected.Add(new("v1", "Secret", where, "stash-apiserver-cert"));
            expected.Add(new("rbac.authorization.k8s.io/v1", "ClusterRole", null, "stash-metrics-reader-stash"));
            expected.Add(new("rbac.authorization.k8s.io/v1", "ClusterRoleBinding", null, "stash-metrics-reader-stash"));
        }

        if (builtin)
        {
            expected.Add(new("v1", "Service", "stash", "stash-operator"));
        }

        if (coreos && (backup || @operator))
        {
            expected.Add(new("monitoring.coreos.com/v1", "ServiceMonitor", where, "stash-servicemonitor"));
        }

        objects.Select(o => o.Ref).ShouldBe(expected);
        foreach (var (named, body) in objects)
        {
            (Text(body, "apiVersion"), Text(body, "kind"), Text(body, "metadata", "namespace"), Text(body, "metadata", "name")).ShouldBe((named.ApiVersion, named.Kind, named.Namespace, named.Name));
            if (named.Kind != "Service")
            {
                Text(body, "metadata", "labels", OwnerMark.OwnerLabel).ShouldBe("stash");
            }
        }

        if (objects.SingleOrDefault(o => o.Ref.Kind == "Service") is { } service)
        {
            service.Body["metadata"]!.AsObject().Select(f => f.Key).ShouldBe(["name", "namespace", "annotations"]);
            service.Body.Select(f => f.Key).ShouldBe(["apiVersion", "kind", "metadata"]);
            string[] keys = ["prometheus.io/scrape", .. backup ? Three("pushgateway") : [], .. @operator ? Three("operator") : []];
            service.Body["metadata"]!["annotations"]!.AsObject().Select(f => f.Key).ShouldBe(keys, ignoreOrder: true);
        }

        if (objects.SingleOrDefault(o => o.Ref.Kind == "ServiceMonitor") is { } monitor)
        {
            var ports = monitor.Body["spec"]!["endpoints"]!.AsArray().Select(e => e!["port"]!.GetValue<string>());
            ports.ShouldBe([.. backup ? ["pushgateway"] : Array.Empty<string>(), .. @operator ? ["api"] : Array.Empty<string>()]);
            foreach (var (key, value) in Labels[labels].Where(l => l.Key != OwnerMark.OwnerLabel))
            {
                Text(monitor.Body, "metadata", "labels", key).ShouldBe(value);
            }
        }
    }

    [Fact]
    public void Both_metrics_for_a_built_in_prometheus() => Written(DesiredState.Of(Spec("builtin", "monitoring"), Names)).ShouldBe(Whole($$$"""
        [
          {{{Secret("monitoring")}}},
          {{{Role("monitoring")}}},
          {{{Binding}}},
          {
            "apiVersion": "v1", "kind": "Service",
            "metadata": {
              "name": "stash-operator", "namespace": "stash",
              "annotations": {
                "prometheus.io/operator_path": "/metrics", "prometheus.io/operator_port": "8443", "prometheus.io/operator_scheme": "https",
                "prometheus.io/pushgateway_path": "/metrics", "prometheus.io/pushgateway_port": "56789", "prometheus.io/pushgateway_scheme": "http",
                "prometheus.io/scrape": "true"
              }
            }
          }
        ]
        """));

    [Fact]
    public void Both_metrics_for_the_prometheus_operator() => Written(DesiredState.Of(Spec("coreos-operator", "monitoring"), Names)).ShouldBe(Whole($$$"""
        [
          {{{Secret("monitoring")}}},
          {{{Role("monitoring")}}},
          {{{Binding}}},
          {
            "apiVersion": "monitoring.coreos.com/v1", "kind": "ServiceMonitor",
            "metadata": {
              "name": "stash-servicemonitor", "namespace": "monitoring",
              "labels": { "app": "stash", "app.kubernetes.io/managed-by": "stash", "stash.appscode.com/operator-namespace": "stash" }
            },
            "spec": {
              "namespaceSelector": { "matchNames": ["stash"] },
              "selector": { "matchLabels": { "app": "stash" } },
              "endpoints": [
                { "port": "pushgateway", "honorLabels": true },
                {
                  "port": "api", "scheme": "https", "bearerTokenFile": "/var/run/secrets/kubernetes.io/serviceaccount/token",
                  "tlsConfig": { "caFile": "/etc/prometheus/secrets/stash-apiserver-cert/tls.crt", "serverName": "stash-operator.stash.svc" }
                }
              ]
            }
          }
        ]
        """));

    [Fact]
    public void Names_of_a_release_are_used_everywhere()
    {
        ClusterNames release = new()
        {
            OperatorNamespace = "backup",
            ServiceName = "mine-stash",
            ServiceMonitor = "mine",
            CertificateSecret = "mine-apiserver-cert",
            MetricsRole = "mine-metrics",
            SelectorLabels = new Dictionary<string, string>(StringComparer.Ordinal) { ["release"] = "mine", ["app"] = "stash" },
            CaCertificate = Certificate,
            PrometheusAccounts = [new("b", "x"), new("a", "y"), new("a", "x"), new("b", "x")],
        };
        var objects = DesiredState.Of(Spec("coreos-operator", ""), release).Objects;
        objects.Select(o => (o.Ref.Namespace, o.Ref.Name)).ShouldBe([("backup", "mine-apiserver-cert"), (null, "mine-metrics"), (null, "mine-metrics"), ("backup", "mine")]);
        objects[2].Body["subjects"]!.AsArray().Select(s => (Text(s!, "namespace"), Text(s!, "name"))).ShouldBe([("a", "x"), ("a", "y"), ("b", "x")]);
        Text(objects[2].Body, "roleRef", "name").ShouldBe("mine-metrics");
        var spec = objects[3].Body["spec"]!;
        spec["selector"]!["matchLabels"]!.ToJsonString().ShouldBe("""{"app":"stash","release":"mine"}""");
        spec["endpoints"]![1]!["tlsConfig"]!.ToJsonString().ShouldBe("""{"caFile":"/etc/prometheus/secrets/mine-apiserver-cert/tls.crt","serverName":"mine-stash.backup.svc"}""");
    }

    [Fact]
    public void Where_nobody_knows_who_prometheus_is_the_role_waits_unbound() =>
        DesiredState.Of(Spec("builtin", ""), Names with { PrometheusAccounts = [] }).Objects.Select(o => o.Ref.Kind).ShouldBe(["Secret", "ClusterRole", "Service"]);

    [Fact]
    public void Of_a_pem_with_keys_in_it_the_certificates_alone_are_copied()
    {
        using var key = ECDsa.Create();
        var self = new CertificateRequest("CN=ca", key, HashAlgorithmName.SHA256).CreateSelfSigned(DateTimeOffset.UtcNow, DateTimeOffset.UtcNow.AddDays(1));
        var (first, secret) = (self.ExportCertificatePem(), key.ExportPkcs8PrivateKeyPem());
        var names = Names with { CaCertificate = $"{secret}\nof the operator\n{first}\n{key.ExportECPrivateKeyPem()}\n{Certificate}\n" };
        var data = DesiredState.Of(Spec("builtin", ""), names).Objects[0].Body["data"]!;
        Encoding.ASCII.GetString(Convert.FromBase64String(Text(data, "tls.crt")!)).ShouldBe($"{first}\n{Certificate}\n");
        data.AsObject().Count.ShouldBe(1);
    }

    [Theory]
    [InlineData("")]
    [InlineData("-----BEGIN PRIVATE KEY-----\nTUlJQg==\n-----END PRIVATE KEY-----")]
    public void Without_a_certificate_there_is_nothing_to_trust(string pem)
    {
        var none = Names with { CaCertificate = pem };
        Should.Throw<ArgumentException>(() => DesiredState.Of(Spec("builtin", ""), none)).Message.ShouldStartWith("There is no certificate");
        DesiredState.Of(Spec("builtin", "") with { Operator = false }, none).Objects.ShouldHaveSingleItem();
    }

    [Fact]
    public void What_has_no_namespace_is_the_same_with_an_empty_one() =>
        new ObjectRef("rbac.authorization.k8s.io/v1", "ClusterRole", "", "stash-metrics-reader-stash").ShouldBe(DesiredState.Of(Spec("builtin", ""), Names).Objects[1].Ref);

    [Fact]
    public void An_agent_that_does_not_exist_is_refused() => Should.Throw<ArgumentException>(() => DesiredState.Of(Spec("foo", ""), Names)).Message.ShouldStartWith("\"foo\" is not an agent.");

    private static string Role(string @namespace) => $$$"""
        {
          "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole",
          "metadata": {
            "name": "stash-metrics-reader-stash",
            "annotations": { "stash.appscode.com/certificate-namespace": "{{{@namespace}}}" },
            "labels": { "app.kubernetes.io/managed-by": "stash", "stash.appscode.com/operator-namespace": "stash" }
          },
          "rules": [{ "nonResourceURLs": ["/metrics"], "verbs": ["get"] }]
        }
        """;

    private const string Binding = """
        {
          "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding",
          "metadata": { "name": "stash-metrics-reader-stash", "labels": { "app.kubernetes.io/managed-by": "stash", "stash.appscode.com/operator-namespace": "stash" } },
          "roleRef": { "apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "stash-metrics-reader-stash" },
          "subjects": [{ "kind": "ServiceAccount", "name": "prometheus-k8s", "namespace": "monitoring" }]
        }
        """;

    private static string Secret(string @namespace) => $$$"""
        {
          "apiVersion": "v1", "kind": "Secret",
          "metadata": {
            "name": "stash-apiserver-cert", "namespace": "{{{@namespace}}}",
            "labels": { "app.kubernetes.io/managed-by": "stash", "stash.appscode.com/operator-namespace": "stash" }
          },
          "type": "Opaque",
          "data": { "tls.crt": "{{{Encoded}}}" }
        }
        """;

    private static MonitoringSpec Spec(string agent, string @namespace) => new() { Agent = agent, Backup = true, Operator = true, Prometheus = new PrometheusSpec { Namespace = @namespace } };

    private static string[] Three(string of) => [$"prometheus.io/{of}_path", $"prometheus.io/{of}_port", $"prometheus.io/{of}_scheme"];

    private static string Written(DesiredState state) => new JsonArray([.. state.Objects.Select(o => o.Body.DeepClone())]).ToJsonString();

    private static string Whole(string json) => JsonNode.Parse(json)!.ToJsonString();

    private static string? Text(JsonNode node, params string[] path) => path.Aggregate((JsonNode?)node, (n, key) => n?[key])?.GetValue<string>();
}
