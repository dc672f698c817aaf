using System.Text.Json.Nodes;
using k8s;
using k8s.Models;
using Stash.Operator.Tests.Support;
using Stash.Operator.Tests.Support.Kubernetes;

namespace Stash.Operator.Tests.Deploy;

/// <summary>A release of the chart on a real API server: the cluster takes each object, and the end of the release cleans up. No pod runs there: the test runs what the hook's pod would.</summary>
[Collection(KubeTests.Name)]
public sealed class ReleaseTests(KubeCluster cluster)
{
    private const string Namespace = "release";
    private const string Settings = "monitorings.stash.appscode.com";

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("")]
    [InlineData("--set=apiService.enabled=true,console.ingress.enabled=true,console.ingress.host=stash.example.com,console.ingress.tlsSecret=tls,console.persistence.enabled=true,persistence.storageClass=-")]
    [InlineData("--set=console.enabled=false,rbac.prometheusNamespaces={release-tried},operator.podDisruptionBudget.minAvailable=1,service.type=NodePort,persistence.storageClass=fast")]
    public async Task The_cluster_takes_what_the_chart_makes(string values)
    {
        await cluster.ServiceAccountAsync("release-tried", "default");
        using TempFolder folder = new();
        var file = folder.In("made.yaml");
        await File.WriteAllTextAsync(file, await Helm.TemplateAsync("release-tried", ["--kube-version=1.20.2", .. values.Split(' ', StringSplitOptions.RemoveEmptyEntries)]), Stop);
        var (code, output, error) = await cluster.KubectlAsync("apply", "--dry-run=server", "-f", file);
        code.ShouldBe(0, output + error);
        output.ShouldContain("deployment.apps/stash-operator created (server dry run)");
    }

    [Fact]
    public async Task A_release_begins_is_upgraded_and_ends_without_a_trace_of_its_settings()
    {
        await cluster.InstallMonitoringKindAsync();
        await cluster.ServiceAccountAsync(Namespace, "default");
        using TempFolder folder = new();
        string[] target = ["stash-operator", ChartOfAnyVersion(folder), $"--namespace={Namespace}", $"--kubeconfig={cluster.AdminKubeconfig}", "--skip-crds", "--set=rbac.people=false"];
        await HelmAsync(["install", .. target, "--set=monitoring.agent=builtin"]);

        // What the operator makes of the values, and somebody's change of it; an upgrade with other values leaves that alone.
        await cluster.ApplyAsync($"apiVersion: stash.appscode.com/v1alpha1\nkind: Monitoring\nmetadata: {{name: stash, namespace: {Namespace}, finalizers: [stash.appscode.com/monitoring]}}\nspec: {{backup: true}}\n");
        await HelmAsync(["upgrade", .. target, "--set=monitoring.agent=coreos-operator"]);
        (await OutputAsync("get", Settings, "stash", "--output=jsonpath={.spec.agent} {.spec.backup}")).Trim().ShouldBe("none true");

        // Its end: Helm waits for the hook, whose pod deletes the settings with the hook's own rights while an operator is there still.
        var uninstall = HelmAsync(["uninstall", "stash-operator", $"--namespace={Namespace}", $"--kubeconfig={cluster.AdminKubeconfig}", "--timeout=50s"]);
        var job = await Eventually.GetAsync("the hook runs", async () => (await cluster.KubectlAsync("get", "job", "stash-operator-uninstall", $"--namespace={Namespace}", "--output=json")) is (0, var text, _) ? JsonNode.Parse(text) : null);
        var hook = cluster.KubeconfigOf("hook", await cluster.ServiceAccountAsync(Namespace, "stash-operator-uninstall"), Namespace);
        var arguments = job.At("spec.template.spec.containers.0.args")!.AsArray().Select(a => a!.ToString()).Append("--timeout=1");
        var (code, told, error) = await ChildProcess.RunAsync(OperatorProcess.Executable, [.. arguments.Where(a => a != "--timeout=60"), $"--kubeconfig={hook}"]);
        code.ShouldBe(0, error);
        told.ShouldContain("are deleted, but no operator has removed what they had made");
        // The double of kubelet and of the Job's controller: it has succeeded.
        V1JobStatus done = new() { Succeeded = 1, StartTime = DateTime.UnixEpoch, CompletionTime = DateTime.UnixEpoch, Conditions = [new V1JobCondition { Type = "Complete", Status = "True" }] };
        await cluster.Admin.BatchV1.PatchNamespacedJobStatusAsync(new V1Patch(new V1Job { Status = done }, V1Patch.PatchType.MergePatch), "stash-operator-uninstall", Namespace, cancellationToken: Stop);
        await uninstall;
        (await cluster.KubectlAsync("get", Settings, "stash", $"--namespace={Namespace}")).ExitCode.ShouldNotBe(0);
        (await OutputAsync("get", "deployments,services,configmaps,serviceaccounts,roles,jobs", "--selector=app.kubernetes.io/instance=stash-operator", "--output=name")).ShouldBe("");
        (await OutputAsync("get", "persistentvolumeclaims", "--output=name")).Trim().ShouldBe("persistentvolumeclaim/stash-operator");

        async Task HelmAsync(string[] command)
        {
            var (exit, output, problem) = await Helm.RunAsync(command);
            exit.ShouldBe(0, output + problem);
        }
    }

    /// <summary>The chart without its lowest version of Kubernetes: the API server that eng/kube builds tells 0.0.0 as its own.</summary>
    private static string ChartOfAnyVersion(TempFolder folder)
    {
        foreach (var file in Directory.EnumerateFiles(Helm.Chart, "*", SearchOption.AllDirectories))
        {
            var copy = folder.In(Path.GetRelativePath(Helm.Chart, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.WriteAllLines(copy, File.ReadLines(file).Where(l => !l.StartsWith("kubeVersion:", StringComparison.Ordinal)));
        }

        return folder.FullPath;
    }

    private async Task<string> OutputAsync(params string[] arguments)
    {
        var (code, output, error) = await cluster.KubectlAsync([.. arguments, $"--namespace={Namespace}"]);
        code.ShouldBe(0, output + error);
        return output;
    }
}
