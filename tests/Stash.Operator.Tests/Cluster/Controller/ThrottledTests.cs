using Stash.Core.Monitoring;
using Stash.Operator.Tests.Support;
using Stash.Operator.Tests.Support.Kubernetes;

namespace Stash.Operator.Tests.Cluster.Controller;

/// <summary>An API server that has too much to do.</summary>
[Collection(KubeControllerTests.Name)]
public sealed class ThrottledTests(KubeCluster cluster) : IDisposable
{
    private readonly TempFolder _files = new();

    public void Dispose() => _files.Dispose();

    [Fact]
    public async Task It_is_left_alone_for_as_long_as_it_says_and_condition_Event_and_metric_tell_it()
    {
        await using var it = await OperatedCluster.PrepareAsync(cluster);
        await it.PrometheusAsync();
        await using var proxy = await ApiServerProxy.StartAsync(cluster, it.Kubeconfig, _files);
        await it.RunOwnAsync(proxy.Kubeconfig);
        var spec = it.Corner.Spec("coreos-operator");
        await it.SettleAsync(spec);

        proxy.Throttle = r => r.Contains("/servicemonitors", StringComparison.Ordinal) && !r.Contains("watch=true", StringComparison.Ordinal) ? 2 : null;
        proxy.Requests.Clear();
        await it.Corner.KubectlAsync("delete", "servicemonitors", "stash-servicemonitor", $"--namespace={it.Corner.One}");
        var told = await it.ToldAsync(MonitoringCondition.ServiceMonitorReady, "TooManyRequests");
        told.Status!.Conditions.Single(c => c.Type == MonitoringCondition.ServiceMonitorReady).Status.ShouldBe("Unknown");
        await Eventually.TrueAsync("an Event says so", async () => (await it.EventsAsync()).Any(e => e is { Type: "Warning", Reason: "TooManyRequests" }));
        await Eventually.TrueAsync("it has asked three times", () => Throttled().Count >= 3);

        // Something that changes meanwhile is no reason to ask before.
        await it.Corner.KubectlAsync("label", "namespace", it.Corner.One, "changed=1");
        await Eventually.TrueAsync("it has asked once more", () => Throttled().Count >= 4);
        Throttled().Zip(Throttled().Skip(1), (a, b) => TimeProvider.System.GetElapsedTime(a, b)).ShouldAllBe(gap => gap >= TimeSpan.FromSeconds(2));
        using var root = cluster.Clients.IssueClient("CN=root, O=system:masters");
        using var client = it.Operator.NewApiClient(null, root);
        (await client.GetStringAsync("/metrics", TestContext.Current.CancellationToken)).ShouldContain("stash_monitoring_failures_total{reason=\"TooManyRequests\"} ");

        proxy.Throttle = _ => null;
        await it.BecomeAsync(spec);
        await it.ToldAsync(MonitoringCondition.ServiceMonitorReady, "Applied");
        await Eventually.TrueAsync("an Event says so", async () => (await it.EventsAsync()).Any(e => e.Type == "Normal" && e.Message.StartsWith("ServiceMonitorReady is True", StringComparison.Ordinal)));

        List<long> Throttled() => [.. proxy.Requests.Where(r => proxy.Throttle(r.Request) is not null).Select(r => r.At)];
    }
}
