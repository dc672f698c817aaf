using System.Text.Json.Nodes;
using k8s;
using k8s.Autorest;
using k8s.Models;
using Stash.Core.Monitoring;
using Stash.Core.Monitoring.Cluster;
using Stash.Operator.Tests.Cluster.Desired;
using Stash.Operator.Tests.Support;
using Stash.Operator.Tests.Support.Kubernetes;

namespace Stash.Operator.Tests.Cluster.Controller;

/// <summary>A corner of the cluster with a real operator, which has just the rights that it needs there.</summary>
internal sealed class OperatedCluster(KubeCluster cluster, DesiredCluster corner, string kubeconfig) : IAsyncDisposable
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public KubeCluster Cluster => cluster;

    /// <summary>The namespaces.</summary>
    public DesiredCluster Corner => corner;

    /// <summary>The operator's.</summary>
    public string Kubeconfig => kubeconfig;

    public OperatorProcess Operator { get; private set; } = null!;

    /// <summary>Makes the corner: kinds, namespaces, Service, rights. No operator runs yet.</summary>
    public static async Task<OperatedCluster> PrepareAsync(KubeCluster cluster)
    {
        await cluster.InstallMonitoringKindAsync();
        var corner = await DesiredCluster.StartAsync(cluster);
        return new(cluster, corner, await cluster.InstallChartRightsAsync(corner.Operator));
    }

    /// <summary>The same, with an operator.</summary>
    /// <param name="cluster">Where.</param>
    /// <param name="arguments">Further ones of <c>stash run</c>.</param>
    public static async Task<OperatedCluster> StartAsync(KubeCluster cluster, params string[] arguments)
    {
        var made = await PrepareAsync(cluster);
        await made.RunOwnAsync(made.Kubeconfig, arguments);
        return made;
    }

    /// <summary>Starts its operator.</summary>
    public async Task RunOwnAsync(string with, params string[] arguments)
    {
        Operator = await OperatorProcess.StartAsync(["--kubeconfig", with, "--namespace", corner.Operator, .. arguments]);
        corner.Names = corner.Names with { CaCertificate = await File.ReadAllTextAsync(Path.Combine(Operator.DataDirectory, "ca.crt"), Stop) };
    }

    /// <summary>Another operator, with a data folder of its own.</summary>
    public Task<OperatorProcess> RunAsync(params string[] arguments) => OperatorProcess.StartAsync(["--kubeconfig", kubeconfig, "--namespace", corner.Operator, .. arguments]);

    /// <summary>Creates the settings, or changes them, as kubectl apply does.</summary>
    public async Task SetAsync(MonitoringSpec spec)
    {
        JsonObject body = new()
        {
            ["apiVersion"] = MonitoringManifest.ExpectedApiVersion,
            ["kind"] = MonitoringManifest.ExpectedKind,
            ["metadata"] = new JsonObject { ["name"] = "stash", ["namespace"] = corner.Operator },
            ["spec"] = JsonNode.Parse(KubernetesJson.Serialize(spec)),
        };
        if (string.IsNullOrEmpty(spec.Prometheus.Namespace))
        {
            // The kind knows no null.
            body["spec"]!["prometheus"]!.AsObject().Remove("namespace");
        }

        await cluster.Admin.CustomObjects.PatchNamespacedCustomObjectAsync<JsonObject>(
            new V1Patch(body, V1Patch.PatchType.ApplyPatch), MonitoringResource.KubeGroup, MonitoringResource.KubeApiVersion, corner.Operator, MonitoringResource.KubePluralName, "stash",
            fieldManager: "the-test", force: true, cancellationToken: Stop);
    }

    /// <returns>Null where there are none.</returns>
    public async Task<MonitoringResource?> ReadAsync()
    {
        try
        {
            return await cluster.Admin.CustomObjects.GetNamespacedCustomObjectAsync<MonitoringResource>(
                MonitoringResource.KubeGroup, MonitoringResource.KubeApiVersion, corner.Operator, MonitoringResource.KubePluralName, "stash", Stop);
        }
        catch (HttpOperationException e) when (e.Response.StatusCode == System.Net.HttpStatusCode.NotFound)
        {
            return null;
        }
    }

    /// <summary>Waits until the status is about the settings as they are now, and a condition has a reason.</summary>
    public Task<MonitoringResource> ToldAsync(string condition, string reason) => EventuallyAsync($"{condition} is {reason}", async () =>
        await ReadAsync() is { Status: { } status } it && status.ObservedGeneration == it.Metadata.Generation && status.Conditions.Any(c => c.Type == condition && c.Reason == reason) ? it : null);

    /// <summary>Sets them, and waits until there is all that they want, and nothing else.</summary>
    /// <returns>With the status.</returns>
    public async Task<MonitoringResource> SettleAsync(MonitoringSpec spec)
    {
        await SetAsync(spec);
        await BecomeAsync(spec);
        return await EventuallyAsync("the status tells of them", async () =>
            await ReadAsync() is { Status: { } status } it && status.ObservedGeneration == it.Metadata.Generation && status.Created.Count == corner.Desired(spec).Objects.Count ? it : null);
    }

    /// <summary>Waits until there is all that settings want, and nothing else.</summary>
    public async Task BecomeAsync(MonitoringSpec? spec)
    {
        var wanted = spec is null ? [] : corner.Wanted(spec);
        IReadOnlyList<string> there = [];
        try
        {
            await EventuallyAsync($"there is what is wanted:\n{string.Join('\n', wanted)}", async () => (there = await corner.EverythingAsync()).SequenceEqual(wanted, StringComparer.Ordinal) ? there : null);
        }
        catch (TimeoutException e)
        {
            throw new TimeoutException($"There is:\n{string.Join('\n', there)}\n{e.Message}", e);
        }
    }

    /// <summary>Tells what the operator did, where it was in vain.</summary>
    private async Task<T> EventuallyAsync<T>(string what, Func<Task<T?>> ask)
        where T : class
    {
        try
        {
            return await Eventually.GetAsync(what, ask);
        }
        catch (TimeoutException e)
        {
            throw new TimeoutException($"{e.Message}\n{string.Join('\n', Operator.Process.Output.Split('\n').TakeLast(40))}", e);
        }
    }

    /// <summary>A Prometheus in the first of the other namespaces, that selects the label <c>app=stash</c> and has the certificate.</summary>
    public Task PrometheusAsync(string labels = "app: stash") => cluster.ApplyAsync($$$"""
        apiVersion: monitoring.coreos.com/v1
        kind: Prometheus
        metadata: {name: k8s, namespace: {{{corner.One}}}}
        spec: {serviceAccountName: prometheus-k8s, serviceMonitorSelector: {matchLabels: {{{{labels}}}}}, secrets: [stash-apiserver-cert]}
        """);

    /// <summary>The Events of the settings.</summary>
    public async Task<IReadOnlyList<Corev1Event>> EventsAsync() =>
        [.. (await cluster.Admin.CoreV1.ListNamespacedEventAsync(corner.Operator, cancellationToken: Stop)).Items.Where(e => e.InvolvedObject.Kind == "Monitoring")];

    public async ValueTask DisposeAsync()
    {
        if (Operator is not null)
        {
            await Operator.DisposeAsync();
        }
    }
}
