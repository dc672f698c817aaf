using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Stash.Core.Api;
using Stash.Core.Configuration;
using Stash.Core.Events;
using Stash.Core.Kubernetes;
using Stash.Core.Monitoring;
using Stash.Core.Monitoring.Cluster;
using Stash.Operator.Tests.Support;
using Stash.Operator.Tests.Support.Kubernetes;

namespace Stash.Operator.Tests.Cluster.Settings;

/// <summary>The settings behind the API, on a real API server: saved by whoever changes them, with nobody else's rights.</summary>
[Collection(KubeTests.Name)]
public sealed class ClusterSettingsTests(KubeCluster cluster)
{
    private static readonly MonitoringSpec Builtin = new() { Agent = "builtin", Backup = true };

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Settings_that_are_not_there_are_made_by_who_saves_them()
    {
        using var it = await SettingsCluster.StartAsync(cluster);
        var alice = await it.PersonAsync("alice", "create", "update");
        await it.TakeAsync();
        var none = it.Settings.Current;
        (none.Metadata.ResourceVersion, none.Metadata.Namespace, none.Spec.Agent).ShouldBe(("none", it.Namespace, "none"));
        none.Status!.Error.ShouldBe($"There is no Monitoring stash in namespace {it.Namespace}, so nobody scrapes: save settings, or apply one.");
        using var events = it.Hub.Subscribe();

        var change = await it.Settings.SaveAsync(none with { Spec = Builtin }, alice, Stop);
        (change.Before.Spec.Agent, change.After.Spec.Agent, change.After.Spec.Backup, change.After.Metadata.Generation).ShouldBe(("none", "prometheus.io/builtin", true, 1L));
        Json(it.Settings.Current).ShouldBe(Json(change.After));
        events.Events.TryRead(out var told).ShouldBeTrue();
        told.ShouldBeOfType<StashEvent.SettingsChanged>().Settings.ShouldBeSameAs(it.Settings.Current);

        // What whoever watches sees of it next is nothing new.
        await it.TakeAsync();
        events.Events.TryRead(out _).ShouldBeFalse();
        var live = (await it.ReadAsync())!;
        live["spec"]!.ToJsonString().ShouldBe("""{"agent":"prometheus.io/builtin","backup":true,"operator":false,"prometheus":{},"serviceMonitor":{"labels":{"app":"stash"}}}""");
        live["metadata"]!["managedFields"]!.AsArray().Select(m => m!["manager"]!.GetValue<string>()).ShouldBe(["stash-console"]);
        (await it.AuditedAsync("create")).ShouldBe(["system:serviceaccount:" + it.Namespace + ":alice 201"]);
    }

    [Fact]
    public async Task Of_settings_that_are_there_what_differs_alone_is_changed()
    {
        using var it = await SettingsCluster.StartAsync(cluster);
        var alice = await it.PersonAsync("alice", "update");
        await cluster.ApplyAsync($$$"""
            apiVersion: stash.appscode.com/v1alpha1
            kind: Monitoring
            metadata: {name: stash, namespace: {{{it.Namespace}}}, labels: {team: ops}, annotations: {example.com/by: git}, finalizers: [stash.appscode.com/monitoring]}
            spec: {agent: coreos-operator, prometheus: {namespace: monitoring}, serviceMonitor: {labels: {release: prom} } }
            """);
        await it.TakeAsync();
        var read = it.Settings.Current;
        (read.Spec.Agent, read.Spec.Prometheus.Namespace).ShouldBe(("prometheus.io/coreos-operator", "monitoring"));

        // Whenever the operator writes, nobody's change is in the way of it.
        await it.WriteStatusAsync(new MonitoringResourceStatus { ObservedGeneration = 1, Created = [new() { ApiVersion = "v1", Kind = "Secret", Namespace = "monitoring", Name = "stash-apiserver-cert", Time = DateTimeOffset.UtcNow }] });
        var change = await it.Settings.SaveAsync(read with { Spec = read.Spec with { Operator = true, Prometheus = new PrometheusSpec() } }, alice, Stop);

        var live = (await it.ReadAsync())!;
        live["spec"]!.ToJsonString().ShouldBe("""{"agent":"coreos-operator","backup":false,"operator":true,"prometheus":{},"serviceMonitor":{"labels":{"release":"prom"}}}""");
        live["metadata"]!["labels"]!.ToJsonString().ShouldBe("""{"team":"ops"}""");
        live["metadata"]!["annotations"]!["example.com/by"]!.GetValue<string>().ShouldBe("git");
        live["metadata"]!["finalizers"]!.ToJsonString().ShouldBe("""["stash.appscode.com/monitoring"]""");
        change.After.Status!.Created.ShouldBe(["Secret monitoring/stash-apiserver-cert"]);
        (change.Before.Spec.Operator, change.After.Spec.Operator).ShouldBe((false, true));
        (await it.AuditedAsync("update")).ShouldBe([$"system:serviceaccount:{it.Namespace}:alice 200"]);

        // Who has read it before that is told so, and what is older is not taken any more.
        (await Refused(it, read with { Spec = Builtin }, alice)).ShouldBe((SettingsFailure.Conflict, "the settings were changed meanwhile: read them again, apply your change to them and send their resourceVersion"));
        it.Settings.Take(SettingsObject.Typed(live) with { Metadata = new() { Name = "stash", Uid = live["metadata"]!["uid"]!.GetValue<string>(), Generation = 1 } });
        it.Settings.Current.Metadata.Generation.ShouldBe(2);
        await it.KubectlAsync("patch", "monitoring", "stash", "--type=merge", "--patch", """{"metadata":{"finalizers":null}}""");
    }

    [Fact]
    public async Task Rbac_decides_and_the_message_names_the_right()
    {
        // The operator's connection is a master's here, with a certificate: nothing of it goes with the author's request.
        using var it = await SettingsCluster.StartAsync(cluster);
        var (nobody, viewer) = (await it.PersonAsync("nobody"), await it.PersonAsync("viewer", "get"));
        await it.TakeAsync();
        var none = it.Settings.Current;
        foreach (var person in new[] { nobody, viewer })
        {
            (await Refused(it, none with { Spec = Builtin }, person)).ShouldBe((SettingsFailure.Forbidden,
                $"You may not create monitorings.stash.appscode.com in namespace {it.Namespace}: ask an administrator of the cluster for that right. The ClusterRole stash-monitoring-edit has it, bound to you in namespace {it.Namespace}."));
        }

        (await it.ReadAsync()).ShouldBeNull();
        await MakeAsync(it);
        (await Refused(it, it.Settings.Current with { Spec = Builtin }, viewer)).Message.ShouldStartWith($"You may not update monitorings.stash.appscode.com in namespace {it.Namespace}: ");
        (await Refused(it, it.Settings.Current with { Spec = Builtin }, new("front", null))).ShouldBe((SettingsFailure.Forbidden,
            $"in a cluster settings are saved with your own token, so that its RBAC decides, and you have shown a certificate: send a token that the cluster knows, or use kubectl edit monitoring stash --namespace {it.Namespace}."));
        (await Refused(it, it.Settings.Current with { Spec = Builtin }, new("api-token", "of-a-file"))).ShouldBe((SettingsFailure.Forbidden,
            "in a cluster settings are saved with your own token, so that its RBAC decides, and the cluster does not know yours: send one that it knows, as of a service account or of OpenID Connect, and not the operator's token file."));
        (await it.ReadAsync())!["metadata"]!["generation"]!.GetValue<int>().ShouldBe(1);
    }

    [Fact]
    public async Task Of_many_who_save_at_once_one_does()
    {
        using var it = await SettingsCluster.StartAsync(cluster);
        var alice = await it.PersonAsync("alice", "create", "update");
        await it.TakeAsync();
        foreach (var round in new[] { 1, 2 })
        {
            var read = it.Settings.Current;
            var saves = await Task.WhenAll(Enumerable.Range(0, 8).Select(async i =>
            {
                try
                {
                    var spec = Builtin with { Prometheus = new PrometheusSpec { Namespace = $"n{round}-{i}" } };
                    return (await it.Settings.SaveAsync(read with { Spec = spec }, alice, Stop)).After.Spec.Prometheus.Namespace;
                }
                catch (SettingsException e)
                {
                    e.Failure.ShouldBe(SettingsFailure.Conflict);
                    return null;
                }
            }));
            var won = saves.OfType<string>().ShouldHaveSingleItem();
            (await it.ReadAsync())!["spec"]!["prometheus"]!["namespace"]!.GetValue<string>().ShouldBe(won);
            it.Settings.Current.Spec.Prometheus.Namespace.ShouldBe(won);
        }
    }

    [Fact]
    public async Task What_the_cluster_does_not_take_and_settings_that_go_are_told()
    {
        using var it = await SettingsCluster.StartAsync(cluster);
        var alice = await it.PersonAsync("alice", "update");
        await MakeAsync(it);
        var labels = Enumerable.Range(0, 65).ToDictionary(i => $"l{i}", _ => "x", StringComparer.Ordinal);
        var (failure, message) = await Refused(it, it.Settings.Current with { Spec = Builtin with { ServiceMonitor = new ServiceMonitorSpec { Labels = labels } } }, alice);
        failure.ShouldBe(SettingsFailure.Invalid);
        message.ShouldContain("spec.serviceMonitor.labels");

        await it.KubectlAsync("patch", "monitoring", "stash", "--type=merge", "--patch", """{"metadata":{"finalizers":["stash.appscode.com/monitoring"]}}""");
        await it.KubectlAsync("delete", "monitoring", "stash", "--wait=false");
        await it.TakeAsync();
        it.Settings.Current.Status!.Error.ShouldBe("The settings are being deleted: what they had made goes with them.");
        (await Refused(it, it.Settings.Current with { Spec = Builtin }, alice)).ShouldBe((SettingsFailure.Conflict, "the settings are being deleted: wait until they are gone, then save them anew"));
        await it.KubectlAsync("patch", "monitoring", "stash", "--type=merge", "--patch", """{"metadata":{"finalizers":null}}""");
        await it.TakeAsync();
        it.Settings.Current.Metadata.ResourceVersion.ShouldBe("none");
    }

    [Fact]
    public async Task Without_an_api_server_it_is_told_and_nothing_saved()
    {
        using TempFolder files = new();
        var dead = await File.ReadAllTextAsync(cluster.AdminKubeconfig, Stop);
        await File.WriteAllTextAsync(files.In("dead"), dead.Replace($"127.0.0.1:{new Uri(dead.Split('"')[1]).Port}", "127.0.0.1:1", StringComparison.Ordinal), Stop);
        using var connection = KubernetesConnection.Open(new KubernetesOptions { Mode = "on", Kubeconfig = files.In("dead"), Namespace = "stash", ServiceName = "stash-operator" })!;
        ClusterSettings settings = new(connection, () => SettingsCluster.Facts, new EventHub(), NullLogger<ClusterSettings>.Instance);
        settings.Current.Status!.Error.ShouldBe("The settings have not been read from the cluster yet.");

        var saving = await Should.ThrowAsync<SettingsException>(() => settings.SaveAsync(settings.Current, new("alice", "token"), Stop));
        (saving.Failure, saving.Message).ShouldBe((SettingsFailure.Unavailable, "The settings cannot be read from the cluster. The cluster's API server cannot be connected to: see that it runs and that its address is right."));
        var previewing = await Should.ThrowAsync<SettingsException>(() => settings.PreviewAsync(settings.Current with { Spec = Builtin }, new("alice", "token"), Stop));
        previewing.Failure.ShouldBe(SettingsFailure.Unavailable);
    }

    [Fact]
    public async Task What_the_preview_shows_is_what_is_then_applied()
    {
        using var it = await SettingsCluster.StartAsync(cluster, chartRights: true);
        await cluster.InstallPrometheusOperatorKindsAsync();
        var monitoring = $"{it.Namespace}-prom";
        _ = await cluster.ServiceAccountAsync(monitoring, "default");
        await cluster.ApplyAsync($$$"""
            apiVersion: monitoring.coreos.com/v1
            kind: Prometheus
            metadata: {name: k8s, namespace: {{{monitoring}}} }
            spec: {serviceMonitorSelector: {matchLabels: {release: {{{monitoring}}} } }, serviceAccountName: prometheus-k8s}
            """);
        await MakeAsync(it);
        var settings = it.Settings.Current;
        MonitoringManifest With(params (string Key, string Value)[] labels) => settings with
        {
            Spec = new MonitoringSpec
            {
                Agent = "coreos-operator",
                Backup = true,
                Operator = true,
                Prometheus = new PrometheusSpec { Namespace = monitoring },
                ServiceMonitor = new ServiceMonitorSpec { Labels = labels.ToDictionary(l => l.Key, l => l.Value, StringComparer.Ordinal) },
            },
        };

        var wrong = await it.Settings.PreviewAsync(With(("app", "stash")), new("alice", null), Stop);
        wrong.Warnings.ShouldContain(w => w.Contains($"add release={monitoring} to serviceMonitor.labels", StringComparison.Ordinal), string.Join('\n', wrong.Warnings));
        var state = wrong.Prometheuses.Single(p => p.Namespace == monitoring);
        (state.Selected, state.SuggestedLabels!["release"]).ShouldBe(("False", monitoring));

        var right = With(("release", monitoring));
        var preview = await it.Settings.PreviewAsync(right, new("alice", null), Stop);
        preview.Errors.ShouldBeEmpty();
        preview.Items.ShouldAllBe(i => i.Action == "create" && i.Before == null && i.Failure == null);
        preview.Items.Select(i => $"{i.Kind} {i.Namespace}").ShouldBe([$"Secret {monitoring}", "ClusterRole ", "ClusterRoleBinding ", $"ServiceMonitor {monitoring}"]);
        preview.Warnings.ShouldHaveSingleItem().ShouldContain("does not mount the Secret stash-apiserver-cert");
        preview.Prometheuses.Single(p => p.Namespace == monitoring).Selected.ShouldBe("True");

        var plan = await new ClusterPlanner(it.Connection.Client, it.Namespace).PlanAsync(right.Spec, SettingsCluster.Facts, Stop);
        (await new ClusterApplier(it.Connection.Client).ApplyAsync(plan.Desired, [], Stop)).Succeeded.ShouldBeTrue();
        var after = await it.Settings.PreviewAsync(right, new("alice", null), Stop);
        after.Items.ShouldAllBe(i => i.Action == "keep");
        after.Items.Select(i => i.Before).ShouldBe(preview.Items.Select(i => i.Content));

        var off = await it.Settings.PreviewAsync(right with { Spec = new MonitoringSpec() }, new("alice", null), Stop);
        off.Items.Select(i => (i.Action, i.Content)).Distinct().ShouldBe([("delete", "")]);
        off.Items.Select(i => i.Before).ShouldBe(preview.Items.Select(i => i.Content), ignoreOrder: true);
        (await it.Settings.PreviewAsync(right with { Spec = new MonitoringSpec { Agent = "foo" } }, new("alice", null), Stop)).Errors.ShouldHaveSingleItem().Field.ShouldBe("spec.agent");
        await new ClusterApplier(it.Connection.Client).ApplyAsync(DesiredState.Nothing(plan.Desired.Names), [], Stop);
    }

    private static string Json(MonitoringManifest manifest) => JsonSerializer.Serialize(manifest, StashJson.Default.MonitoringManifest);

    private async Task MakeAsync(SettingsCluster it)
    {
        await cluster.ApplyAsync($$"""
            apiVersion: stash.appscode.com/v1alpha1
            kind: Monitoring
            metadata: {name: stash, namespace: {{it.Namespace}}}
            """);
        await it.TakeAsync();
    }

    private static async Task<(SettingsFailure Failure, string Message)> Refused(SettingsCluster it, MonitoringManifest manifest, SettingsAuthor author)
    {
        var e = await Should.ThrowAsync<SettingsException>(() => it.Settings.SaveAsync(manifest, author, Stop));
        return (e.Failure, e.Message);
    }
}
