using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Stash.Core.Api;
using Stash.Core.Monitoring;
using Stash.Operator.Tests.Audit;
using Stash.Operator.Tests.Cluster.Controller;
using Stash.Operator.Tests.Support;
using Stash.Operator.Tests.Support.Kubernetes;
using static Stash.Operator.Tests.Support.StashCommand;

namespace Stash.Operator.Tests.Cluster.Settings;

/// <summary>Settings that people change over the API and on the command line, and a real operator, under its chart's rights, puts into effect.</summary>
[Collection(KubeTests.Name)]
public sealed class SavedSettingsTests(KubeCluster cluster, ControllerFixture fixture) : IClassFixture<ControllerFixture>
{
    private OperatedCluster It => fixture.It;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_is_saved_over_the_api_is_in_effect_and_everybody_who_watches_is_told()
    {
        var (editor, token) = await PersonAsync("editor", "stash-monitoring-edit", "stash-monitoring-view");
        using var api = It.Operator.NewApiClient(token);
        await Eventually.TrueAsync("the rights are known", async () => await CodeAsync(api, "settings") == HttpStatusCode.OK && await CodeAsync(api, "running") == HttpStatusCode.OK);
        await It.SetAsync(It.Corner.Spec("none"));
        var read = await Eventually.GetAsync("the settings are read", async () => await SettingsAsync(api) is { Metadata.Generation: > 0, Status.ObservedGeneration: > 0 } it ? it : null);
        var watching = await EventReader.OpenAsync(api);

        using var answer = await api.PutAsJsonAsync("settings", read with { Spec = It.Corner.Spec("builtin", @operator: false) }, StashJson.Default.MonitoringManifest, Stop);
        answer.StatusCode.ShouldBe(HttpStatusCode.OK, await answer.Content.ReadAsStringAsync(Stop));
        var saved = (await answer.Content.ReadFromJsonAsync(StashJson.Default.MonitoringManifest, Stop))!;
        (await SettingsAsync(api)).Metadata.Generation.ShouldBe(saved.Metadata.Generation);

        // First what was saved, then what became of it.
        MonitoringManifest told;
        do
        {
            told = JsonSerializer.Deserialize((await watching.NextAsync("settings")).Data, StashJson.Default.MonitoringManifest)!;
            told.Metadata.Generation.ShouldBe(saved.Metadata.Generation);
        }
        while (told.Status?.ObservedGeneration != saved.Metadata.Generation);
        var status = told.Status!;
        status.Conditions.Single(c => c.Type == MonitoringCondition.ServiceAnnotated).Status.ShouldBe("True");
        status.Created.ShouldBe([$"Service {It.Corner.Operator}/stash-operator"]);
        status.Error.ShouldBeNull();
        status.AppliedTime.ShouldNotBeNull();
        await It.BecomeAsync(It.Corner.Spec("builtin", @operator: false));
        await watching.DisposeAsync();

        // The status has been written meanwhile, and is in nobody's way; older settings are.
        using var again = await api.PutAsJsonAsync("settings", saved with { Spec = read.Spec }, StashJson.Default.MonitoringManifest, Stop);
        again.StatusCode.ShouldBe(HttpStatusCode.OK);
        using var late = await api.PutAsJsonAsync("settings", read, StashJson.Default.MonitoringManifest, Stop);
        (await late.StatusAsync(HttpStatusCode.Conflict)).Message.ShouldStartWith("the settings were changed meanwhile: ");

        // Both logs name the person.
        var line = It.Operator.Lines().Single(l => l.Text("auditID") == AuditTrail.IdOf(answer));
        line.Text("user.username").ShouldBe(editor);
        string[] saves = [.. (await File.ReadAllLinesAsync(cluster.AuditLog, Stop))
            .Where(l => l.Contains($"/namespaces/{It.Corner.Operator}/monitorings/stash?fieldManager=stash-console", StringComparison.Ordinal) && l.Contains("\"code\":200", StringComparison.Ordinal))];
        saves.ShouldNotBeEmpty();
        saves.ShouldAllBe(l => l.Contains($"\"username\":\"{editor}\"", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Rbac_of_the_settings_object_decides_and_a_certificate_is_not_enough()
    {
        // May over the API, and not in the cluster.
        var (_, token) = await PersonAsync("half", "half-edit");
        await cluster.ApplyAsync("""
            apiVersion: rbac.authorization.k8s.io/v1
            kind: ClusterRole
            metadata: {name: half-edit}
            rules: [{apiGroups: [monitoring.stash.appscode.com], resources: [settings, settings/preview], verbs: [get, update, create]}]
            """);
        await It.SetAsync(It.Corner.Spec("none"));
        using var half = It.Operator.NewApiClient(token);
        await Eventually.TrueAsync("the rights are known", async () => await CodeAsync(half, "settings") == HttpStatusCode.OK);
        var read = await Eventually.GetAsync("the settings are read", async () => await SettingsAsync(half) is { Metadata.Generation: > 0 } it ? it : null);
        using var refused = await half.PutAsJsonAsync("settings", read with { Spec = It.Corner.Spec("builtin") }, StashJson.Default.MonitoringManifest, Stop);
        (await refused.StatusAsync(HttpStatusCode.Forbidden)).Message.ShouldStartWith($"You may not update monitorings.stash.appscode.com in namespace {It.Corner.Operator}: ask an administrator of the cluster for that right.");

        using var masters = cluster.Clients.IssueClient("CN=root, O=system:masters");
        using var root = It.Operator.NewApiClient(null, masters);
        using var certified = await root.PutAsJsonAsync("settings", read with { Spec = It.Corner.Spec("builtin") }, StashJson.Default.MonitoringManifest, Stop);
        (await certified.StatusAsync(HttpStatusCode.Forbidden)).Message.ShouldEndWith($"send a token that the cluster knows, or use kubectl edit monitoring stash --namespace {It.Corner.Operator}.");

        // The preview is with the operator's rights, and tells what these would make.
        using var answer = await half.PostAsJsonAsync("settings/preview", read with { Spec = It.Corner.Spec("coreos-operator") }, StashJson.Default.MonitoringManifest, Stop);
        var preview = (await answer.Content.ReadFromJsonAsync(StashJson.Default.SettingsPreview, Stop))!;
        preview.Items.ShouldAllBe(i => i.Failure == null);
        preview.Items.Select(i => i.Kind).ShouldBe(["Secret", "ClusterRole", "ClusterRoleBinding", "ServiceMonitor"]);
        preview.Prometheuses.ShouldContain(p => p.Namespace == It.Corner.One && p.Selected == "True");
        (await It.ReadAsync())!.Spec.Agent.ShouldBe("none");
    }

    [Fact]
    public async Task On_the_command_line_they_are_compared_set_waited_for_and_told()
    {
        await It.SettleAsync(It.Corner.Spec("none", backup: false, @operator: false));
        string[] admin = ["--kubeconfig", cluster.AdminKubeconfig, "--namespace", It.Corner.Operator];
        string[] wanted = ["--monitoring-agent=coreos-operator", "--monitoring-backup", "--monitoring-operator", "--prometheus-namespace", It.Corner.One];

        var (code, diff, error) = await RunAsync(["monitoring", "set", "--dry-run", .. admin, .. wanted]);
        (code, error).ShouldBe((1, ""), diff);
        diff.ShouldStartWith($"--- Monitoring {It.Corner.Operator}/stash\n+++ Monitoring {It.Corner.Operator}/stash\n");
        diff.ShouldContain($"--- /dev/null\n+++ ServiceMonitor {It.Corner.One}/stash-servicemonitor\n@@ -0,0 +1,");
        (await It.ReadAsync())!.Spec.Agent.ShouldBe("none");

        (code, var output, error) = await RunAsync(["monitoring", "set", "--wait", .. admin, .. wanted]);
        (code, error).ShouldBe((0, ""), output);
        output.ShouldContain("\nCONDITION            STATUS  REASON");
        output.ShouldContain("\nServiceMonitorReady  True    Applied");
        (code, output, error) = await RunAsync(["monitoring", "diff", .. admin]);
        (code, output, error).ShouldBe((0, "", ""));
        (code, output, _) = await RunAsync(["monitoring", "status", .. admin]);
        code.ShouldBe(0, output);
        output.ShouldContain("In effect:   yes, since 20");
        output.ShouldMatch($@"\n{It.Corner.One}/k8s +True +app=stash\n");
        output.ShouldContain($"\nServiceMonitor {It.Corner.One}/stash-servicemonitor\n");

        // What is printed can be applied, and says the same.
        using TempFolder files = new();
        (code, output, error) = await RunAsync(["monitoring", "get", .. admin]);
        await File.WriteAllTextAsync(files.In("settings.yaml"), output, Stop);
        (code, _, error) = await cluster.KubectlAsync("apply", "--server-side", "--field-manager=git", "--force-conflicts", "-f", files.In("settings.yaml"));
        code.ShouldBe(0, error);
        (await RunAsync(["monitoring", "get", .. admin])).Output.ShouldBe(output);

        // A common trap: labels that nobody selects by.
        (code, output, error) = await RunAsync(["monitoring", "diff", .. admin, "--servicemonitor-label", "release=prom"]);
        code.ShouldBe(1);
        output.ShouldContain("\n-    app: stash\n");
        error.ShouldContain("add app=stash to serviceMonitor.labels.");
        (code, output, _) = await RunAsync(["monitoring", "set", "--wait", .. admin, "--servicemonitor-label", "release=prom"]);
        code.ShouldBe(1, output);
        output.ShouldMatch(@"\nScraped +False +NotSelected ");

        // Whoever may change the settings alone cannot be told what they would make.
        var (_, token) = await PersonAsync("setter", "stash-monitoring-edit");
        var setter = cluster.KubeconfigOf($"{It.Corner.Operator}-setter", token, It.Corner.Operator);
        await Eventually.TrueAsync("the rights are known", async () => (await RunAsync("monitoring", "get", "--kubeconfig", setter)).ExitCode == 0);
        (code, _, error) = await RunAsync("monitoring", "diff", "--kubeconfig", setter, "--monitoring-backup=false");
        code.ShouldBe(2);
        error.ShouldContain($"You may not get secrets in namespace {It.Corner.One}: ask an administrator of the cluster for that right.\n");
        (code, output, error) = await RunAsync("monitoring", "set", "--kubeconfig", setter, "--monitoring-agent", "none", "--wait");
        (code, error).ShouldBe((0, ""), output);
        await It.BecomeAsync(null);
    }

    private async Task<(string Name, string Token)> PersonAsync(string name, params string[] roles)
    {
        var token = await cluster.ServiceAccountAsync(It.Corner.Operator, name);
        await cluster.ApplyAsync(Docs.Manifest("people"));
        await cluster.ApplyAsync(string.Join("\n---\n", roles.Select(r => $$"""
            apiVersion: rbac.authorization.k8s.io/v1
            kind: ClusterRoleBinding
            metadata: {name: {{It.Corner.Operator}}-{{name}}-{{r}}}
            roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: {{r}}}
            subjects: [{kind: ServiceAccount, name: {{name}}, namespace: {{It.Corner.Operator}}}]
            """)));
        return ($"system:serviceaccount:{It.Corner.Operator}:{name}", token);
    }

    private static async Task<MonitoringManifest> SettingsAsync(HttpClient api) => (await api.GetFromJsonAsync("settings", StashJson.Default.MonitoringManifest, Stop))!;

    private static async Task<HttpStatusCode> CodeAsync(HttpClient client, string path)
    {
        using var answer = await client.GetAsync(path, Stop);
        return answer.StatusCode;
    }
}
