using System.Text.Json.Nodes;
using k8s.Models;
using Stash.Core.Kubernetes;
using Stash.Core.Monitoring;
using Stash.Core.Monitoring.Cluster;
using Stash.Core.Monitoring.Prometheuses;

namespace Stash.Core.Tests.Monitoring.Cluster;

public sealed class ClusterPlanTests
{
    private static readonly OperatorFacts Facts = new()
    {
        ServiceName = "release-stash",
        ServiceLabels = Labels("app=stash,release=release"),
        ServiceMonitorName = "release-stash",
        CertificateSecretName = "release-stash-apiserver-cert",
        CaCertificate = "-----BEGIN CERTIFICATE-----\nTUlJQg==\n-----END CERTIFICATE-----",
    };

    private static readonly MonitoringSpec Coreos = new() { Agent = "coreos-operator", Backup = true, Operator = true, Prometheus = new PrometheusSpec { Namespace = "monitoring" } };

    [Fact]
    public void The_operators_own_names_are_used_and_whoever_selects_is_let_in()
    {
        var plan = Of(Coreos, Facts, Found(Prometheus("k8s", "app=stash", "release-stash-apiserver-cert"), Prometheus("other", "app=other")));

        plan.Desired.Objects.Select(o => $"{o.Ref.Kind} {o.Ref.Namespace}/{o.Ref.Name}").ShouldBe(
        [
            "Secret monitoring/release-stash-apiserver-cert", "ClusterRole /stash-metrics-reader-backup", "ClusterRoleBinding /stash-metrics-reader-backup", "ServiceMonitor monitoring/release-stash",
        ]);
        plan.Desired.Objects[^1].Body["spec"]!["selector"]!["matchLabels"]!.ToJsonString().ShouldBe("""{"app":"stash","release":"release"}""");
        Bound(plan).ShouldBe(["monitoring/prometheus-k8s"]);
        plan.Warnings.ShouldBeEmpty();
        plan.Prometheuses.Select(p => (p.Name, p.Selected, p.Selector)).ShouldBe([("k8s", "True", "app=stash"), ("other", "False", "app=other")]);
        plan.Prometheuses[1].SuggestedLabels.ShouldBe(Labels("app=other"));
        plan.Prometheuses[1].Findings[0].ShouldContain("set it to \"other\" in serviceMonitor.labels");
    }

    [Fact]
    public void Where_none_selects_it_the_nearest_and_the_remedy_are_a_warning_and_nobody_is_let_in()
    {
        var plan = Of(Coreos, Facts, Found(Prometheus("k8s", "release=prom")));
        plan.Warnings.ShouldBe([plan.Selection!.Summary]);
        plan.Warnings[0].ShouldEndWith("add release=prom to serviceMonitor.labels.");
        Bound(plan).ShouldBeEmpty();
    }

    [Fact]
    public void A_secret_that_is_not_mounted_under_the_operators_name_for_it_is_a_warning()
    {
        var plan = Of(Coreos, Facts, Found(Prometheus("k8s", "app=stash", "stash-apiserver-cert")));
        plan.Warnings.ShouldHaveSingleItem().ShouldEndWith("add release-stash-apiserver-cert to its spec.secrets.");
    }

    [Fact]
    public void Accounts_of_the_option_stand_alone()
    {
        var facts = Facts with { PrometheusServiceAccounts = ["a/one", "b/two", "a/one"] };
        Bound(Of(Coreos, facts, Found(Prometheus("k8s", "app=stash")))).ShouldBe(["a/one", "b/two"]);
        Bound(Of(Coreos with { Agent = "builtin" }, facts, new FoundPrometheuses())).ShouldBe(["a/one", "b/two"]);
        Should.Throw<ArgumentException>(() => Of(Coreos, Facts with { PrometheusServiceAccounts = ["one"] }, new FoundPrometheuses()));
    }

    [Fact]
    public void Whoever_is_let_in_stays_so_while_it_is_not_known_who_selects_it()
    {
        PrometheusServiceAccount before = new("monitoring", "prometheus-k8s");
        ClusterProblem problem = new(ClusterProblemKind.Throttled, "Too busy.");

        var unread = Of(Coreos, Facts, new FoundPrometheuses { Problem = problem }, before);
        Bound(unread).ShouldBe(["monitoring/prometheus-k8s"]);
        unread.Selection.ShouldBeNull();
        unread.Warnings.ShouldBe(["Which Prometheus selects the ServiceMonitor is not known. Too busy."]);

        var byNamespace = Prometheus("k8s", "app=stash");
        byNamespace.Spec = byNamespace.Spec with { ServiceMonitorNamespaceSelector = new V1LabelSelector { MatchLabels = new Dictionary<string, string> { ["team"] = "ops" } } };
        var half = Of(Coreos, Facts, new FoundPrometheuses { Prometheuses = [byNamespace], NamespacesProblem = problem }, before);
        Bound(half).ShouldBe(["monitoring/prometheus-k8s"]);
        half.Warnings[0].ShouldBe("Which Prometheus selects the ServiceMonitor is not known. Too busy.");

        Bound(Of(Coreos, Facts, Found(Prometheus("other", "app=other")), before)).ShouldBeEmpty();
        Bound(Of(Coreos with { Agent = "builtin" }, Facts, new FoundPrometheuses { Problem = problem }, before)).ShouldBeEmpty();
    }

    [Fact]
    public void No_prometheus_operator_is_told()
    {
        var plan = Of(Coreos, Facts, new FoundPrometheuses { IsKnown = false });
        plan.Warnings.ShouldHaveSingleItem().ShouldStartWith("The cluster knows no Prometheus resources, so nobody scrapes by a ServiceMonitor: install the Prometheus operator");
        plan.Desired.Objects.ShouldContain(o => o.Ref.Kind == "ServiceMonitor");
    }

    [Theory]
    [InlineData("none", false, false, null)]
    [InlineData("none", true, false, "Nothing is scraped, as the agent is none: choose prometheus.io/builtin or prometheus.io/coreos-operator.")]
    [InlineData("builtin", false, false, "No metrics are chosen: switch backup or operator on.")]
    [InlineData("coreos-operator", false, false, "No metrics are chosen: switch backup or operator on.")]
    [InlineData("builtin", true, false, null)]
    [InlineData("builtin", false, true, "Nobody is let read the operator's metrics, as it is not known who Prometheus is: start the operator with --prometheus-service-account NAMESPACE/NAME, or bind the ClusterRole stash-metrics-reader-backup to its service account.")]
    public void Settings_that_come_to_nothing_are_a_warning(string agent, bool backup, bool @operator, string? warning) =>
        Of(new MonitoringSpec { Agent = agent, Backup = backup, Operator = @operator }, Facts, new FoundPrometheuses()).Warnings.ShouldBe(warning is null ? [] : [warning]);

    private static ClusterPlan Of(MonitoringSpec spec, OperatorFacts facts, FoundPrometheuses found, params PrometheusServiceAccount[] bound) => ClusterPlan.Of(spec, "backup", facts, found, bound);

    private static IEnumerable<string> Bound(ClusterPlan plan) =>
        (plan.Desired.Objects.SingleOrDefault(o => o.Ref.Kind == "ClusterRoleBinding")?.Body["subjects"] as JsonArray ?? []).Select(s => $"{s!["namespace"]}/{s["name"]}");

    private static FoundPrometheuses Found(params PrometheusResource[] all) => new() { Prometheuses = all, Namespaces = new Dictionary<string, IReadOnlyDictionary<string, string>>(StringComparer.Ordinal) };

    private static PrometheusResource Prometheus(string name, string labels, string? secret = null) => new()
    {
        Metadata = new V1ObjectMeta { Name = name, NamespaceProperty = "monitoring" },
        Spec = new PrometheusResourceSpec
        {
            ServiceMonitorSelector = new V1LabelSelector { MatchLabels = Labels(labels) },
            ServiceAccountName = $"prometheus-{name}",
            Secrets = secret is null ? null : [secret],
        },
    };

    private static Dictionary<string, string> Labels(string text) => text.Split(',').Select(l => l.Split('=')).ToDictionary(l => l[0], l => l[1], StringComparer.Ordinal);
}
