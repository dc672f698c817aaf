using System.Text.Json.Nodes;
using Stash.Operator.Tests.Support;
using static Stash.Operator.Tests.Support.StashCommand;

namespace Stash.Operator.Tests.Commands;

/// <summary><c>stash monitoring</c> without a cluster: through the operator that runs, else in its data folder.</summary>
public sealed class MonitoringInFolderTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Settings_are_changed_through_the_operator_and_where_none_runs_in_its_folder()
    {
        await using var it = await OperatorProcess.StartAsync();
        string[] here = ["--data-dir", it.DataDirectory, "--api-address", it.ApiAddress.Authority];
        Task<(int ExitCode, string Output, string Error)> Run(string command, params string[] arguments) => RunAsync(["monitoring", command, .. here, .. arguments]);
        var place = $"the data folder {it.DataDirectory}, by its operator at https://{it.ApiAddress.Authority}";

        var (code, output, error) = await Run("set", "--monitoring-agent=builtin", "--monitoring-backup", "--servicemonitor-label", "release=prom,team=a", "--servicemonitor-label", "x=y", "--wait");
        (code, error).ShouldBe((0, ""), output);
        output.ShouldBe($"Saved in {place}: agent prometheus.io/builtin, backup true, operator false, Prometheus in the operator's namespace, labels release=prom,team=a,x=y.\nIn effect.\n");

        (code, output, error) = await Run("diff", "--monitoring-operator=true", "--monitoring-backup=false", "--prometheus-namespace=");
        (code, error).ShouldBe((1, ""));
        output.ShouldStartWith("""
            --- Monitoring stash
            +++ Monitoring stash
            @@ -1,7 +1,7 @@
             spec:
               agent: prometheus.io/builtin
            -  backup: true
            -  operator: false
            +  backup: false
            +  operator: true
            """);
        output.ShouldContain("\n-  - job_name: stash-pushgateway\n");
        output.ShouldContain($$"""
            --- /dev/null
            +++ Prometheus targets prometheus/targets/stash-operator.json
            @@ -0,0 +1,6 @@
            +[
            +  {
            +    "targets": ["{{it.ApiAddress.Authority}}"],
            """);
        output.ShouldNotContain("\e[");
        (await Run("set", "--dry-run", "--monitoring-operator=true", "--monitoring-backup=false", "--prometheus-namespace=")).ShouldBe((1, output, ""));
        (await Run("diff")).ShouldBe((0, "", ""));

        (code, output, _) = await Run("status", "-o", "json");
        code.ShouldBe(0);
        var told = JsonNode.Parse(output)!;
        told["metadata"]!.ToJsonString().ShouldBe("""{"name":"stash"}""");
        told["status"]!["created"]!.ToJsonString().ShouldBe("""["prometheus/stash-scrape.yml","prometheus/targets/stash-pushgateway.json"]""");
        (code, output, _) = await Run("status");
        code.ShouldBe(0, output);
        output.ShouldStartWith($"Settings:    {place}\nAgent:       prometheus.io/builtin\nBackup:      true\n");
        output.ShouldEndWith("\nCREATED\nprometheus/stash-scrape.yml\nprometheus/targets/stash-pushgateway.json\n");

        await it.StopAsync();
        const string Idle = "The operator does not run with this data folder: settings take effect once it does (stash run).";
        (code, output, error) = await Run("set", "--monitoring-operator", "true", "--wait");
        (code, error).ShouldBe((1, ""));
        output.ShouldEndWith($"backup true, operator true, Prometheus in the operator's namespace, labels release=prom,team=a,x=y.\n{Idle}\n");
        (code, output, _) = await Run("status");
        code.ShouldBe(1);
        output.ShouldContain($"In effect:   no. {Idle}");
        (code, output, error) = await Run("diff", "--monitoring-agent", "none");
        (code, error).ShouldBe((1, "The operator does not run with this data folder: which files the settings make is known when it does, as its addresses are in them.\n"));
        output.ShouldContain("\n-  agent: prometheus.io/builtin\n+  agent: none\n");

        await it.StartAgainAsync();
        File.Exists(Path.Combine(it.DataDirectory, "prometheus", "targets", "stash-operator.json")).ShouldBeTrue();
    }

    [Fact]
    public async Task What_is_wrong_is_named_with_what_is_accepted()
    {
        using TempFolder files = new();
        Directory.CreateDirectory(files.In("data"));
        (string[] Arguments, int Code, string Error)[] all =
        [
            (["set", "--monitoring-agent=foo"], 2, "stash monitoring set: --monitoring-agent is \"foo\": give one of none, prometheus.io/builtin, prometheus.io/coreos-operator (short: builtin, coreos-operator).\n"),
            (["set", "--monitoring-backup=yes"], 2, "stash monitoring set: --monitoring-backup is \"yes\": give true or false.\n"),
            (["diff", "--prometheus-namespace", "Mon"], 2, "stash monitoring diff: --prometheus-namespace: \"Mon\" is not a namespace: give at most 63 lower-case letters"),
            (["set", "--servicemonitor-label", "release=prom,team"], 2, "stash monitoring set: --servicemonitor-label is \"team\": give KEY=VALUE, as release=prometheus.\n"),
            (["set", "--servicemonitor-label", "a b=c"], 2, "stash monitoring set: --servicemonitor-label: \"a b\" is not a label key: "),
            (["set", "--monitoring-backup", "--wait=soon"], 2, "stash monitoring set: --wait is \"soon\": give a duration as 30s or 2m.\n"),
            (["set"], 2, "stash monitoring set: give what is to change, as --monitoring-agent builtin."),
            (["get", "-o", "xml"], 2, "stash monitoring get: --output is \"xml\": give one of yaml, json.\n"),
            ([], 2, "stash monitoring: give a command, one of get, set, diff, status, delete.\n"),
            (["status", "--data-dir", files.In("data"), "--namespace", "stash"], 2, "--data-dir and --namespace are both given: give --data-dir for settings in a data folder, or --namespace for those of a cluster.\n"),
            (["status", "--data-dir", files.In("none")], 1, $"There is no data folder {files.In("none")}: name the operator's with --data-dir.\n"),
            (["diff", "--data-dir", files.In("none")], 2, $"There is no data folder {files.In("none")}: name the operator's with --data-dir.\n"),
            (["get", "--kubeconfig", files.In("none")], 1, $"There is no kubeconfig {files.In("none")}: give one that exists with --kubeconfig.\n"),
            (["get"], 1, $"There are no settings: no data folder {files.In("share/stash")} and no kubeconfig {files.In(".kube/config")}. Give --data-dir DIR, or --kubeconfig FILE for those of a cluster.\n"),
        ];
        Dictionary<string, string?> environment = new(StringComparer.Ordinal) { ["HOME"] = files.FullPath, ["XDG_DATA_HOME"] = files.In("share"), ["KUBECONFIG"] = null };
        foreach (var batch in all.Chunk(4))
        {
            await Task.WhenAll(batch.Select(async c =>
            {
                var (code, output, error) = await RunWithAsync(environment, ["monitoring", .. c.Arguments]);
                (code, output).ShouldBe((c.Code, ""), error);
                error.ShouldStartWith(c.Error);
            }));
        }
    }

    [Theory]
    [InlineData(null, "a: 1\n", "--- /dev/null\n+++ x\n@@ -0,0 +1,1 @@\n+a: 1\n")]
    [InlineData("a: 1\n", null, "--- x\n+++ /dev/null\n@@ -1,1 +0,0 @@\n-a: 1\n")]
    [InlineData("a: 1\nb: 2\n", "a: 1\nb: 3\n", "--- x\n+++ x\n@@ -1,2 +1,2 @@\n a: 1\n-b: 2\n+b: 3\n")]
    [InlineData("a: 1\n", "a: 1\n", "")]
    [InlineData(null, null, "")]
    public void A_difference_is_in_the_unified_form(string? before, string? after, string diff) =>
        Stash.Operator.Commands.Monitoring.UnifiedDiff.Of("x", before, after).ShouldBe(diff);
}
