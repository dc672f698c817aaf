using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using CsCheck;
using k8s;
using k8s.Models;
using Stash.Core.Monitoring;
using Stash.Core.Monitoring.Cluster;
using Stash.Operator.Tests.Support;
using Stash.Operator.Tests.Support.Kubernetes;
using YamlDotNet.RepresentationModel;

namespace Stash.Operator.Tests.Cluster;

/// <summary>The custom resource <c>Monitoring</c>, as deploy/chart/stash/crds defines it, on a real API server.</summary>
[Collection(KubeTests.Name)]
public sealed class MonitoringResourceTests(KubeCluster cluster) : IAsyncLifetime
{
    private const string Kind = MonitoringKind.Name;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        await cluster.ServiceAccountAsync("settings", "default");
        await cluster.InstallMonitoringKindAsync();
        await cluster.KubectlAsync("delete", Kind, "--namespace=settings", "--all");
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task What_is_left_out_has_the_value_that_is_built_in()
    {
        var made = await CreateAsync("{}");
        var spec = made["spec"].Deserialize<MonitoringSpec>(JsonSerializerOptions.Web)!;

        var builtIn = new MonitoringSpec();
        (spec.Agent, spec.Backup, spec.Operator, spec.Prometheus.Namespace).ShouldBe((builtIn.Agent, builtIn.Backup, builtIn.Operator, builtIn.Prometheus.Namespace));
        spec.ServiceMonitor.Labels.ShouldBe(builtIn.ServiceMonitor.Labels);
        made["spec"]!.AsObject().Select(p => p.Key).ShouldBe(["agent", "backup", "operator", "prometheus", "serviceMonitor"], ignoreOrder: true);
    }

    [Fact]
    public async Task Labels_that_are_given_stand_alone()
    {
        var made = await CreateAsync("""{"spec":{"serviceMonitor":{"labels":{"release":"prom"}}}}""");
        made["spec"]!["serviceMonitor"]!["labels"]!.ToJsonString().ShouldBe("""{"release":"prom"}""");
    }

    [Theory]
    [InlineData("""{"spec":{"agent":"foo"}}""", "spec.agent: Unsupported value: \"foo\": supported values: \"none\", \"prometheus.io/builtin\", \"prometheus.io/coreos-operator\", \"builtin\", \"coreos-operator\"")]
    [InlineData("""{"spec":{"agent":""}}""", "spec.agent: Unsupported value: \"\"")]
    [InlineData("""{"spec":{"backup":"yes"}}""", "spec.backup in body must be of type boolean: \"string\"")]
    [InlineData("""{"spec":{"operator":1}}""", "spec.operator in body must be of type boolean: \"integer\"")]
    [InlineData("""{"spec":{"prometheus":{"namespace":"Mon itoring"}}}""", "spec.prometheus.namespace in body should match '^([a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?)?$'")]
    [InlineData("""{"spec":{"prometheus":{"namespace":"n234567890123456789012345678901234567890123456789012345678901234"}}}""", "in body should match '^([a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?)?$'")]
    [InlineData("""{"spec":{"serviceMonitor":{"labels":{"app":"a b"}}}}""", "spec.serviceMonitor.labels.app in body should match '^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$'")]
    [InlineData("""{"spec":{"serviceMonitor":{"labels":["app"]}}}""", "spec.serviceMonitor.labels in body must be of type object: \"array\"")]
    [InlineData("""{"metadata":{"name":"other"}}""", "metadata.name: Unsupported value: \"other\": supported values: \"stash\"")]
    public async Task What_is_wrong_is_refused_with_the_field_and_what_is_accepted(string change, string error)
    {
        var (code, output, told) = await TryCreateAsync(change);
        (code, output).ShouldBe((1, ""));
        told.ShouldContain(error);
    }

    [Fact]
    public async Task A_status_is_written_by_itself_and_does_not_count_as_a_change_of_the_settings()
    {
        var made = await CreateAsync("""{"spec":{"agent":"builtin","backup":true},"status":{"observedGeneration":7}}""");
        made.ContainsKey("status").ShouldBeFalse();
        made["metadata"]!["generation"]!.GetValue<long>().ShouldBe(1);

        var told = await PatchStatusAsync("""
            {"status":{"observedGeneration":1,
              "conditions":[{"type":"Scraped","status":"False","lastTransitionTime":"2026-11-26T02:00:00Z","reason":"NotSelected","message":"No Prometheus selects it: set the label release to prom.","observedGeneration":1}],
              "created":[{"apiVersion":"v1","kind":"Service","namespace":"settings","name":"stash-operator","time":"2026-11-26T02:00:00Z"}]}}
            """);
        told["metadata"]!["generation"]!.GetValue<long>().ShouldBe(1);
        told["status"]!["conditions"]![0]!["reason"]!.GetValue<string>().ShouldBe("NotSelected");
        told["status"]!["created"]![0]!["kind"]!.GetValue<string>().ShouldBe("Service");

        var (code, output, error) = await cluster.KubectlAsync("patch", Kind, "stash", "--namespace=settings", "--type=merge", "--patch", """{"spec":{"operator":true}}""", "--output=json");
        code.ShouldBe(0, error);
        var changed = JsonNode.Parse(output)!;
        changed["metadata"]!["generation"]!.GetValue<long>().ShouldBe(2);
        changed["status"]!["observedGeneration"]!.GetValue<long>().ShouldBe(1);

        (_, var table, _) = await cluster.KubectlAsync("get", "stash", "--namespace=settings");
        var rows = table.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Regex.Split(rows[0].TrimEnd(), " {2,}", RegexOptions.None, TimeSpan.FromSeconds(1)).ShouldBe(["NAME", "AGENT", "BACKUP", "OPERATOR", "PROMETHEUS", "SCRAPED", "AGE"]);
        rows[1].Split(' ', StringSplitOptions.RemoveEmptyEntries)[..5].ShouldBe(["stash", "builtin", "true", "true", "False"]);
    }

    [Theory]
    [InlineData("create")]
    [InlineData("apply")]
    [InlineData("apply", "--server-side")]
    [InlineData("patch", "--type=merge")]
    public async Task An_empty_text_is_one_however_it_comes_there(params string[] way)
    {
        const string Empty = """{"spec":{"agent":"coreos-operator","prometheus":{"namespace":""},"serviceMonitor":{"labels":{"app":"stash","release":""}}}}""";
        await CreateAsync("""{"spec":{"prometheus":{"namespace":"monitoring"},"serviceMonitor":{"labels":{"release":"a"}}}}""");
        if (way[0] == "create")
        {
            await cluster.KubectlAsync("delete", Kind, "stash", "--namespace=settings");
            await CreateAsync(Empty);
        }
        else
        {
            using TempFolder files = new();
            await File.WriteAllTextAsync(files.In("stash.json"), Object(Empty), Stop);
            string[] what = way[0] == "patch" ? [Kind, "stash", "--patch", Empty] : ["--validate=false", "-f", files.In("stash.json"), .. way is [_, "--server-side"] ? ["--force-conflicts"] : Array.Empty<string>()];
            var (code, _, error) = await cluster.KubectlAsync([way[0], .. way[1..], "--namespace=settings", .. what]);
            code.ShouldBe(0, error);
        }

        var read = await cluster.Admin.CustomObjects.GetNamespacedCustomObjectAsync<MonitoringResource>("stash.appscode.com", "v1alpha1", "settings", "monitorings", "stash", cancellationToken: Stop);
        (read.Spec.Agent, read.Spec.Prometheus.Namespace).ShouldBe(("coreos-operator", ""));
        read.Spec.ServiceMonitor.Labels["release"].ShouldBe("");
        MonitoringValidation.Validate(new MonitoringManifest { Spec = read.Spec }).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("""{"status":{"conditions":[{"type":"Scraped","status":"Maybe","lastTransitionTime":"2026-11-26T02:00:00Z","reason":"A","message":""}]}}""", "status.conditions.status: Unsupported value: \"Maybe\"")]
    [InlineData("""{"status":{"conditions":[{"type":"Scraped","status":"True"}]}}""", "status.conditions.lastTransitionTime: Required value")]
    [InlineData("""{"status":{"observedGeneration":-1}}""", "status.observedGeneration in body should be greater than or equal to 0")]
    public async Task A_status_has_the_standard_form(string status, string error)
    {
        await CreateAsync("{}");
        var refused = await Should.ThrowAsync<k8s.Autorest.HttpOperationException>(() => PatchStatusAsync(status));
        refused.Response.Content.ShouldContain(error.Replace("\"", "\\\"", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Kubectl_explains_every_field()
    {
        foreach (var field in Fields(Schema(), "monitorings"))
        {
            await Eventually.TrueAsync($"{field} is explained", async () =>
            {
                var (code, output, _) = await cluster.KubectlAsync("explain", field, "--api-version=stash.appscode.com/v1alpha1");
                return code == 0 && Regex.IsMatch(output, @"DESCRIPTION:\s+(?!<empty>)\S", RegexOptions.None, TimeSpan.FromSeconds(1));
            });
        }
    }

    [Fact]
    public void The_schema_accepts_what_the_program_does()
    {
        var spec = Child(Child(Schema(), "properties"), "spec");
        var agents = ((YamlSequenceNode)Child(Property(spec, "agent"), "enum")).Select(a => ((YamlScalarNode)a).Value!).ToArray();
        agents.Where(a => MonitoringAgent.Normalize(a) == a).ShouldBe(MonitoringAgent.All);
        agents.ShouldAllBe(a => MonitoringAgent.Normalize(a) != null);

        var names = Pattern(Property(Property(spec, "prometheus"), "namespace"));
        var values = Pattern(Child(Property(Property(spec, "serviceMonitor"), "labels"), "additionalProperties"));
        Gen.String[Gen.OneOf(Gen.Char['a', 'c'], Gen.Char['A', 'B'], Gen.Char['0', '1'], Gen.Const('-'), Gen.Const('.'), Gen.Const('_'), Gen.Const('/'), Gen.Const(' ')), 1, 66].Sample(text =>
        {
            names.IsMatch(text).ShouldBe(KubernetesNames.NamespaceError(text) is null, text);
            values.IsMatch(text).ShouldBe(KubernetesNames.LabelValueError("app", text) is null, text);
        });
    }

    private static string Object(string change)
    {
        JsonObject made = new() { ["apiVersion"] = MonitoringManifest.ExpectedApiVersion, ["kind"] = MonitoringManifest.ExpectedKind, ["metadata"] = new JsonObject { ["name"] = "stash" } };
        foreach (var (key, value) in JsonNode.Parse(change)!.AsObject())
        {
            made[key] = value?.DeepClone();
        }

        return made.ToJsonString();
    }

    private async Task<(int ExitCode, string Output, string Error)> TryCreateAsync(string change)
    {
        var file = Path.Combine(Path.GetTempPath(), $"stash-test-{Guid.NewGuid():N}.json");
        try
        {
            await File.WriteAllTextAsync(file, Object(change), Stop);
            return await cluster.KubectlAsync("create", "--namespace=settings", "--validate=false", "--output=json", "-f", file);
        }
        finally
        {
            File.Delete(file);
        }
    }

    private async Task<JsonObject> CreateAsync(string change)
    {
        var (code, output, error) = await TryCreateAsync(change);
        code.ShouldBe(0, error);
        return JsonNode.Parse(output)!.AsObject();
    }

    private async Task<JsonNode> PatchStatusAsync(string patch)
    {
        var answer = await cluster.Admin.CustomObjects.PatchNamespacedCustomObjectStatusAsync<JsonElement>(
            new V1Patch(JsonNode.Parse(patch)!.ToJsonString(), V1Patch.PatchType.MergePatch), "stash.appscode.com", "v1alpha1", "settings", "monitorings", "stash", cancellationToken: Stop);
        return JsonNode.Parse(answer.GetRawText())!;
    }

    private static YamlMappingNode Schema()
    {
        YamlStream stream = [];
        using StreamReader text = new(MonitoringKind.Definition);
        stream.Load(text);
        var version = ((YamlSequenceNode)Child(Child(stream.Documents[0].RootNode, "spec"), "versions"))[0];
        return (YamlMappingNode)Child(Child(version, "schema"), "openAPIV3Schema");
    }

    /// <summary>Every field that is ours to explain, as kubectl names it.</summary>
    private static IEnumerable<string> Fields(YamlMappingNode schema, string name)
    {
        yield return name;
        var inner = schema.Children.TryGetValue("items", out var items) ? (YamlMappingNode)items : schema;
        if (!inner.Children.TryGetValue("properties", out var properties))
        {
            yield break;
        }

        foreach (var (key, value) in (YamlMappingNode)properties)
        {
            var field = ((YamlScalarNode)key).Value!;
            if (name.Contains('.', StringComparison.Ordinal) || field is "spec" or "status")
            {
                foreach (var each in Fields((YamlMappingNode)value, string.Create(CultureInfo.InvariantCulture, $"{name}.{field}")))
                {
                    yield return each;
                }
            }
        }
    }

    private static Regex Pattern(YamlNode schema) => new(((YamlScalarNode)Child(schema, "pattern")).Value!, RegexOptions.CultureInvariant, TimeSpan.FromSeconds(1));

    private static YamlNode Property(YamlNode schema, string name) => Child(Child(schema, "properties"), name);

    private static YamlNode Child(YamlNode node, string name) => ((YamlMappingNode)node)[name];
}
