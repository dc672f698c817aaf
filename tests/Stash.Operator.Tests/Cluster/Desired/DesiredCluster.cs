using System.Text.Json.Nodes;
using k8s;
using k8s.Autorest;
using k8s.Models;
using Stash.Core.Monitoring;
using Stash.Core.Monitoring.Cluster;
using Stash.Operator.Tests.Support.Kubernetes;

namespace Stash.Operator.Tests.Cluster.Desired;

/// <summary>A corner of the cluster: an operator's namespace with its Service, and two others for a Prometheus. Its names are its own, so that tests do not meet.</summary>
internal sealed class DesiredCluster(KubeCluster cluster)
{
    public const string Certificate = "-----BEGIN CERTIFICATE-----\nTUlJQg==\n-----END CERTIFICATE-----";

    private static int _last;

    public string Operator { get; } = $"desired{Interlocked.Increment(ref _last)}-stash";

    public string One => $"{Operator}-one";

    public string Two => $"{Operator}-two";

    public ClusterNames Names { get => field ??= new ClusterNames { OperatorNamespace = Operator, CaCertificate = Certificate, PrometheusAccounts = [new(One, "prometheus-k8s")] }; set; }

    public ObjectRef Service => ClusterKind.Service.Named(Operator, "stash-operator");

    public ClusterApplier Applier => field ??= new ClusterApplier(cluster.Admin);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public static async Task<DesiredCluster> StartAsync(KubeCluster cluster)
    {
        if (!await ServesMonitorsAsync(cluster))
        {
            await cluster.InstallPrometheusOperatorKindsAsync();
        }

        DesiredCluster made = new(cluster);
        foreach (var name in new[] { made.Operator, made.One, made.Two })
        {
            await cluster.Admin.CoreV1.CreateNamespaceAsync(new V1Namespace { Metadata = new V1ObjectMeta { Name = name } }, cancellationToken: Stop);
        }

        await cluster.ApplyAsync($$$"""
            apiVersion: v1
            kind: Service
            metadata: {name: stash-operator, namespace: {{{made.Operator}}}, labels: {app: stash}, annotations: {example.com/theirs: "1", prometheus.io/theirs: "2"}}
            spec: {ports: [{name: api, port: 443, targetPort: 8443}, {name: pushgateway, port: 56789}]}
            """);
        return made;
    }

    public static async Task<bool> ServesMonitorsAsync(KubeCluster cluster)
    {
        try
        {
            await cluster.Admin.CustomObjects.ListClusterCustomObjectAsync<JsonObject>("monitoring.coreos.com", "v1", "servicemonitors", cancellationToken: Stop);
            return true;
        }
        catch (HttpOperationException e) when (e.Response.StatusCode == System.Net.HttpStatusCode.NotFound)
        {
            return false;
        }
    }

    public MonitoringSpec Spec(string agent, bool backup = true, bool @operator = true, string? @namespace = null, params (string Key, string Value)[] labels) => new()
    {
        Agent = agent,
        Backup = backup,
        Operator = @operator,
        Prometheus = new PrometheusSpec { Namespace = @namespace ?? One },
        ServiceMonitor = labels.Length == 0 ? new ServiceMonitorSpec() : new ServiceMonitorSpec { Labels = labels.ToDictionary(l => l.Key, l => l.Value, StringComparer.Ordinal) },
    };

    public DesiredState Desired(MonitoringSpec spec) => DesiredState.Of(spec, Names);

    public Task<ApplyResult> ApplyAsync(MonitoringSpec spec, IReadOnlyCollection<ObjectRef>? previous = null) => Applier.ApplyAsync(Desired(spec), previous ?? [], Stop);

    /// <summary>Everything that there is, but what the API server keeps for itself, as the bodies that were applied: so that it can be compared with what is wanted.</summary>
    public async Task<IReadOnlyList<string>> EverythingAsync()
    {
        List<JsonObject> all = [];
        foreach (var kind in ClusterKind.All)
        {
            var list = await cluster.Admin.CustomObjects.ListClusterCustomObjectAsync<JsonObject>(kind.Group, kind.Version, kind.Plural, cancellationToken: Stop);
            foreach (var item in list["items"]!.AsArray().Select(i => i!.AsObject()))
            {
                var place = item["metadata"]!["namespace"]?.GetValue<string>() ?? item["metadata"]!["name"]!.GetValue<string>();
                if (place != Operator && place != One && place != Two && place != Names.MetricsRole)
                {
                    continue;
                }

                item["apiVersion"] = kind.ApiVersion;
                item["kind"] = kind.Kind;
                foreach (var key in new[] { "managedFields", "resourceVersion", "uid", "creationTimestamp", "generation", "selfLink" })
                {
                    item["metadata"]!.AsObject().Remove(key);
                }

                if (kind == ClusterKind.Service)
                {
                    Reduce(item);
                }

                all.Add(item);
            }
        }

        return Sorted(all.Where(i => i["kind"]!.GetValue<string>() != "Service" || i["metadata"]!["annotations"] is not null));
    }

    public IReadOnlyList<string> Wanted(MonitoringSpec spec) => Sorted(Desired(spec).Objects.Select(o => o.Body));

    public async Task<JsonObject?> ReadAsync(ObjectRef what)
    {
        var kind = ClusterKind.Of(what)!;
        try
        {
            return what.Namespace is { } name
                ? await cluster.Admin.CustomObjects.GetNamespacedCustomObjectAsync<JsonObject>(kind.Group, kind.Version, name, kind.Plural, what.Name, Stop)
                : await cluster.Admin.CustomObjects.GetClusterCustomObjectAsync<JsonObject>(kind.Group, kind.Version, kind.Plural, what.Name, Stop);
        }
        catch (HttpOperationException e) when (e.Response.StatusCode == System.Net.HttpStatusCode.NotFound)
        {
            return null;
        }
    }

    /// <summary>As a person does with kubectl patch.</summary>
    public async Task PatchAsync(ObjectRef what, string merge)
    {
        List<string> arguments = ["patch", ClusterKind.Of(what)!.Resource, what.Name, "--type=merge", "-p", merge];
        if (what.Namespace is { } name)
        {
            arguments.AddRange(["-n", name]);
        }

        await KubectlAsync([.. arguments]);
    }

    public async Task KubectlAsync(params string[] arguments)
    {
        var (code, output, error) = await cluster.KubectlAsync(arguments);
        code.ShouldBe(0, output + error);
    }

    /// <summary>Of the Service, our annotations alone: its own must be there too.</summary>
    private static void Reduce(JsonObject service)
    {
        var annotations = service["metadata"]!["annotations"]!.AsObject();
        annotations.Remove("kubectl.kubernetes.io/last-applied-configuration");
        annotations.Remove("example.com/theirs").ShouldBeTrue();
        annotations.Remove("prometheus.io/theirs").ShouldBeTrue();
        service.Remove("spec").ShouldBeTrue();
        service.Remove("status");
        service["metadata"]!.AsObject().Remove("labels").ShouldBeTrue();
        if (annotations.Count == 0)
        {
            service["metadata"]!.AsObject().Remove("annotations");
        }
    }

    /// <summary>As text that is the same for the same objects.</summary>
    public static string[] Sorted(IEnumerable<JsonObject> objects) => [.. objects.Select(o => Ordered(o)!.ToJsonString()).Order(StringComparer.Ordinal)];

    private static JsonNode? Ordered(JsonNode? node) => node switch
    {
        JsonObject map => new JsonObject(map.OrderBy(p => p.Key, StringComparer.Ordinal).Select(p => KeyValuePair.Create(p.Key, Ordered(p.Value)))),
        JsonArray list => new JsonArray([.. list.Select(Ordered)]),
        _ => node?.DeepClone(),
    };
}
