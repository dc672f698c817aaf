using System.Text.Json;
using System.Text.Json.Nodes;
using Stash.Operator.Tests.Support.Kubernetes;

namespace Stash.Operator.Tests.Deploy;

/// <summary>deploy/install.sh on a real API server. No pod runs there, so it does not wait for one.</summary>
[Collection(KubeTests.Name)]
public sealed class InstallScriptClusterTests(KubeCluster cluster) : IAsyncLifetime
{
    private const string Settings = "monitorings.stash.appscode.com";

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    /// <summary>Roles and the kind of the settings are the whole cluster's: other tests have their own.</summary>
    public async ValueTask DisposeAsync()
    {
        await cluster.KubectlAsync("delete", "--ignore-not-found", "clusterrole/stash-monitoring-view", "clusterrole/stash-monitoring-edit");
        await cluster.InstallMonitoringKindAsync();
    }

    [Fact]
    public async Task It_installs_changes_what_is_given_and_removes_all()
    {
        // Installed: all that the chart makes is there, as the cluster has it.
        var first = await RunAsync("--docker-registry=registry.example.com", "--image-pull-secret=pull", "--monitoring-agent=builtin", "--servicemonitor-label=release=prom");
        first.ShouldContain("Stash is installed in namespace installed.");
        var manifest = Manifests.Read((await InstallScript.RunAsync(null, "--dry-run", "--namespace=installed")).Output);
        foreach (var each in manifest)
        {
            (await GetAsync(each)).ShouldNotBeNull(Manifests.NameOf(each));
        }

        (await SpecAsync()).ShouldBe("""{"agent":"prometheus.io/builtin","backup":false,"operator":false,"prometheus":{},"serviceMonitor":{"labels":{"release":"prom"}}}""");

        // Somebody changes the settings; a second run leaves them, and the images' registry, alone.
        await ChangeAsync("""{"spec":{"backup":true,"agent":"none"}}""");
        (await RunAsync()).ShouldNotContain("configured");
        (await SpecAsync()).ShouldBe("""{"agent":"none","backup":true,"operator":false,"prometheus":{},"serviceMonitor":{"labels":{"release":"prom"}}}""");
        var pod = (await GetAsync(manifest.The("Deployment", "stash-operator")))!.At("spec.template.spec")!;
        pod.At("containers.0.image")!.ToString().ShouldStartWith("registry.example.com/stash-operator:");
        pod.At("imagePullSecrets")!.ToJsonString().ShouldBe("""[{"name":"pull"}]""");

        // A run with settings changes those, and no other.
        await RunAsync("--monitoring-agent=coreos-operator", "--prometheus-namespace=monitoring", "--servicemonitor-label=a=b");
        (await SpecAsync()).ShouldBe("""{"agent":"prometheus.io/coreos-operator","backup":true,"operator":false,"prometheus":{"namespace":"monitoring"},"serviceMonitor":{"labels":{"a":"b"}}}""");

        // Removed while no operator runs: what it had made goes too, and only that.
        await OperatedAsync();
        await cluster.ServiceAccountAsync("installed-2", "default");
        await cluster.ApplyAsync("apiVersion: stash.appscode.com/v1alpha1\nkind: Monitoring\nmetadata: {name: stash, namespace: installed-2}\n");
        var removed = await RunAsync("--uninstall", "--timeout=1");
        removed.ShouldContain("No operator has cleaned up after the settings within 1 seconds: what it had made is removed from here.");
        removed.ShouldContain("--purge removes them too.");
        (await NamesAsync("clusterroles", "stash-metrics-reader-installed", "stash-operator-installed", "stash-monitoring-view", "somebodys")).ShouldBe(["somebodys", "stash-monitoring-view"]);
        (await NamesAsync("secrets", "stash-apiserver-cert")).ShouldBeEmpty();
        (await NamesAsync(Settings, "stash")).ShouldBeEmpty();
        (await NamesAsync("deployments", "stash-operator", "stash-operator-console")).ShouldBeEmpty();
        (await NamesAsync("configmaps", "stash-operator-ca", "stash-operator-monitoring")).ShouldBeEmpty();
        (await NamesAsync("persistentvolumeclaims", "stash-operator")).ShouldBe(["stash-operator"]);

        // Again: there is nothing left to do. With --purge the data goes, but not what another operator needs; then that too.
        var purged = await RunAsync("--uninstall", "--purge");
        purged.ShouldMatch("The kind monitorings.stash.appscode.com stays: there are settings of other operators, in .*installed-2");
        (await NamesAsync("persistentvolumeclaims", "stash-operator")).ShouldNotContain(n => !n.EndsWith("(going)", StringComparison.Ordinal));
        await RemoveOthersAsync();
        (await RunAsync("--uninstall", "--purge")).ShouldContain($"customresourcedefinition.apiextensions.k8s.io \"{Settings}\" deleted");
        (await RunAsync("--uninstall", "--purge")).ShouldContain("Stash is removed with its data.");

        async Task<string> SpecAsync() => JsonNode.Parse(await OutputAsync("get", Settings, "stash", "--namespace=installed", "--output=json"))!["spec"]!.ToJsonString();
    }

    [Fact]
    public async Task Rights_that_are_missing_are_told_before_anything_is_changed()
    {
        var token = await cluster.ServiceAccountAsync("installed-3", "somebody");
        var (code, output, error) = await InstallScript.RunAsync(cluster.KubeconfigOf("somebody", token), "--namespace=installed-3", "--no-wait");
        (code, output).ShouldBe((1, ""));
        error.ShouldStartWith("install.sh: you lack these rights in the cluster, and nothing was changed:");
        error.ShouldContain("\n  create customresourcedefinitions.apiextensions.k8s.io\n");
        error.ShouldContain("\n  create deployments.apps in namespace installed-3\n");
        error.ShouldContain("\n  create clusterroles.rbac.authorization.k8s.io\n");
        error.ShouldContain("Ask an administrator of the cluster for them, or to run this.");
    }

    /// <summary>As the operator leaves it: it holds the settings, and has made something; beside it there is something of somebody else's.</summary>
    private async Task OperatedAsync()
    {
        await ChangeAsync("""{"metadata":{"finalizers":["stash.appscode.com/monitoring"]}}""");
        await cluster.ApplyAsync("""
            # A text that begins with a brace would be taken for JSON.
            {apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRole, metadata: {name: stash-metrics-reader-installed, labels: {stash.appscode.com/operator-namespace: installed}}}
            ---
            {apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRole, metadata: {name: somebodys, labels: {stash.appscode.com/operator-namespace: elsewhere}}}
            ---
            {apiVersion: v1, kind: Secret, metadata: {name: stash-apiserver-cert, namespace: installed, labels: {stash.appscode.com/operator-namespace: installed}}}
            ---
            {apiVersion: v1, kind: ConfigMap, metadata: {name: stash-operator-ca, namespace: installed}}
            """);
    }

    /// <summary>Settings of other tests, whose operators run no more.</summary>
    private async Task RemoveOthersAsync()
    {
        foreach (var space in (await OutputAsync("get", Settings, "--all-namespaces", "--output=jsonpath={.items[*].metadata.namespace}")).Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries))
        {
            await OutputAsync("patch", Settings, "stash", $"--namespace={space}", "--type=merge", """--patch={"metadata":{"finalizers":null}}""");
            await cluster.KubectlAsync("delete", Settings, "stash", $"--namespace={space}", "--ignore-not-found");
        }
    }

    private async Task ChangeAsync(string patch) => await OutputAsync("patch", Settings, "stash", "--namespace=installed", "--type=merge", $"--patch={patch}");

    private async Task<string> RunAsync(params string[] arguments)
    {
        var (code, output, error) = await InstallScript.RunAsync(cluster.AdminKubeconfig, ["--namespace=installed", "--no-wait", .. arguments]);
        code.ShouldBe(0, output + error);
        return output;
    }

    private async Task<string> OutputAsync(params string[] arguments)
    {
        var (code, output, error) = await cluster.KubectlAsync(arguments);
        code.ShouldBe(0, error);
        return output;
    }

    private async Task<JsonNode?> GetAsync(JsonObject manifest)
    {
        var space = manifest.At("metadata.namespace")?.ToString();
        var (code, output, _) = await cluster.KubectlAsync("get", $"{manifest["kind"]}.{manifest["apiVersion"]!.ToString() switch { "policy/v1" => "v1beta1.policy", var v when v.Contains('/') => $"{v.Split('/')[1]}.{v.Split('/')[0]}", _ => "" }}".TrimEnd('.'),
            manifest.At("metadata.name")!.ToString(), $"--namespace={space}", "--output=json");
        return code == 0 ? JsonNode.Parse(output) : null;
    }

    /// <summary>Which of these there are in the namespace.</summary>
    private async Task<IReadOnlyList<string>> NamesAsync(string kind, params string[] names)
    {
        using var list = JsonDocument.Parse(await OutputAsync("get", kind, "--namespace=installed", "--output=json"));
        return [.. list.RootElement.GetProperty("items").EnumerateArray().Select(i => i.GetProperty("metadata")).Where(m => names.Contains(m.GetProperty("name").GetString(), StringComparer.Ordinal))
            .Select(m => m.GetProperty("name").GetString() + (m.TryGetProperty("deletionTimestamp", out _) ? " (going)" : "")).Order(StringComparer.Ordinal)];
    }
}
