using k8s;
using k8s.Models;
using Stash.Core.Monitoring;
using Stash.Core.Monitoring.Cluster;
using Stash.Operator.Tests.Support;
using Stash.Operator.Tests.Support.Kubernetes;

namespace Stash.Operator.Tests.Cluster.Controller;

/// <summary>Settings in a real cluster, and the real operator that puts them into effect.</summary>
[Collection(KubeControllerTests.Name)]
public sealed class ControllerTests(ControllerFixture fixture) : IClassFixture<ControllerFixture>
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private OperatedCluster It => fixture.It;

    [Fact]
    public async Task Settings_make_what_they_want_and_their_status_tells_it()
    {
        await It.SettleAsync(It.Corner.Spec("coreos-operator"));
        var told = await It.ToldAsync(MonitoringCondition.Scraped, "Selected");
        told.Metadata.Finalizers.ShouldBe(["stash.appscode.com/monitoring"]);
        var status = told.Status!;
        Conditions(told).ShouldBe(["ServiceAnnotated False NotWanted", "ServiceMonitorReady True Applied", "SecretCopied True Applied", "AccessGranted True Applied", "Scraped True Selected"]);
        status.Conditions.ShouldAllBe(c => c.ObservedGeneration == told.Metadata.Generation && c.Message.Length > 0);
        status.Conditions.Single(c => c.Type == MonitoringCondition.AccessGranted).Message.ShouldBe($"May read the operator's metrics: {It.Corner.One}/prometheus-k8s.");
        status.Created.Select(c => $"{c.Kind} {c.Namespace} {c.Name}").ShouldBe(
        [
            $"Secret {It.Corner.One} stash-apiserver-cert", $"ClusterRole  stash-metrics-reader-{It.Corner.Operator}",
            $"ClusterRoleBinding  stash-metrics-reader-{It.Corner.Operator}", $"ServiceMonitor {It.Corner.One} stash-servicemonitor",
        ]);
        var secret = await It.Cluster.Admin.CoreV1.ReadNamespacedSecretAsync("stash-apiserver-cert", It.Corner.One, cancellationToken: Stop);
        status.Created[0].Time.UtcDateTime.ShouldBe(secret.Metadata.CreationTimestamp!.Value.ToUniversalTime());
        var seen = status.Prometheuses.Single(p => p.Namespace == It.Corner.One);
        (seen.Namespace, seen.Name, seen.Selected, seen.Selector).ShouldBe((It.Corner.One, "k8s", "True", "app=stash"));
        var facts = status.Operator!;
        (facts.ServiceName, facts.ServiceMonitorName, facts.CertificateSecretName).ShouldBe(("stash-operator", "stash-servicemonitor", "stash-apiserver-cert"));
        facts.CaCertificate.ShouldBe(It.Corner.Names.CaCertificate);
        facts.Version.ShouldNotBeNullOrEmpty();
        // Nothing of it is in the data folder.
        Directory.EnumerateFileSystemEntries(It.Operator.DataDirectory).Select(Path.GetFileName).Where(n => n!.StartsWith("monitoring", StringComparison.Ordinal) || n is "prometheus" or "kubernetes").ShouldBeEmpty();

        // Nothing of it changes the times of the rest, and nothing is written that says nothing new.
        await It.SettleAsync(It.Corner.Spec("coreos-operator", backup: false));
        var after = await It.ToldAsync(MonitoringCondition.Scraped, "Selected");
        after.Status!.Created.ShouldBe(status.Created);
        after.Status.Conditions.Select(c => c.LastTransitionTime).ShouldBe(status.Conditions.Select(c => c.LastTransitionTime));
    }

    [Fact]
    public async Task Each_agent_has_its_own_and_what_the_one_before_had_made_is_removed()
    {
        await It.SettleAsync(It.Corner.Spec("coreos-operator"));
        var names = It.Corner.Names;
        It.Corner.Names = names with { PrometheusAccounts = [] };
        await It.SettleAsync(It.Corner.Spec("builtin"));
        It.Corner.Names = names;
        var told = await It.ToldAsync(MonitoringCondition.AccessGranted, "NoServiceAccount");
        Conditions(told).ShouldBe(["ServiceAnnotated True Applied", "ServiceMonitorReady False NotWanted", "SecretCopied True Applied", "AccessGranted False NoServiceAccount", "Scraped Unknown NotKnown"]);
        told.Status!.Conditions.Single(c => c.Type == MonitoringCondition.AccessGranted).Message.ShouldContain("--prometheus-service-account NAMESPACE/NAME");
        told.Status.Prometheuses.ShouldBeEmpty();
        told.Status.Created.Select(c => c.Kind).ShouldBe(["Secret", "ClusterRole", "Service"]);

        told = await It.SettleAsync(It.Corner.Spec("none"));
        Conditions(told).ShouldAllBe(c => c.EndsWith(" False NotWanted"));
        await Eventually.TrueAsync("nothing is left that would have to be removed", async () => (await It.ReadAsync())!.Metadata.Finalizers is null or []);
    }

    [Fact]
    public async Task Another_namespace_gets_it_all_and_the_old_one_is_left_empty()
    {
        await It.SettleAsync(It.Corner.Spec("coreos-operator"));
        var names = It.Corner.Names;
        try
        {
            It.Corner.Names = names with { PrometheusAccounts = [] };
            await It.SettleAsync(It.Corner.Spec("coreos-operator", @namespace: It.Corner.Two));
            var told = await It.ToldAsync(MonitoringCondition.Scraped, "NotSelected");
            told.Status!.Created.Select(c => c.Namespace).OfType<string>().Where(n => n.Length > 0).ShouldAllBe(n => n == It.Corner.Two);
            told.Status.Conditions.Single(c => c.Type == MonitoringCondition.AccessGranted).Reason.ShouldBe("NotSelected");

            // The Prometheus that looks there comes, and what it needs with it.
            It.Corner.Names = names with { PrometheusAccounts = [new(It.Corner.Two, "other")] };
            await It.Cluster.ApplyAsync($"apiVersion: monitoring.coreos.com/v1\nkind: Prometheus\nmetadata: {{name: two, namespace: {It.Corner.Two}}}\nspec: {{serviceAccountName: other, serviceMonitorSelector: {{}}}}");
            await It.BecomeAsync(It.Corner.Spec("coreos-operator", @namespace: It.Corner.Two));
            told = await It.ToldAsync(MonitoringCondition.Scraped, "Selected");
            told.Status!.Prometheuses.Single(p => p.Name == "two").Selector.ShouldBe("");
        }
        finally
        {
            It.Corner.Names = names;
            await It.Cluster.KubectlAsync("delete", "prometheus", "two", $"--namespace={It.Corner.Two}");
        }
    }

    [Fact]
    public async Task Settings_that_are_deleted_go_when_all_is_removed_that_they_had_made()
    {
        await It.SettleAsync(It.Corner.Spec("coreos-operator"));
        await It.Corner.KubectlAsync("delete", "monitorings.stash.appscode.com", "stash", $"--namespace={It.Corner.Operator}", "--timeout=30s");
        (await It.Corner.EverythingAsync()).ShouldBeEmpty();
        (await It.ReadAsync()).ShouldBeNull();

        // And come again.
        await It.SettleAsync(It.Corner.Spec("coreos-operator"));
    }

    [Fact]
    public async Task Whatever_is_deleted_or_changed_is_repaired_and_what_others_add_stays()
    {
        var spec = It.Corner.Spec("coreos-operator");
        await It.SettleAsync(spec);
        foreach (var what in It.Corner.Desired(spec).Objects.Select(o => o.Ref))
        {
            List<string> delete = ["delete", ClusterKind.Of(what)!.Resource, what.Name];
            if (what.Namespace is { } place)
            {
                delete.Add($"--namespace={place}");
            }

            await It.Corner.KubectlAsync([.. delete]);
            await It.BecomeAsync(spec);

            await It.Corner.PatchAsync(what, """{"metadata":{"labels":{"stash.appscode.com/operator-namespace":"elsewhere"}}}""");
            await It.BecomeAsync(spec);
            await It.Corner.PatchAsync(what, what.Kind switch
            {
                "Secret" => """{"data":{"tls.crt":"bm90aGluZw=="}}""",
                "ClusterRole" => """{"rules":[]}""",
                "ClusterRoleBinding" => """{"subjects":[{"kind":"User","apiGroup":"rbac.authorization.k8s.io","name":"mallory"}]}""",
                _ => """{"spec":{"selector":{"matchLabels":{"app":"other"}}}}""",
            });
            await It.BecomeAsync(spec);
        }

        // A change of another one, and a drift after it, so that it is known that both were looked at.
        var monitor = It.Corner.Desired(spec).Objects[^1].Ref;
        await It.Corner.PatchAsync(monitor, """{"metadata":{"annotations":{"example.com/theirs":"1"}},"spec":{"jobLabel":"theirs"}}""");
        await It.Corner.PatchAsync(monitor, """{"spec":{"namespaceSelector":{"matchNames":["other"]}}}""");
        await Eventually.TrueAsync("it is repaired", async () => (await It.Corner.ReadAsync(monitor))!["spec"]!["namespaceSelector"]!["matchNames"]!.ToJsonString() == $"[\"{It.Corner.Operator}\"]");
        var live = (await It.Corner.ReadAsync(monitor))!;
        live["metadata"]!["annotations"]!["example.com/theirs"]!.GetValue<string>().ShouldBe("1");
        live["spec"]!["jobLabel"]!.GetValue<string>().ShouldBe("theirs");
        await It.Corner.KubectlAsync("delete", "servicemonitors", monitor.Name, $"--namespace={monitor.Namespace}");
        await It.BecomeAsync(spec);
    }

    [Fact]
    public async Task Annotations_of_the_service_are_repaired_and_go_and_others_stay()
    {
        var names = It.Corner.Names;
        It.Corner.Names = names with { PrometheusAccounts = [] };
        try
        {
            var spec = It.Corner.Spec("builtin");
            await It.SettleAsync(spec);
            await It.Corner.PatchAsync(It.Corner.Service, """{"metadata":{"annotations":{"prometheus.io/scrape":"false","prometheus.io/pushgateway_port":null}}}""");
            await It.BecomeAsync(spec);
            await It.SettleAsync(It.Corner.Spec("builtin", @operator: false));
            await It.SettleAsync(It.Corner.Spec("none"));
            (await It.Corner.ReadAsync(It.Corner.Service))!["metadata"]!["annotations"]!["prometheus.io/theirs"]!.GetValue<string>().ShouldBe("2");
        }
        finally
        {
            It.Corner.Names = names;
        }
    }

    [Fact]
    public async Task Settings_that_the_cluster_takes_and_that_are_wrong_change_nothing_and_say_why()
    {
        var good = It.Corner.Spec("coreos-operator");
        await It.SettleAsync(good);
        await It.SetAsync(It.Corner.Spec("coreos-operator", labels: ("no key", "x")));
        var told = await It.ToldAsync(MonitoringCondition.ServiceMonitorReady, "InvalidSettings");
        told.Status!.Conditions.ShouldAllBe(c => c.Status == "False" && c.Reason == "InvalidSettings");
        told.Status.Conditions[0].Message.ShouldStartWith("spec.serviceMonitor.labels[no key]: \"no key\" is not a label key: ");
        told.Status.Created.Count.ShouldBe(4);
        (await It.Corner.EverythingAsync()).ShouldBe(It.Corner.Wanted(good));
        await Eventually.TrueAsync("an Event says so", async () => (await It.EventsAsync()).Any(e => e is { Type: "Warning", Reason: "InvalidSettings" }));
        await It.SettleAsync(good);
        await Eventually.TrueAsync("and that it is over", async () => (await It.EventsAsync()).Any(e => e.Type == "Normal" && e.Message.StartsWith("ServiceMonitorReady is True: ", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_namespace_that_is_missing_is_waited_for()
    {
        var missing = $"{It.Corner.Operator}-later";
        await It.SetAsync(It.Corner.Spec("coreos-operator", @namespace: missing));
        var told = await It.ToldAsync(MonitoringCondition.ServiceMonitorReady, "NamespaceNotFound");
        told.Status!.Conditions.Single(c => c.Type == MonitoringCondition.SecretCopied).Message.ShouldBe($"There is no namespace {missing}: create it, or set another Prometheus namespace.");
        await Eventually.TrueAsync("an Event says so", async () => (await It.EventsAsync()).Any(e => e is { Type: "Warning", Reason: "NamespaceNotFound" }));
        await It.Cluster.Admin.CoreV1.CreateNamespaceAsync(new V1Namespace { Metadata = new() { Name = missing } }, cancellationToken: Stop);
        await It.ToldAsync(MonitoringCondition.ServiceMonitorReady, "Applied");
        await It.SettleAsync(It.Corner.Spec("coreos-operator"));
    }

    [Fact]
    public async Task The_authorities_are_told_in_a_ConfigMap_and_in_the_aggregated_api_and_both_are_repaired()
    {
        await It.Cluster.ApplyAsync($$$"""
            apiVersion: apiregistration.k8s.io/v1
            kind: APIService
            metadata: {name: v1alpha1.monitoring.stash.appscode.com}
            spec: {group: monitoring.stash.appscode.com, version: v1alpha1, groupPriorityMinimum: 1000, versionPriority: 15, service: {name: stash-operator, namespace: {{{It.Corner.Operator}}}, port: 443}}
            """);
        try
        {
            await ToldAsync();
            await It.Corner.KubectlAsync("delete", "configmap", "stash-operator-ca", $"--namespace={It.Corner.Operator}");
            await It.Corner.KubectlAsync("patch", "apiservice", "v1alpha1.monitoring.stash.appscode.com", "--type=merge", "-p", """{"spec":{"caBundle":null}}""");
            await ToldAsync();
        }
        finally
        {
            await It.Cluster.KubectlAsync("delete", "apiservice", "v1alpha1.monitoring.stash.appscode.com");
        }

        Task ToldAsync() => Eventually.TrueAsync("both tell the authorities", async () =>
        {
            var map = (await It.Cluster.Admin.CoreV1.ListNamespacedConfigMapAsync(It.Corner.Operator, cancellationToken: Stop)).Items.SingleOrDefault(m => m.Name() == "stash-operator-ca");
            var service = await It.Cluster.Admin.ApiregistrationV1.ReadAPIServiceAsync("v1alpha1.monitoring.stash.appscode.com", cancellationToken: Stop);
            return map?.Data["ca.crt"] == It.Corner.Names.CaCertificate && service.Spec.CaBundle is { } bundle && System.Text.Encoding.ASCII.GetString(bundle) == It.Corner.Names.CaCertificate;
        });
    }

    private static IEnumerable<string> Conditions(MonitoringResource told) => told.Status!.Conditions.Select(c => $"{c.Type} {c.Status} {c.Reason}");
}
