using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using Stash.Operator.Tests.Support;
using Stash.Operator.Tests.Support.Kubernetes;

namespace Stash.Operator.Tests.Deploy;

/// <summary>The real operator with the flags and the rights of the chart, on a real API server: what it makes of the chart's monitoring values.</summary>
[Collection(KubeTests.Name)]
public sealed class FirstSettingsTests(KubeCluster cluster)
{
    private const string Namespace = "first-settings";
    private const string Settings = "monitorings.stash.appscode.com";

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_values_become_the_first_settings_and_never_overwrite_later_ones()
    {
        await cluster.InstallMonitoringKindAsync();
        var kubeconfig = await cluster.InstallChartRightsAsync(Namespace);
        await ApplyChartAsync("--set=monitoring.agent=builtin,monitoring.backup=true");
        await using var stash = await OperatorProcess.StartAsync([.. await FlagsAsync(), $"--kubeconfig={kubeconfig}", $"--namespace={Namespace}"]);

        await Eventually.TrueAsync("there are settings", async () => await SpecAsync() == """{"agent":"prometheus.io/builtin","backup":true,"operator":false,"prometheus":{},"serviceMonitor":{"labels":{"app":"stash","release":"stash-operator"}}}""");
        await stash.LoggedAsync("The first settings are made, with the agent prometheus.io/builtin, of those in the ConfigMap stash-operator-monitoring");
        using (var certificate = X509CertificateLoader.LoadCertificateFromFile(Path.Combine(stash.DataDirectory, "tls.crt")))
        {
            certificate.MatchesHostname($"stash-operator.{Namespace}.svc").ShouldBeTrue();
        }

        // Somebody changes the settings; an upgrade brings other values, by kubectl apply or GitOps too, and the operator starts again.
        await OutputAsync("patch", Settings, "stash", "--type=merge", """--patch={"spec":{"agent":"none"}}""");
        await Eventually.TrueAsync("the values are marked", async () => (await OutputAsync("get", "configmap", "stash-operator-monitoring", "--output=json")).Contains("stash.appscode.com/first-settings", StringComparison.Ordinal));
        await ApplyChartAsync("--set=monitoring.agent=coreos-operator,monitoring.operator=true");
        await stash.StopAsync();
        await stash.StartAgainAsync();
        await stash.LoggedAsync("The first settings in the ConfigMap stash-operator-monitoring have had their turn");
        (await SpecAsync()).ShouldStartWith("""{"agent":"none","backup":true,"operator":false,""");

        // Settings that somebody deletes stay away.
        await OutputAsync("delete", Settings, "stash", "--timeout=30s");
        await stash.StopAsync();
        await stash.StartAgainAsync();
        await stash.LoggedAsync("The first settings in the ConfigMap stash-operator-monitoring have had their turn");
        (await SpecAsync()).ShouldBeNull();
        stash.Process.Output.ShouldNotContain("The first settings are made");
    }

    [Fact]
    public async Task Values_that_are_no_settings_are_told_and_those_that_are_there_stay()
    {
        const string Other = "first-settings-2";
        await cluster.InstallMonitoringKindAsync();
        var kubeconfig = await cluster.InstallChartRightsAsync(Other);
        await cluster.ApplyAsync($$$"""
            apiVersion: v1
            kind: ConfigMap
            metadata: {name: stash-operator-monitoring, namespace: {{{Other}}}}
            data:
              monitoring.yaml: "{apiVersion: stash.appscode.com/v1alpha1, kind: Monitoring, spec: {agent: foo} }"
            """);
        await using var stash = await OperatorProcess.StartAsync($"--kubeconfig={kubeconfig}", $"--namespace={Other}");
        await stash.LoggedAsync("monitoring.yaml in the ConfigMap stash-operator-monitoring is not valid, so no settings are made of it: spec.agent: \"foo\" is not an agent");

        // Mended, it is taken up by itself.
        await cluster.ApplyAsync($$$"""
            apiVersion: v1
            kind: ConfigMap
            metadata: {name: stash-operator-monitoring, namespace: {{{Other}}}}
            data:
              monitoring.yaml: "{apiVersion: stash.appscode.com/v1alpha1, kind: Monitoring, spec: {agent: builtin} }"
            """);
        await stash.LoggedAsync("The first settings are made, with the agent prometheus.io/builtin");

        // Their end, with the operator that cleans up.
        var (code, told, error) = await ChildProcess.RunAsync(OperatorProcess.Executable, ["monitoring", "delete", $"--kubeconfig={cluster.AdminKubeconfig}", $"--namespace={Other}"]);
        code.ShouldBe(0, error);
        told.ShouldContain("are deleted, and what they had made is removed.");
    }

    private static async Task<IEnumerable<string>> FlagsAsync()
    {
        var made = Manifests.Read(await Helm.TemplateAsync(Namespace, "--show-only=templates/operator.yaml", "--set=names.serviceMonitor=stash-servicemonitor,names.certificateSecret=stash-apiserver-cert"));
        string[] elsewhere = ["run", "--data-dir", "--gateway-address", "--api-address", "--shutdown-delay-duration"];
        return made.The("Deployment", "stash-operator").At("spec.template.spec.containers.0.args")!.AsArray().Select(a => a!.ToString()).Where(a => !elsewhere.Contains(a.Split('=')[0], StringComparer.Ordinal));
    }

    private async Task ApplyChartAsync(string values) => await cluster.ApplyAsync(await Helm.TemplateAsync(Namespace, "--show-only=templates/operator.yaml", "--kube-version=1.20.2", values));

    private async Task<string?> SpecAsync()
    {
        var (code, output, _) = await cluster.KubectlAsync("get", Settings, "stash", $"--namespace={Namespace}", "--output=json");
        return code == 0 ? JsonNode.Parse(output)!["spec"]!.ToJsonString() : null;
    }

    private async Task<string> OutputAsync(params string[] arguments)
    {
        var (code, output, error) = await cluster.KubectlAsync([.. arguments, $"--namespace={Namespace}"]);
        code.ShouldBe(0, output + error);
        return output;
    }
}
