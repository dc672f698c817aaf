using k8s;
using Stash.Operator.Tests.Support;
using Stash.Operator.Tests.Support.Kubernetes;

namespace Stash.Operator.Tests.Cluster.Controller;

/// <summary>Two operators with one API server, each with its own data folder.</summary>
[Collection(KubeControllerTests.Name)]
public sealed class LeaderTests(KubeCluster cluster)
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_leader_that_is_killed_is_followed_and_nothing_is_made_twice()
    {
        await using var it = await OperatedCluster.StartAsync(cluster, "--prometheus-service-account", "mon/prom");
        it.Corner.Names = it.Corner.Names with { PrometheusAccounts = [new("mon", "prom")] };
        var spec = it.Corner.Spec("coreos-operator");
        var before = await it.SettleAsync(spec);
        await using var second = await it.RunAsync("--prometheus-service-account", "mon/prom");
        var leader = (await cluster.Admin.CoordinationV1.ReadNamespacedLeaseAsync("stash-operator", it.Corner.Operator, cancellationToken: Stop)).Spec.HolderIdentity;
        await it.Operator.ReadyTellsAsync($"[+]leader ok: this process, {leader}: it holds the Lease stash-operator", System.Net.HttpStatusCode.OK);
        await second.ReadyTellsAsync($"[+]leader ok: {leader}", System.Net.HttpStatusCode.OK);

        await it.Operator.KillAsync();
        await Eventually.TrueAsync("another one leads", async () =>
            (await cluster.Admin.CoordinationV1.ReadNamespacedLeaseAsync("stash-operator", it.Corner.Operator, cancellationToken: Stop)).Spec.HolderIdentity is { } holder && holder != leader);
        // The certificate is now that of the one which leads.
        it.Corner.Names = it.Corner.Names with { CaCertificate = await File.ReadAllTextAsync(Path.Combine(second.DataDirectory, "ca.crt"), Stop) };
        await it.BecomeAsync(spec);
        await it.Corner.KubectlAsync("delete", "servicemonitors", "stash-servicemonitor", $"--namespace={it.Corner.One}");
        await it.BecomeAsync(spec);
        var after = await Eventually.GetAsync("the status tells of it", async () => await it.ReadAsync() is { } now && now.Status!.Operator!.CaCertificate == it.Corner.Names.CaCertificate ? now : null);
        after.Status!.Conditions.Select(c => (c.Type, c.Status, c.LastTransitionTime)).ShouldBe(before.Status!.Conditions.Select(c => (c.Type, c.Status, c.LastTransitionTime)));
        after.Status.Created.Select(c => c.Ref).ShouldBe(before.Status.Created.Select(c => c.Ref));
        after.Status.Created.Take(3).ShouldBe(before.Status.Created.Take(3));
        (await it.EventsAsync()).ShouldAllBe(e => e.Count == 1);

        // It stops in order, and gives the Lease back.
        (await second.StopAsync()).ShouldBe(0);
        (await cluster.Admin.CoordinationV1.ReadNamespacedLeaseAsync("stash-operator", it.Corner.Operator, cancellationToken: Stop)).Spec.HolderIdentity.ShouldBeNullOrEmpty();
    }
}
