using System.Text.Json.Nodes;
using k8s;
using k8s.Models;
using Microsoft.Extensions.Logging.Abstractions;
using Stash.Core.Configuration;
using Stash.Core.Events;
using Stash.Core.Kubernetes;
using Stash.Core.Monitoring;
using Stash.Core.Monitoring.Cluster;
using Stash.Operator.Tests.Support;
using Stash.Operator.Tests.Support.Kubernetes;

namespace Stash.Operator.Tests.Cluster.Settings;

/// <summary>An operator's namespace with its Service, people with rights of their own in it, and the settings as the API has them.</summary>
internal sealed class SettingsCluster : IDisposable
{
    private static int _last;

    private readonly KubeCluster _cluster;

    private SettingsCluster(KubeCluster cluster, string @namespace, string kubeconfig)
    {
        (_cluster, Namespace) = (cluster, @namespace);
        Connection = KubernetesConnection.Open(new KubernetesOptions { Mode = "on", Kubeconfig = kubeconfig, Namespace = @namespace, ServiceName = "stash-operator" })!;
        Settings = new ClusterSettings(Connection, () => Facts, Hub, NullLogger<ClusterSettings>.Instance);
    }

    public static OperatorFacts Facts { get; } = new()
    {
        ServiceName = "stash-operator",
        ServiceLabels = new Dictionary<string, string>(StringComparer.Ordinal) { ["app"] = "stash" },
        ServiceMonitorName = "stash-servicemonitor",
        CertificateSecretName = "stash-apiserver-cert",
        CaCertificate = "-----BEGIN CERTIFICATE-----\nTUlJQg==\n-----END CERTIFICATE-----\n",
    };

    public string Namespace { get; }

    public KubernetesConnection Connection { get; }

    public EventHub Hub { get; } = new();

    public ClusterSettings Settings { get; }

    /// <summary>Of each person.</summary>
    public Dictionary<string, string> Kubeconfigs { get; } = new(StringComparer.Ordinal);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    /// <param name="cluster">Where.</param>
    /// <param name="chartRights">Whether the operator has those that the chart gives it, in place of a master's.</param>
    public static async Task<SettingsCluster> StartAsync(KubeCluster cluster, bool chartRights = false)
    {
        var @namespace = $"settings{Interlocked.Increment(ref _last)}";
        await cluster.InstallMonitoringKindAsync();
        var kubeconfig = chartRights ? await cluster.InstallChartRightsAsync(@namespace) : cluster.AdminKubeconfig;
        _ = await cluster.ServiceAccountAsync(@namespace, "default");
        await cluster.ApplyAsync($$$"""
            apiVersion: v1
            kind: Service
            metadata: {name: stash-operator, namespace: {{{@namespace}}}, labels: {app: stash}}
            spec: {ports: [{name: api, port: 443, targetPort: 8443}, {name: pushgateway, port: 56789}]}
            """);
        return new(cluster, @namespace, kubeconfig);
    }

    /// <summary>A service account that may do some things with the settings.</summary>
    public async Task<SettingsAuthor> PersonAsync(string name, params string[] verbs)
    {
        var token = await _cluster.ServiceAccountAsync(Namespace, name);
        if (verbs.Length > 0)
        {
            await _cluster.ApplyAsync($$"""
                apiVersion: rbac.authorization.k8s.io/v1
                kind: Role
                metadata: {name: {{name}}, namespace: {{Namespace}}}
                rules: [{apiGroups: [stash.appscode.com], resources: [monitorings], verbs: [{{string.Join(", ", verbs)}}]}]
                ---
                apiVersion: rbac.authorization.k8s.io/v1
                kind: RoleBinding
                metadata: {name: {{name}}, namespace: {{Namespace}}}
                roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: {{name}}}
                subjects: [{kind: ServiceAccount, name: {{name}}, namespace: {{Namespace}}}]
                """);
            V1SubjectAccessReviewSpec question = new()
            {
                User = $"system:serviceaccount:{Namespace}:{name}",
                ResourceAttributes = new V1ResourceAttributes { Group = "stash.appscode.com", Resource = "monitorings", NamespaceProperty = Namespace, Verb = verbs[0] },
            };
            await Eventually.TrueAsync("the right is known", async () => (await _cluster.Admin.AuthorizationV1.CreateSubjectAccessReviewAsync(new V1SubjectAccessReview { Spec = question }, cancellationToken: Stop)).Status.Allowed);
        }

        Kubeconfigs[name] = _cluster.KubeconfigOf($"{Namespace}-{name}", token, Namespace);
        return new SettingsAuthor($"system:serviceaccount:{Namespace}:{name}", token);
    }

    /// <summary>The settings as they are in the cluster.</summary>
    public async Task<JsonObject?> ReadAsync() => await new SettingsObject(_cluster.Admin, Namespace, ClusterUser.You).GetAsync(Stop);

    /// <summary>What whoever watches would do.</summary>
    public async Task TakeAsync() => Settings.Take(await ReadAsync() is { } live ? SettingsObject.Typed(live) : null);

    /// <summary>Who did something to the settings, by the API server's own audit log, and how it was answered.</summary>
    public async Task<IReadOnlyList<string>> AuditedAsync(string verb) =>
        [.. (await File.ReadAllLinesAsync(_cluster.AuditLog, Stop)).Select(l => JsonNode.Parse(l)!)
            .Where(l => l["verb"]!.GetValue<string>() == verb && l["objectRef"]!["namespace"]?.GetValue<string>() == Namespace && l["user"]!["username"]!.GetValue<string>() != "admin")
            .Select(l => $"{l["user"]!["username"]} {l["responseStatus"]!["code"]}")];

    /// <summary>kubectl, as the administrator.</summary>
    public async Task<string> KubectlAsync(params string[] arguments)
    {
        var (code, output, error) = await _cluster.KubectlAsync([.. arguments, "--namespace", Namespace]);
        code.ShouldBe(0, error);
        return output;
    }

    /// <summary>As a controller does.</summary>
    public Task WriteStatusAsync(MonitoringResourceStatus status) => _cluster.Admin.CustomObjects.PatchNamespacedCustomObjectStatusAsync<JsonObject>(
        new V1Patch(new Dictionary<string, object> { ["status"] = status }, V1Patch.PatchType.MergePatch), "stash.appscode.com", "v1alpha1", Namespace, "monitorings", "stash", cancellationToken: Stop);

    public void Dispose() => Connection.Dispose();
}
