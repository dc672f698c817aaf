using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace Stash.Core.Monitoring.Cluster;

/// <summary>What the settings make in a cluster.</summary>
/// <param name="Names">What the operator is in it.</param>
/// <param name="Objects">What there is to be, in the order in which it is made.</param>
public sealed record DesiredState(ClusterNames Names, IReadOnlyList<DesiredObject> Objects)
{
    private const string Prefix = "prometheus.io/";

    /// <summary>The annotations of the Service that a built-in Prometheus finds its targets by.</summary>
    /// <param name="spec">Settings with the agent <c>builtin</c>.</param>
    public static IReadOnlyDictionary<string, string> Annotations(MonitoringSpec spec)
    {
        SortedDictionary<string, string> annotations = new(StringComparer.Ordinal) { [$"{Prefix}scrape"] = "true" };
        if (spec.Backup)
        {
            annotations[$"{Prefix}pushgateway_path"] = "/metrics";
            annotations[$"{Prefix}pushgateway_port"] = "56789";
            annotations[$"{Prefix}pushgateway_scheme"] = "http";
        }

        if (spec.Operator)
        {
            annotations[$"{Prefix}operator_path"] = "/metrics";
            annotations[$"{Prefix}operator_port"] = "8443";
            annotations[$"{Prefix}operator_scheme"] = "https";
        }

        return annotations;
    }

    /// <summary>Nothing: for the end of the settings.</summary>
    public static DesiredState Nothing(ClusterNames names) => new(names, []);

    /// <summary>What valid settings make.</summary>
    /// <exception cref="ArgumentException">There is no such agent; or operator metrics are on and there is no certificate in <see cref="ClusterNames.CaCertificate"/>.</exception>
    public static DesiredState Of(MonitoringSpec spec, ClusterNames names)
    {
        var agent = MonitoringAgent.Normalize(spec.Agent) ?? throw new ArgumentException($"\"{spec.Agent}\" is not an agent.", nameof(spec));
        if (agent == MonitoringAgent.None)
        {
            return Nothing(names);
        }

        List<DesiredObject> objects = [];
        if (spec.Operator)
        {
            objects.Add(Ours(ClusterKind.Secret, Certificate(spec, names), names));
            objects.Add(Ours(ClusterKind.ClusterRole, Role(spec, names), names));
            if (names.PrometheusAccounts.Count > 0)
            {
                objects.Add(Ours(ClusterKind.ClusterRoleBinding, Binding(names), names));
            }
        }

        if (agent == MonitoringAgent.Builtin)
        {
            objects.Add(new DesiredObject(ClusterKind.Service.Named(names.OperatorNamespace, names.ServiceName), ServiceBody(names, Annotations(spec))));
        }
        else if (spec.Backup || spec.Operator)
        {
            // Without an endpoint it would select nothing.
            objects.Add(Ours(ClusterKind.ServiceMonitor, Monitor(spec, names).Body(), names));
        }

        return new DesiredState(names, objects);
    }

    private static DesiredObject Ours(ClusterKind kind, JsonObject body, ClusterNames names) =>
        new(kind.Named(body.Text("metadata", "namespace"), body.Text("metadata", "name")!), OwnerMark.Mark(body, names.OperatorNamespace));

    private static ServiceMonitorDefinition Monitor(MonitoringSpec spec, ClusterNames names) => new()
    {
        Spec = spec,
        OperatorNamespace = names.OperatorNamespace,
        Name = names.ServiceMonitor,
        ServiceName = names.ServiceName,
        CertificateSecret = names.CertificateSecret,
        SelectorLabels = names.SelectorLabels,
    };

    private static JsonObject ServiceBody(ClusterNames names, IReadOnlyDictionary<string, string> annotations)
    {
        var body = ClusterKind.Service.Body(names.OperatorNamespace, names.ServiceName);
        body["metadata"]!["annotations"] = Json.Map(annotations);
        return body;
    }

    /// <summary>
    /// Not of the type kubernetes.io/tls that 0.8.3 gave it: for that the API server wants a <c>tls.key</c>, and there is none to give. An empty one it takes, but it then writes the Secret anew at every
    /// apply that changes nothing. Prometheus mounts <c>tls.crt</c> by its name, whatever the type.
    /// </summary>
    private static JsonObject Certificate(MonitoringSpec spec, ClusterNames names)
    {
        var body = ClusterKind.Secret.Body(spec.Prometheus.NamespaceOr(names.OperatorNamespace), names.CertificateSecret);
        body["type"] = "Opaque";
        body["data"] = new JsonObject { ["tls.crt"] = Convert.ToBase64String(Encoding.ASCII.GetBytes(Certificates(names.CaCertificate))) };
        return body;
    }

    /// <summary>It also tells where the certificate is, so that this is found again without the right to list the Secrets of the whole cluster.</summary>
    private static JsonObject Role(MonitoringSpec spec, ClusterNames names)
    {
        var body = ClusterKind.ClusterRole.Body(null, names.MetricsRole);
        body["metadata"]!["annotations"] = new JsonObject { [OwnerMark.CertificateAnnotation] = spec.Prometheus.NamespaceOr(names.OperatorNamespace) };
        body["rules"] = new JsonArray(new JsonObject { ["nonResourceURLs"] = new JsonArray("/metrics"), ["verbs"] = new JsonArray("get") });
        return body;
    }

    private static JsonObject Binding(ClusterNames names)
    {
        var body = ClusterKind.ClusterRoleBinding.Body(null, names.MetricsRole);
        body["roleRef"] = new JsonObject { ["apiGroup"] = ClusterKind.ClusterRole.Group, ["kind"] = ClusterKind.ClusterRole.Kind, ["name"] = names.MetricsRole };
        body["subjects"] = new JsonArray([.. names.PrometheusAccounts.Distinct()
            .OrderBy(a => a.Namespace, StringComparer.Ordinal).ThenBy(a => a.Name, StringComparer.Ordinal)
            .Select(a => new JsonObject { ["kind"] = "ServiceAccount", ["name"] = a.Name, ["namespace"] = a.Namespace })]);
        return body;
    }

    /// <summary>The certificates of a PEM text, and nothing else that is in it.</summary>
    private static string Certificates(string pem)
    {
        StringBuilder certificates = new();
        var rest = pem.AsSpan();
        while (PemEncoding.TryFind(rest, out var fields))
        {
            if (rest[fields.Label] is "CERTIFICATE")
            {
                certificates.Append(rest[fields.Location]).Append('\n');
            }

            rest = rest[fields.Location.End..];
        }

        return certificates.Length > 0 ? certificates.ToString() : throw new ArgumentException("There is no certificate in the operator's authority.", nameof(pem));
    }
}
