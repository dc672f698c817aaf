using System.Text.Json.Nodes;
using k8s;
using k8s.Autorest;

namespace Stash.Operator.Tests.Support.Kubernetes;

/// <summary>The kind of the settings, as deploy/chart/stash/crds defines it.</summary>
internal static class MonitoringKind
{
    public const string Name = "monitorings.stash.appscode.com";

    public static string Definition => Path.Combine(AppContext.BaseDirectory, "deploy", "crds", "stash.appscode.com_monitorings.yaml");

    /// <summary>Makes it known, and waits until it is served.</summary>
    public static async Task InstallMonitoringKindAsync(this KubeCluster cluster)
    {
        if (await IsServedAsync(cluster))
        {
            return;
        }

        await cluster.ApplyAsync(await File.ReadAllTextAsync(Definition, TestContext.Current.CancellationToken));
        await Eventually.TrueAsync("established", async () => (await cluster.KubectlAsync("wait", "--for=condition=established", "--timeout=30s", $"crd/{Name}")).ExitCode == 0);
        await Eventually.TrueAsync("served", () => IsServedAsync(cluster));
    }

    private static async Task<bool> IsServedAsync(KubeCluster cluster)
    {
        try
        {
            await cluster.Admin.CustomObjects.ListClusterCustomObjectAsync<JsonObject>("stash.appscode.com", "v1alpha1", "monitorings", cancellationToken: TestContext.Current.CancellationToken);
            return true;
        }
        catch (HttpOperationException e) when (e.Response.StatusCode == System.Net.HttpStatusCode.NotFound)
        {
            return false;
        }
    }
}
