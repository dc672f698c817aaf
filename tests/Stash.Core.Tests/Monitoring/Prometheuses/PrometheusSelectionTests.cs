using k8s.Models;
using Stash.Core.Monitoring;
using Stash.Core.Monitoring.Prometheuses;
using static Stash.Core.Monitoring.Prometheuses.PrometheusFindingKind;

namespace Stash.Core.Tests.Monitoring.Prometheuses;

public sealed class PrometheusSelectionTests
{
    private static readonly V1LabelSelector Everything = new();

    private static readonly Dictionary<string, IReadOnlyDictionary<string, string>> Namespaces = new(StringComparer.Ordinal)
    {
        ["monitoring"] = Labels("team=ops,kubernetes.io/metadata.name=monitoring"),
        ["stash"] = Labels("kubernetes.io/metadata.name=stash,env=test"),
    };

    private static readonly ServiceMonitorFacts Monitor = new() { Namespace = "monitoring", Labels = Labels("app=stash"), OperatorNamespace = "stash", Backup = true };

    [Fact]
    public void One_that_selects_by_the_label_is_told()
    {
        var it = PrometheusSelection.Of([Prometheus("monitoring", "k8s", Match("app=stash"))], Namespaces, Monitor);

        var judgement = it.Selecting.ShouldHaveSingleItem();
        (judgement.Namespace, judgement.Name, judgement.Verdict, judgement.Selector).ShouldBe(("monitoring", "k8s", PrometheusVerdict.Selected, "app=stash"));
        judgement.Obstacles.ShouldBeEmpty();
        judgement.Warnings.ShouldBeEmpty();
        it.Nearest.ShouldBeNull();
        it.SuggestedLabels.ShouldBeNull();
        it.Summary.ShouldBe("Prometheus monitoring/k8s selects the ServiceMonitor.");
    }

    [Fact]
    public void Where_there_is_none_the_remedy_is_told()
    {
        var it = PrometheusSelection.Of([], Namespaces, Monitor);
        it.Selecting.ShouldBeEmpty();
        it.Summary.ShouldBe("There is no Prometheus resource in the cluster, so nobody scrapes by the ServiceMonitor: make one, or choose the agent prometheus.io/builtin for a Prometheus that runs without the Prometheus operator.");
    }

    [Fact]
    public void No_selector_selects_nothing()
    {
        Obstacle(Prometheus("monitoring", "k8s", null), Monitor)
            .ShouldBe(new(NoSelector, "Prometheus monitoring/k8s selects no ServiceMonitor at all, as it has no spec.serviceMonitorSelector: give it one, as {matchLabels: {app: \"stash\"}}."));
    }

    [Theory]
    [InlineData("app=stash", "The ServiceMonitor has no label release, and Prometheus monitoring/k8s selects ServiceMonitors by release=prom: add release=prom to serviceMonitor.labels.")]
    [InlineData("release=old", "The ServiceMonitor has the label release with \"old\", and Prometheus monitoring/k8s selects ServiceMonitors by release=prom: set it to \"prom\" in serviceMonitor.labels.")]
    public void The_label_that_is_missing_or_different_is_named(string labels, string message)
    {
        var facts = Monitor with { Labels = Labels(labels) };
        Obstacle(Prometheus("monitoring", "k8s", Match("release=prom")), facts).ShouldBe(new(Label, message));

        var it = PrometheusSelection.Of([Prometheus("monitoring", "k8s", Match("release=prom"))], Namespaces, facts);
        it.Summary.ShouldBe($"The one Prometheus resource does not select the ServiceMonitor. {message}");
        PrometheusSelection.Of([Prometheus("monitoring", "k8s", Match("release=prom"))], Namespaces, facts with { Labels = it.SuggestedLabels! }).Selecting.Count.ShouldBe(1);
    }

    [Theory]
    [InlineData("DoesNotExist", null, "!app", "take it out of serviceMonitor.labels")]
    [InlineData("NotIn", "x,stash", "app notin (stash,x)", "take it out of serviceMonitor.labels")]
    [InlineData("In", "y,x", "app in (x,y)", "set it to \"x\" in serviceMonitor.labels")]
    public void An_expression_that_leaves_the_label_out_is_named(string op, string? values, string wanted, string remedy) =>
        Obstacle(Prometheus("monitoring", "k8s", Match("", ("app", op, values))), Monitor)
            .ShouldBe(new(Label, $"The ServiceMonitor has the label app with \"stash\", and Prometheus monitoring/k8s selects ServiceMonitors by {wanted}: {remedy}."));

    [Fact]
    public void Each_label_is_one_obstacle_with_all_that_is_wanted_of_it()
    {
        var it = Judge(Prometheus("monitoring", "k8s", Match("release=prom", ("team", "Exists", null), ("team", "NotIn", "stash,dev"), ("app", "Exists", null))), Monitor);
        it.Obstacles.Select(o => o.Message).ShouldBe(
        [
            "The ServiceMonitor has no label release, and Prometheus monitoring/k8s selects ServiceMonitors by release=prom: add release=prom to serviceMonitor.labels.",
            "The ServiceMonitor has no label team, and Prometheus monitoring/k8s selects ServiceMonitors by team,team notin (dev,stash): add team=stash-2 to serviceMonitor.labels.",
        ]);
        it.SuggestedLabels.ShouldBe(Labels("app=stash,release=prom,team=stash-2"), ignoreOrder: true);
    }

    [Fact]
    public void A_selector_that_is_wrong_or_contradicts_itself_is_named()
    {
        Obstacle(Prometheus("monitoring", "k8s", Match("", ("app", "Is", "stash"))), Monitor)
            .ShouldBe(new(InvalidSelector, "The spec.serviceMonitorSelector of Prometheus monitoring/k8s is wrong, so it selects nothing. \"Is\" of app is no operator: give In, NotIn, Exists or DoesNotExist."));
        Obstacle(Prometheus("monitoring", "k8s", Match("app=stash", ("app", "DoesNotExist", null))), Monitor)
            .ShouldBe(new(ImpossibleSelector, "The spec.serviceMonitorSelector of Prometheus monitoring/k8s contradicts itself (app=stash,!app), so it selects nothing: take one of the requirements away."));
        foreach (var namespaces in new[] { Namespaces, null })
        {
            Judge(Prometheus("monitoring", "k8s", Everything, Match("", ("team", "In", null))), Monitor, namespaces).Obstacles.ShouldHaveSingleItem().Kind.ShouldBe(InvalidSelector);
            Judge(Prometheus("monitoring", "k8s", Everything, Match("a=x", ("a", "In", "y"))), Monitor, namespaces).Verdict.ShouldBe(PrometheusVerdict.NotSelected);
        }
    }

    [Fact]
    public void No_namespace_selector_is_its_own_namespace_alone()
    {
        Judge(Prometheus("monitoring", "k8s", Everything), Monitor).Verdict.ShouldBe(PrometheusVerdict.Selected);
        Obstacle(Prometheus("stash", "k8s", Everything), Monitor).ShouldBe(new(OtherNamespace,
            "Prometheus stash/k8s looks for ServiceMonitors in its own namespace alone, and this one is in monitoring: set prometheus.namespace to stash, or give it a spec.serviceMonitorNamespaceSelector that selects monitoring."));
    }

    [Fact]
    public void An_empty_namespace_selector_is_all_namespaces_that_there_are()
    {
        Judge(Prometheus("stash", "k8s", Everything, Everything), Monitor).Verdict.ShouldBe(PrometheusVerdict.Selected);
        Judge(Prometheus("stash", "k8s", Everything, Everything), Monitor, null).Verdict.ShouldBe(PrometheusVerdict.Selected);
        Obstacle(Prometheus("stash", "k8s", Everything, Everything), Monitor with { Namespace = "none" })
            .ShouldBe(new(NamespaceMissing, "There is no namespace none: make it, or set prometheus.namespace to one that is there, as stash."));
    }

    [Theory]
    [InlineData("team=ops", "Namespace stash has no label team, and Prometheus monitoring/k8s looks for ServiceMonitors in namespaces with team=ops: kubectl label namespace stash team=ops, or set prometheus.namespace to monitoring.")]
    [InlineData("env=prod", "Namespace stash has the label env with \"test\", and Prometheus monitoring/k8s looks for ServiceMonitors in namespaces with env=prod: kubectl label namespace stash --overwrite env=prod.")]
    [InlineData("kubernetes.io/metadata.name=monitoring", "Namespace stash has the label kubernetes.io/metadata.name with \"stash\", and Prometheus monitoring/k8s looks for ServiceMonitors in namespaces with kubernetes.io/metadata.name=monitoring: set prometheus.namespace to monitoring.")]
    public void The_namespaces_label_is_named(string wanted, string message) =>
        Obstacle(Prometheus("monitoring", "k8s", Everything, Match(wanted)), Monitor with { Namespace = "stash" }).ShouldBe(new(NamespaceLabel, message));

    [Fact]
    public void A_namespaces_label_that_excludes_it_is_named() =>
        Obstacle(Prometheus("monitoring", "k8s", Everything, Match("", ("env", "DoesNotExist", null))), Monitor with { Namespace = "stash" }).Message.ShouldBe(
            "Namespace stash has the label env with \"test\", and Prometheus monitoring/k8s looks for ServiceMonitors in namespaces with !env: kubectl label namespace stash env-, or set prometheus.namespace to monitoring.");

    [Fact]
    public void Namespaces_that_could_not_be_read_leave_open_what_they_decide()
    {
        var open = Prometheus("monitoring", "k8s", Everything, Match("team=ops"));
        var it = PrometheusSelection.Of([open], null, Monitor with { Operator = true });
        it.Prometheuses[0].Verdict.ShouldBe(PrometheusVerdict.Unknown);
        it.Summary.ShouldBe("Whether a Prometheus selects the ServiceMonitor is not known. Whether Prometheus monitoring/k8s looks in namespace monitoring is not known, since it goes by labels of namespaces (team=ops), which cannot be read: let the operator list namespaces.");
        it.ServiceAccounts.ShouldBeEmpty();

        // A label that is missing decides all the same.
        var missing = Judge(Prometheus("monitoring", "k8s", Match("release=prom"), Match("team=ops")), Monitor, null);
        missing.Verdict.ShouldBe(PrometheusVerdict.NotSelected);
        missing.Obstacles.Select(o => o.Kind).ShouldBe([Label, NamespaceUnknown]);
    }

    [Fact]
    public void The_certificate_is_to_be_mounted_for_operator_metrics()
    {
        var facts = Monitor with { Operator = true };
        Judge(Prometheus("monitoring", "k8s", Everything), facts).Warnings.ShouldBe([new(SecretNotMounted,
            "Prometheus monitoring/k8s does not mount the Secret stash-apiserver-cert, so /etc/prometheus/secrets/stash-apiserver-cert/tls.crt is missing there and operator metrics are not scraped: add stash-apiserver-cert to its spec.secrets.")]);
        Judge(Prometheus("monitoring", "k8s", Everything, secrets: ["other"]), facts).Warnings.ShouldHaveSingleItem().Kind.ShouldBe(SecretNotMounted);
        Judge(Prometheus("monitoring", "k8s", Everything, secrets: ["other", "stash-apiserver-cert"]), facts).Warnings.ShouldBeEmpty();
        Judge(Prometheus("monitoring", "k8s", Everything, secrets: ["stash-apiserver-cert"]), facts with { Secret = "backups-stash-apiserver-cert" }).Warnings.ShouldHaveSingleItem().Message.ShouldContain("add backups-stash-apiserver-cert to its spec.secrets");
        PrometheusSelection.Of([Prometheus("monitoring", "k8s", Everything)], Namespaces, facts).Summary.ShouldStartWith("Prometheus monitoring/k8s selects the ServiceMonitor. Prometheus monitoring/k8s does not mount the Secret");

        // It mounts Secrets of its own namespace.
        Judge(Prometheus("stash", "k8s", Everything, Everything, ["stash-apiserver-cert"]), facts).Warnings.ShouldBe([new(SecretElsewhere,
            "Prometheus stash/k8s mounts Secrets of its own namespace, and stash-apiserver-cert is made in monitoring; its pods do not start while one that it mounts is missing: set prometheus.namespace to stash.")]);
    }

    [Fact]
    public void Fields_that_keep_a_selected_one_from_being_scraped_are_named()
    {
        var prometheus = Prometheus("monitoring", "k8s", Everything, secrets: ["stash-apiserver-cert"]);
        PrometheusResource strict = prometheus with
        {
            Spec = prometheus.Spec with { ArbitraryFSAccessThroughSMs = new() { Deny = true }, IgnoreNamespaceSelectors = true, OverrideHonorLabels = true, Paused = true },
        };
        var both = Judge(strict, Monitor with { Operator = true });
        both.Verdict.ShouldBe(PrometheusVerdict.NotSelected);
        both.Obstacles.ShouldHaveSingleItem().Kind.ShouldBe(FilesDenied);
        both.Warnings.Select(w => w.Kind).ShouldBe([TargetsElsewhere, LabelsOverridden, Paused]);

        Judge(strict, Monitor).Obstacles.ShouldBeEmpty();
        Judge(strict, Monitor with { OperatorNamespace = "monitoring", Backup = false }).Warnings.ShouldHaveSingleItem().Kind.ShouldBe(Paused);
        var lenient = prometheus with { Spec = prometheus.Spec with { ArbitraryFSAccessThroughSMs = new(), IgnoreNamespaceSelectors = false, OverrideHonorLabels = false, Paused = false } };
        var judged = Judge(lenient, Monitor with { Operator = true });
        (judged.Verdict, judged.Warnings.Count).ShouldBe((PrometheusVerdict.Selected, 0));
    }

    [Fact]
    public void Service_accounts_of_those_that_select_it_are_told_once_and_only_for_operator_metrics()
    {
        PrometheusResource[] all =
        [
            Prometheus("monitoring", "b", Everything, account: "prometheus-k8s"),
            Prometheus("monitoring", "a", Everything, account: "prometheus-k8s"),
            Prometheus("stash", "c", Everything, Everything, account: ""),
            Prometheus("stash", "d", Match("app=other"), Everything, account: "other"),
        ];
        var it = PrometheusSelection.Of(all, Namespaces, Monitor with { Operator = true });
        it.Prometheuses.Select(p => p.Name).ShouldBe(["a", "b", "c", "d"]);
        it.ServiceAccounts.ShouldBe([new("monitoring", "prometheus-k8s"), new("stash", "default")]);
        PrometheusSelection.Of(all, Namespaces, Monitor).ServiceAccounts.ShouldBeEmpty();
        PrometheusSelection.Of(all, Namespaces, Monitor).Summary.ShouldBe("Prometheus monitoring/a, Prometheus monitoring/b, Prometheus stash/c select the ServiceMonitor.");
    }

    [Fact]
    public void The_nearest_is_the_one_that_labels_alone_satisfy()
    {
        PrometheusResource[] all =
        [
            Prometheus("stash", "away", Everything),
            Prometheus("monitoring", "far", Match("x=1,y=2")),
            Prometheus("monitoring", "near", Match("release=prom")),
            Prometheus("monitoring", "none", null),
        ];
        var it = PrometheusSelection.Of(all, Namespaces, Monitor);
        it.Nearest!.Name.ShouldBe("near");
        it.SuggestedLabels.ShouldBe(Labels("app=stash,release=prom"), ignoreOrder: true);
        it.Summary.ShouldStartWith("None of the 4 Prometheus resources selects the ServiceMonitor; nearest is monitoring/near. The ServiceMonitor has no label release,");
        PrometheusSelection.Of([all[3]], Namespaces, Monitor).SuggestedLabels.ShouldBeNull();
    }

    [Fact]
    public void The_settings_say_what_the_ServiceMonitor_will_be()
    {
        MonitoringSpec settings = new() { Agent = MonitoringAgent.CoreosOperator, Backup = true, Operator = true };
        var facts = ServiceMonitorFacts.Of(settings, "stash");
        (facts.Namespace, facts.OperatorNamespace, facts.Backup, facts.Operator, facts.Secret).ShouldBe(("stash", "stash", true, true, "stash-apiserver-cert"));
        facts.Labels.ShouldBe(Labels("app=stash"));
        ServiceMonitorFacts.Of(settings with { Prometheus = new() { Namespace = "monitoring" } }, "stash").Namespace.ShouldBe("monitoring");
    }

    private static PrometheusJudgement Judge(PrometheusResource prometheus, ServiceMonitorFacts facts) => Judge(prometheus, facts, Namespaces);

    private static PrometheusJudgement Judge(PrometheusResource prometheus, ServiceMonitorFacts facts, IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>>? namespaces) =>
        PrometheusSelection.Of([prometheus], namespaces, facts).Prometheuses.ShouldHaveSingleItem();

    private static PrometheusFinding Obstacle(PrometheusResource prometheus, ServiceMonitorFacts facts)
    {
        var judgement = Judge(prometheus, facts);
        judgement.Verdict.ShouldBe(PrometheusVerdict.NotSelected);
        return judgement.Obstacles.ShouldHaveSingleItem();
    }

    private static PrometheusResource Prometheus(string @namespace, string name, V1LabelSelector? selector, V1LabelSelector? namespaces = null, string[]? secrets = null, string? account = null) => new()
    {
        Metadata = new() { NamespaceProperty = @namespace, Name = name },
        Spec = new() { ServiceMonitorSelector = selector, ServiceMonitorNamespaceSelector = namespaces, Secrets = secrets, ServiceAccountName = account },
    };

    private static V1LabelSelector Match(string labels, params (string Key, string Operator, string? Values)[] expressions) => new()
    {
        MatchLabels = Labels(labels),
        MatchExpressions = [.. expressions.Select(e => new V1LabelSelectorRequirement { Key = e.Key, OperatorProperty = e.Operator, Values = e.Values?.Split(',') })],
    };

    private static Dictionary<string, string> Labels(string labels) =>
        labels.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(l => l.Split('=')).ToDictionary(l => l[0], l => l[1], StringComparer.Ordinal);
}
