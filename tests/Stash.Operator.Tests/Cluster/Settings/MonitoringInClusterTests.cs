using Stash.Operator.Tests.Support;
using Stash.Operator.Tests.Support.Kubernetes;
using static Stash.Operator.Tests.Support.StashCommand;

namespace Stash.Operator.Tests.Cluster.Settings;

/// <summary><c>stash monitoring</c> in a cluster, with the rights of whoever runs it.</summary>
[Collection(KubeTests.Name)]
public sealed class MonitoringInClusterTests(KubeCluster cluster)
{
    [Fact]
    public async Task Settings_are_made_and_changed_with_the_rights_of_a_kubeconfig()
    {
        using var it = await SettingsCluster.StartAsync(cluster);
        var alice = await it.PersonAsync("alice", "get", "create", "update");
        await it.PersonAsync("viewer", "get");
        Dictionary<string, string?> asAlice = new(StringComparer.Ordinal) { ["KUBECONFIG"] = $"/nonexistent:{it.Kubeconfigs["alice"]}" };
        var place = $"namespace {it.Namespace} of the cluster at {it.Connection.Server.GetLeftPart(UriPartial.Authority)}";

        (await RunWithAsync(asAlice, "monitoring", "status")).ShouldBe((1, "", $"There is no Monitoring stash in {place}: give the operator's namespace with --namespace, or make settings with stash monitoring set.\n"));
        var (code, output, error) = await RunWithAsync(asAlice, "monitoring", "set", "--monitoring-agent=coreos-operator", "--monitoring-backup");
        (code, error).ShouldBe((0, ""));
        output.ShouldStartWith($"Saved in {place}: agent prometheus.io/coreos-operator, backup true, operator false, ");
        (await it.AuditedAsync("create")).ShouldBe([$"{alice.Name} 201"]);

        // Both change something else, so nobody's change is lost.
        var both = await Task.WhenAll(RunWithAsync(asAlice, "monitoring", "set", "--monitoring-operator"), RunAsync("monitoring", "set", "--kubeconfig", it.Kubeconfigs["alice"], "--prometheus-namespace", "monitoring"));
        both.ShouldAllBe(b => b.ExitCode == 0, string.Join('\n', both.Select(b => b.Error)));
        (await it.ReadAsync())!["spec"]!.ToJsonString().ShouldBe("""{"agent":"prometheus.io/coreos-operator","backup":true,"operator":true,"prometheus":{"namespace":"monitoring"},"serviceMonitor":{"labels":{"app":"stash"}}}""");

        (await RunAsync("monitoring", "set", "--kubeconfig", it.Kubeconfigs["viewer"], "--monitoring-backup=false"))
            .ShouldBe((1, "", $"You may not update monitorings.stash.appscode.com in namespace {it.Namespace}: ask an administrator of the cluster for that right.\n"));
        using TempFolder home = new();
        Directory.CreateDirectory(home.In(".kube"));
        File.Copy(it.Kubeconfigs["viewer"], Path.Combine(home.In(".kube"), "config"));
        (code, output, error) = await RunWithAsync(new(StringComparer.Ordinal) { ["HOME"] = home.FullPath, ["XDG_DATA_HOME"] = home.FullPath, ["KUBECONFIG"] = null }, "monitoring", "get");
        (code, error).ShouldBe((0, ""));
        output.ShouldStartWith($"apiVersion: stash.appscode.com/v1alpha1\nkind: Monitoring\nmetadata:\n  name: stash\n  namespace: {it.Namespace}\n");

        (code, output, error) = await RunAsync("monitoring", "diff", "--kubeconfig", it.Kubeconfigs["viewer"], "--monitoring-backup=false");
        (code, output, error).ShouldBe((2, "", $"No operator has taken up the settings in {place}, so it cannot be told what they make: see that the Stash operator runs there.\n"));
        (code, output, _) = await RunAsync("monitoring", "status", "--kubeconfig", it.Kubeconfigs["viewer"]);
        code.ShouldBe(1);
        output.ShouldContain("In effect:   no. No operator has taken up this change yet: see that the Stash operator runs.\n");

        (code, output, error) = await RunWithAsync(asAlice, "monitoring", "set", "--monitoring-operator=false", "--wait=100ms");
        (code, error).ShouldBe((1, ""));
        output.ShouldEndWith("\nNo operator has taken up this change yet: see that the Stash operator runs.\n");

        // Whoever has forgotten the namespace is told where settings are, and makes no others.
        (code, _, error) = await RunAsync("monitoring", "set", "--kubeconfig", cluster.AdminKubeconfig, "--monitoring-backup");
        code.ShouldBe(1);
        error.ShouldContain("There is no Monitoring stash in namespace default of ");
        error.ShouldMatch(": there (is one in namespace|are some in the namespaces) .*--namespace");
        (await RunAsync("monitoring", "get", "--kubeconfig", cluster.AdminKubeconfig, "--context", "there")).Error.ShouldContain("has no context \"there\": choose one of kubectl config get-contexts.");
    }
}
