using System.Text;
using System.Text.Json.Nodes;
using Stash.Core.Monitoring;
using Stash.Core.Monitoring.Cluster;
using Stash.Operator.Tests.Support;
using Stash.Operator.Tests.Support.Kubernetes;

namespace Stash.Operator.Tests.Cluster.Desired;

/// <summary>What settings leave behind in a real cluster.</summary>
[Collection(KubeTests.Name)]
public sealed class ClusterApplierTests(KubeCluster cluster)
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(true)]
    [InlineData(false)] // The status with the list is lost: what was made is found by its mark.
    public async Task From_any_settings_to_any_others_there_is_what_these_want_and_nothing_else(bool remembers)
    {
        var it = await DesiredCluster.StartAsync(cluster);
        MonitoringSpec[] settings =
        [
            it.Spec("none"),
            it.Spec("builtin", backup: false, @operator: false),
            it.Spec("builtin", @operator: false),
            it.Spec("builtin", backup: false),
            it.Spec("prometheus.io/builtin", @namespace: it.Two),
            it.Spec("builtin", @namespace: ""),
            it.Spec("coreos-operator", backup: false, @operator: false),
            it.Spec("coreos-operator", @operator: false),
            it.Spec("prometheus.io/coreos-operator"),
            it.Spec("coreos-operator", labels: [("release", "prom"), ("app.kubernetes.io/managed-by", "Helm")]),
            it.Spec("coreos-operator", backup: false, @namespace: it.Two),
            it.Spec("coreos-operator", @namespace: ""),
        ];
        IReadOnlyList<ObjectRef> created = [];
        async Task GoAsync(MonitoringSpec spec)
        {
            var result = await it.ApplyAsync(spec, remembers ? created : null);
            result.Objects.Where(o => o.Failure is not null).ShouldBeEmpty();
            (await it.EverythingAsync()).ShouldBe(it.Wanted(spec), $"{spec.Agent} {spec.Backup} {spec.Operator} {spec.Prometheus.Namespace}");
            created = result.Created;
            created.ShouldBe(it.Desired(spec).Objects.Select(o => o.Ref), ignoreOrder: true);
        }

        // There and back between each two.
        for (var i = 0; i < settings.Length; i++)
        {
            await GoAsync(settings[i]);
            foreach (var other in settings.Skip(i + 1))
            {
                await GoAsync(other);
                await GoAsync(settings[i]);
            }
        }
    }

    [Fact]
    public async Task What_is_as_it_is_to_be_is_not_touched()
    {
        var it = await DesiredCluster.StartAsync(cluster);
        foreach (var spec in new[] { it.Spec("coreos-operator"), it.Spec("builtin"), it.Spec("none") })
        {
            var first = await it.ApplyAsync(spec);
            first.Changed.ShouldBeTrue();
            var again = await it.ApplyAsync(spec, first.Created);
            again.Objects.ShouldAllBe(o => o.Result == ObjectResult.Unchanged);
            (again.Changed, again.Succeeded, again.RetryAfter).ShouldBe((false, true, null));
            again.Created.ShouldBe(first.Created);
        }
    }

    [Fact]
    public async Task Annotations_labels_and_fields_of_others_are_left_alone()
    {
        var it = await DesiredCluster.StartAsync(cluster);
        await it.PatchAsync(it.Service, """{"metadata":{"labels":{"theirs":"label"}},"spec":{"sessionAffinity":"ClientIP"}}""");
        await it.ApplyAsync(it.Spec("builtin"));
        await it.ApplyAsync(it.Spec("coreos-operator"));
        var monitor = ClusterKind.ServiceMonitor.Named(it.One, "stash-servicemonitor");
        await it.PatchAsync(monitor, """{"metadata":{"labels":{"theirs":"label"},"annotations":{"theirs":"annotation"}},"spec":{"jobLabel":"theirs","sampleLimit":5}}""");
        var result = await it.ApplyAsync(it.Spec("coreos-operator", backup: false, labels: ("release", "prom")));
        result.Succeeded.ShouldBeTrue();

        var live = (await it.ReadAsync(monitor))!;
        live["metadata"]!["labels"]!.AsObject().Select(l => l.Key).ShouldBe(["release", "theirs", "app.kubernetes.io/managed-by", OwnerMark.OwnerLabel], ignoreOrder: true);
        live["metadata"]!["annotations"]!["theirs"]!.GetValue<string>().ShouldBe("annotation");
        live["spec"]!["jobLabel"]!.GetValue<string>().ShouldBe("theirs");
        live["spec"]!["sampleLimit"]!.GetValue<int>().ShouldBe(5);
        live["spec"]!["endpoints"]!.AsArray().Count.ShouldBe(1);
        var service = (await it.ReadAsync(it.Service))!;
        service["metadata"]!["labels"]!["theirs"]!.GetValue<string>().ShouldBe("label");
        service["spec"]!["sessionAffinity"]!.GetValue<string>().ShouldBe("ClientIP");
        service["metadata"]!["annotations"]!.AsObject().Select(a => a.Key).Where(k => k.StartsWith("prometheus.io/", StringComparison.Ordinal)).ShouldBe(["prometheus.io/theirs"]);
    }

    [Fact]
    public async Task Whatever_somebody_changes_or_deletes_is_put_right()
    {
        var it = await DesiredCluster.StartAsync(cluster);
        var builtin = it.Spec("builtin");
        var coreos = it.Spec("coreos-operator");
        var monitor = ClusterKind.ServiceMonitor.Named(it.One, "stash-servicemonitor");
        var secret = ClusterKind.Secret.Named(it.One, "stash-apiserver-cert");
        var role = ClusterKind.ClusterRole.Named(null, it.Names.MetricsRole);
        var binding = ClusterKind.ClusterRoleBinding.Named(null, it.Names.MetricsRole);
        (MonitoringSpec Spec, ObjectRef What, string? Edit)[] edits =
        [
            (builtin, it.Service, """{"metadata":{"annotations":{"prometheus.io/scrape":"false"}}}"""),
            (builtin, it.Service, """{"metadata":{"annotations":{"prometheus.io/operator_port":null}}}"""),
            (coreos, monitor, null),
            (coreos, monitor, """{"spec":{"endpoints":[{"port":"other"}]}}"""),
            (coreos, monitor, """{"spec":{"selector":{"matchLabels":{"app":"other"}}}}"""),
            (coreos, monitor, """{"metadata":{"labels":{"app":"other"}}}"""),
            (coreos, monitor, """{"metadata":{"labels":null}}"""),
            (coreos, monitor, $$$$"""{"metadata":{"labels":{"{{{{OwnerMark.OwnerLabel}}}}":"other"}}}"""),
            (coreos, monitor, """{"metadata":{"labels":null,"managedFields":[{}]}}"""),
            (coreos, secret, null),
            (coreos, secret, """{"data":{"tls.crt":"a2V5"}}"""),
            (coreos, role, null),
            (coreos, role, """{"rules":[]}"""),
            (coreos, binding, null),
            (coreos, binding, """{"subjects":[]}"""),
            (coreos, binding, """{"subjects":[{"kind":"User","apiGroup":"rbac.authorization.k8s.io","name":"mallory"}]}"""),
        ];
        foreach (var (spec, what, edit) in edits)
        {
            var created = (await it.ApplyAsync(spec)).Created;
            if (edit is null)
            {
                await it.KubectlAsync(["delete", ClusterKind.Of(what)!.Resource, what.Name, .. what.Namespace is { } name ? new[] { "-n", name } : []]);
            }
            else
            {
                await it.PatchAsync(what, edit);
            }

            (await it.EverythingAsync()).ShouldNotBe(it.Wanted(spec), $"{what.Kind} {edit}");
            var result = await it.ApplyAsync(spec, created);
            result.Objects.Where(o => o.Result != ObjectResult.Unchanged).Select(o => (o.Ref, o.Result)).ShouldBe([(what, ObjectResult.Applied)], $"{edit}");
            (await it.EverythingAsync()).ShouldBe(it.Wanted(spec), $"{what.Kind} {edit}");
        }
    }

    [Fact]
    public async Task What_the_api_server_never_changes_is_made_anew()
    {
        var it = await DesiredCluster.StartAsync(cluster);
        var spec = it.Spec("coreos-operator");
        var created = (await it.ApplyAsync(spec)).Created;
        await it.KubectlAsync("delete", "clusterrolebinding", it.Names.MetricsRole);
        await it.KubectlAsync("create", "clusterrolebinding", it.Names.MetricsRole, "--clusterrole=view", "--user=mallory");
        await it.KubectlAsync("delete", "secret", "stash-apiserver-cert", "-n", it.One);
        await it.KubectlAsync("create", "secret", "generic", "stash-apiserver-cert", "-n", it.One, "--type=example.com/theirs", "--from-literal=other=1");

        var previews = await it.Applier.DryRunAsync(it.Desired(spec), created, Stop);
        previews.Where(p => p.Failure is not null).ShouldBeEmpty();
        previews.Where(p => p.Action == "update").Select(p => p.Ref.Kind).ShouldBe(["Secret", "ClusterRoleBinding"], ignoreOrder: true);
        previews.Single(p => p.Ref.Kind == "Secret").Before!.ShouldContain("other: \"(not shown)\"");
        (await it.ApplyAsync(spec, created)).Objects.Where(o => o.Result == ObjectResult.Applied).Select(o => o.Ref.Kind).ShouldBe(["Secret", "ClusterRoleBinding"], ignoreOrder: true);
        (await it.EverythingAsync()).ShouldBe(it.Wanted(spec));
    }

    [Fact]
    public async Task An_annotation_that_somebody_has_overwritten_goes_too_and_one_that_somebody_else_also_wants_stays()
    {
        var it = await DesiredCluster.StartAsync(cluster);
        var created = (await it.ApplyAsync(it.Spec("builtin"))).Created;
        await it.PatchAsync(it.Service, """{"metadata":{"annotations":{"prometheus.io/operator_port":"1","prometheus.io/scrape":"no"}}}""");
        var preview = (await it.Applier.DryRunAsync(it.Desired(it.Spec("builtin", @operator: false)), created, Stop)).Single(p => p.Ref == it.Service);
        preview.After!.ShouldNotContain("operator_port");
        (await it.ApplyAsync(it.Spec("builtin", @operator: false), created)).Succeeded.ShouldBeTrue();
        (await it.EverythingAsync()).ShouldBe(it.Wanted(it.Spec("builtin", @operator: false)));

        using TempFolder folder = new();
        await File.WriteAllTextAsync(folder.In("service.yaml"), $$$"""
            apiVersion: v1
            kind: Service
            metadata: {name: stash-operator, namespace: {{{it.Operator}}}, annotations: {prometheus.io/scrape: "true"}}
            """, Stop);
        await it.KubectlAsync("apply", "--server-side", "--field-manager=helm", "-f", folder.In("service.yaml"));
        await it.PatchAsync(it.Service, """{"metadata":{"annotations":{"prometheus.io/pushgateway_port":"1"}}}""");
        var off = await it.ApplyAsync(it.Spec("none"), created);
        off.Objects.Select(o => (o.Ref, o.Result)).ShouldBe([(it.Service, ObjectResult.Deleted)]);
        ((await it.ReadAsync(it.Service))!["metadata"]!["annotations"] as JsonObject)!.Select(a => a.Key).Where(k => k.StartsWith("prometheus.io/", StringComparison.Ordinal))
            .ShouldBe(["prometheus.io/scrape", "prometheus.io/theirs"], ignoreOrder: true);
    }

    [Fact]
    public async Task Another_certificate_follows_and_no_key_is_ever_there()
    {
        var it = await DesiredCluster.StartAsync(cluster);
        await it.ApplyAsync(it.Spec("builtin"));
        var rotated = it.Names with { CaCertificate = $"{DesiredCluster.Certificate}\n-----BEGIN CERTIFICATE-----\nTUlJRA==\n-----END CERTIFICATE-----\n-----BEGIN PRIVATE KEY-----\nTUlJQw==\n-----END PRIVATE KEY-----\n" };
        var result = await it.Applier.ApplyAsync(DesiredState.Of(it.Spec("builtin"), rotated), [], Stop);
        result.Objects.Where(o => o.Result == ObjectResult.Applied).Select(o => o.Ref.Kind).ShouldBe(["Secret"]);
        var secret = (await it.ReadAsync(ClusterKind.Secret.Named(it.One, "stash-apiserver-cert")))!;
        secret["data"]!.AsObject().Select(d => d.Key).ShouldBe(["tls.crt"]);
        var text = Encoding.ASCII.GetString(Convert.FromBase64String(secret["data"]!["tls.crt"]!.GetValue<string>()));
        text.ShouldContain("TUlJRA==");
        text.ShouldNotContain("PRIVATE");
    }

    [Fact]
    public async Task A_dry_run_tells_of_each_object_today_and_tomorrow_and_changes_nothing()
    {
        var it = await DesiredCluster.StartAsync(cluster);
        var before = await it.EverythingAsync();
        var first = await it.Applier.DryRunAsync(it.Desired(it.Spec("coreos-operator")), [], Stop);
        first.Select(p => (p.Ref.Kind, p.Action)).ShouldBe([("Secret", "create"), ("ClusterRole", "create"), ("ClusterRoleBinding", "create"), ("ServiceMonitor", "create")]);
        first.ShouldAllBe(p => p.Failure == null && p.Before == null && p.After != null);
        (await it.EverythingAsync()).ShouldBe(before);

        var created = (await it.ApplyAsync(it.Spec("coreos-operator"))).Created;
        var made = await it.EverythingAsync();
        var next = await it.Applier.DryRunAsync(it.Desired(it.Spec("coreos-operator", @operator: false, labels: ("release", "prom"))), created, Stop);
        next.Select(p => (p.Ref.Kind, p.Action)).ShouldBe([("ServiceMonitor", "update"), ("ClusterRoleBinding", "delete"), ("ClusterRole", "delete"), ("Secret", "delete")]);
        next[0].Before!.ShouldBe($$"""
            apiVersion: monitoring.coreos.com/v1
            kind: ServiceMonitor
            metadata:
              name: stash-servicemonitor
              namespace: {{it.One}}
              labels:
                app: stash
                app.kubernetes.io/managed-by: stash
                stash.appscode.com/operator-namespace: {{it.Operator}}
            spec:
              endpoints:
                - honorLabels: true
                  port: pushgateway
                - bearerTokenFile: /var/run/secrets/kubernetes.io/serviceaccount/token
                  port: api
                  scheme: https
                  tlsConfig:
                    caFile: /etc/prometheus/secrets/stash-apiserver-cert/tls.crt
                    serverName: stash-operator.{{it.Operator}}.svc
              namespaceSelector:
                matchNames:
                  - {{it.Operator}}
              selector:
                matchLabels:
                  app: stash

            """);
        next[0].After!.ShouldContain("    release: prom\n");
        next[0].After!.ShouldNotContain("port: api");

        var builtin = await it.Applier.DryRunAsync(it.Desired(it.Spec("builtin")), created, Stop);
        builtin.Select(p => (p.Ref.Kind, p.Action)).ShouldBe([("Secret", "keep"), ("ClusterRole", "keep"), ("ClusterRoleBinding", "keep"), ("Service", "update"), ("ServiceMonitor", "delete")]);
        (await it.EverythingAsync()).ShouldBe(made);
    }
}
