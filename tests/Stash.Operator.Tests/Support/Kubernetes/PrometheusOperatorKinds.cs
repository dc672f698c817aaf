namespace Stash.Operator.Tests.Support.Kubernetes;

/// <summary>The kinds of resources that the Prometheus operator brings (tests/crds): ServiceMonitor, PrometheusRule, Prometheus. The operator itself does not run.</summary>
internal static class PrometheusOperatorKinds
{
    /// <summary>Makes them known, and waits until they are served.</summary>
    public static async Task InstallPrometheusOperatorKindsAsync(this KubeCluster cluster)
    {
        // Server-side: the definition is larger than the annotation of a client-side apply may be.
        var (code, output, error) = await cluster.KubectlAsync("apply", "--server-side", "--force-conflicts", "--validate=false", "-f", Folder());
        code.ShouldBe(0, output + error);
        // It is an error to kubectl that there are no conditions yet.
        await Eventually.TrueAsync("established", async () => (await cluster.KubectlAsync("wait", "--for=condition=established", "--timeout=30s", "-f", Folder())).ExitCode == 0);
        await Eventually.TrueAsync("served", async () => (await cluster.KubectlAsync("get", "prometheuses,servicemonitors,prometheusrules", "--all-namespaces")).ExitCode == 0);
    }

    /// <summary>Takes them away, and all resources of theirs, and waits until they are no longer served.</summary>
    public static async Task RemovePrometheusOperatorKindsAsync(this KubeCluster cluster)
    {
        var (code, output, error) = await cluster.KubectlAsync("delete", "--ignore-not-found", "--wait", "-f", Folder());
        code.ShouldBe(0, output + error);
        await Eventually.TrueAsync("no longer served", async () => (await cluster.KubectlAsync("get", "--raw=/apis/monitoring.coreos.com/v1/prometheuses")).ExitCode != 0);
    }

    private static string Folder() => Path.Combine(AppContext.BaseDirectory, "crds");
}
