using Stash.Core.Monitoring;

namespace Stash.Core.Tests.Monitoring;

public sealed class MonitoringYamlTests
{
    [Fact]
    public void What_is_written_is_read_back()
    {
        var spec = new MonitoringSpec
        {
            Agent = MonitoringAgent.CoreosOperator,
            Backup = true,
            Prometheus = new PrometheusSpec { Namespace = "monitoring" },
            ServiceMonitor = new ServiceMonitorSpec { Labels = new Dictionary<string, string>(StringComparer.Ordinal) { ["on"] = "true", ["example.com/x"] = "1.0", ["empty"] = "" } },
        };
        var read = MonitoringYaml.Parse("kind: Monitoring\n" + MonitoringYaml.SpecBlock(spec), "f").Spec;
        read.ServiceMonitor.Labels.ShouldBe(spec.ServiceMonitor.Labels, ignoreOrder: true);
        (read with { ServiceMonitor = spec.ServiceMonitor }).ShouldBe(spec);
    }

    [Theory]
    [InlineData("a: 1\nspec:\n  x: 1\n\n  # inner\n  y: 2\n\n# about b\nb: 2\n", "a: 1\nspec: new\n\n# about b\nb: 2\n")]
    [InlineData("spec: {x: 1}\n", "spec: new\n")]
    [InlineData("a: 1", "a: 1\nspec: new\n")]
    [InlineData("", "spec: new\n")]
    [InlineData("spec:\n- x\n- y\nb: 2", "spec: new\nb: 2")]
    public void Only_the_block_is_replaced(string text, string expected) =>
        MonitoringYaml.ReplaceBlock(text, "spec", "spec: new\n").ShouldBe(expected);

    [Fact]
    public void Labels_left_out_are_the_default_and_labels_emptied_are_none()
    {
        MonitoringYaml.Parse("spec: {backup: true}", "f").Spec.ServiceMonitor.Labels.ShouldHaveSingleItem().Key.ShouldBe("app");
        MonitoringYaml.Parse("spec: {serviceMonitor: {labels: {}}}", "f").Spec.ServiceMonitor.Labels.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("release", true)]
    [InlineData("example.com/team", true)]
    [InlineData("a", true)]
    [InlineData("", false)]
    [InlineData("-a", false)]
    [InlineData("a\n", false)]
    [InlineData("Example.com/a", false)]
    [InlineData("/a", false)]
    [InlineData("a/b/c", false)]
    [InlineData("a/", false)]
    [InlineData("a234567890123456789012345678901234567890123456789012345678901234", false)]
    public void Label_keys_are_judged_as_Kubernetes_does(string key, bool good) =>
        (KubernetesNames.LabelKeyError(key) is null).ShouldBe(good);
}
