using Stash.Operator.Tests.Support;
using Stash.Operator.Tests.Support.Kubernetes;

namespace Stash.Operator.Tests.Deploy;

/// <summary>What deploy/install.sh takes and makes, without a cluster.</summary>
public sealed class InstallScriptTests
{
    [Fact]
    public async Task Its_shell_is_sound()
    {
        var (code, output, error) = await ChildProcess.RunAsync("shellcheck", [InstallScript.File]);
        code.ShouldBe(0, output + error);
    }

    [Theory]
    [InlineData("--monitoring-agent=foo", "--monitoring-agent is \"foo\": give one of none, prometheus.io/builtin, prometheus.io/coreos-operator (short: builtin, coreos-operator).")]
    [InlineData("--monitoring-agent", "--monitoring-agent needs a value.")]
    [InlineData("--monitoring-backup=yes", "--monitoring-backup is \"yes\": give true or false.")]
    [InlineData("--prometheus-namespace=Mon", "--prometheus-namespace is \"Mon\": give at most 63 small letters, digits and -, or nothing for Stash's own.")]
    [InlineData("--servicemonitor-label=release", "--servicemonitor-label is \"release\": give KEY=VALUE as Kubernetes takes it, as release=prometheus.")]
    [InlineData("--servicemonitor-label=a=b,c=d e", "--servicemonitor-label is \"c=d e\"")]
    [InlineData("--servicemonitor-label=a=b\"},\"x\":{", "--servicemonitor-label is ")]
    [InlineData("--namespace=$(id)", "--namespace is \"$(id)\": give at most 63 small letters, digits and -.")]
    [InlineData("--docker-registry=a b", "--docker-registry is \"a b\": give HOST[:PORT][/PATH]")]
    [InlineData("--image-tag=a/b", "--image-tag is \"a/b\": give a tag")]
    [InlineData("--timeout=1m", "--timeout is \"1m\": give whole seconds")]
    [InlineData("--uninstall=now", "--uninstall takes no value.")]
    [InlineData("--purge", "--purge goes with --uninstall.")]
    [InlineData("--uninstall --monitoring-backup", "--uninstall takes no settings")]
    [InlineData("--run-on-master", "--run-on-master is no more: give the Deployment stash-operator a nodeSelector")]
    [InlineData("--monitoring-agnet=builtin", "there is no option --monitoring-agnet.")]
    [InlineData("install", "there is no option install.")]
    public async Task What_is_wrong_is_told_with_what_is_accepted(string options, string told)
    {
        // Of an option that holds a space there is one alone.
        var arguments = options.Contains(" --", StringComparison.Ordinal) ? options.Split(' ') : [options];
        var (code, output, error) = await InstallScript.RunAsync(null, arguments);
        (code, output).ShouldBe((2, ""));
        error.ShouldStartWith($"install.sh: {told}");
        error.ShouldEndWith("See install.sh --help.\n");
    }

    [Fact]
    public async Task Its_help_names_every_option()
    {
        var (code, help, _) = await InstallScript.RunAsync(null, "-h");
        code.ShouldBe(0);
        foreach (var option in new[]
        {
            "--namespace", "--docker-registry", "--image-tag", "--image-pull-secret", "--rbac", "--context", "--no-wait", "--timeout", "--dry-run", "--monitoring-agent", "--monitoring-backup", "--monitoring-operator",
            "--prometheus-namespace", "--servicemonitor-label", "--uninstall", "--purge", "--help",
        })
        {
            help.ShouldContain(option);
        }
    }

    [Fact]
    public async Task Without_a_cluster_it_says_so()
    {
        using TempFolder folder = new();
        var kubeconfig = folder.In("config");
        await File.WriteAllTextAsync(kubeconfig, $$$"""
            {apiVersion: v1, kind: Config, current-context: a, contexts: [{name: a, context: {cluster: a, user: a}}], users: [{name: a, user: {token: none}}], clusters: [{name: a, cluster: {server: "https://127.0.0.1:{{{Runner.Ports.Free()}}}"}}]}
            """, TestContext.Current.CancellationToken);
        var (code, output, error) = await InstallScript.RunAsync(kubeconfig);
        (code, output).ShouldBe((1, ""));
        error.ShouldStartWith("install.sh: kubectl reaches no cluster: see kubectl config get-contexts, and name another with --context or KUBECONFIG.");
        error.ShouldMatch("It says: .*refused");
    }

    [Theory]
    [InlineData("stash", "", "")]
    [InlineData("backups", "--monitoring-agent=builtin --monitoring-backup", "--set=monitoring.agent=prometheus.io/builtin,monitoring.backup=true")]
    [InlineData("kube-system",
        "--monitoring-agent prometheus.io/coreos-operator --monitoring-backup true --monitoring-operator=true --prometheus-namespace monitoring --servicemonitor-label k8s-app=prometheus --servicemonitor-label=release=prom,k8s-app=other,app=x",
        "--set=monitoring.agent=prometheus.io/coreos-operator,monitoring.backup=true,monitoring.operator=true,monitoring.prometheus.namespace=monitoring,monitoring.serviceMonitor.labels.k8s-app=other,monitoring.serviceMonitor.labels.release=prom,monitoring.serviceMonitor.labels.app=x")]
    [InlineData("stash-stash", "--docker-registry=registry.example.com:5000/team/ --image-tag=1.2.3 --image-pull-secret=pull", "--set=image.registry=registry.example.com:5000/team,image.tag=1.2.3,image.pullSecrets={pull}")]
    [InlineData("stash", "--rbac=false", "--set=rbac.create=false")]
    public async Task It_makes_what_the_chart_makes(string @namespace, string options, string values)
    {
        var (code, output, error) = await InstallScript.RunAsync(null, [$"--namespace={@namespace}", "--dry-run", .. options.Split(' ', StringSplitOptions.RemoveEmptyEntries)]);
        code.ShouldBe(0, error);
        var chart = await Helm.TemplateAsync(@namespace, ["--include-crds", "--no-hooks", $"--values={Path.Combine(InstallScript.Folder, "stash.values.yaml")}", .. values.Split(' ', StringSplitOptions.RemoveEmptyEntries)]);

        var made = Manifests.Read(output);
        (made[0]["kind"]!.ToString(), made[0].At("metadata.name")!.ToString()).ShouldBe(("Namespace", @namespace));
        made.Skip(1).Select(Text).ShouldBe(Manifests.Read(chart).Select(Text));

        // How the settings are written does not matter.
        static string Text(System.Text.Json.Nodes.JsonObject manifest)
        {
            if (manifest.At("data")?["monitoring.yaml"] is { } settings)
            {
                manifest["data"]!["monitoring.yaml"] = Manifests.Read(settings.ToString())[0];
            }

            return Installed.Text(manifest);
        }
    }
}
