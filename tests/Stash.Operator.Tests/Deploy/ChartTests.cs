using System.Text.Json.Nodes;
using Stash.Core.Monitoring;
using Stash.Operator.Tests.Support.Kubernetes;

namespace Stash.Operator.Tests.Deploy;

/// <summary>What the chart makes of its values, by the real Helm; no cluster.</summary>
public sealed class ChartTests
{
    private static readonly string[] Everything =
    [
        "--set=apiService.enabled=true,console.persistence.enabled=true,console.signIn=oidc,console.oidc.authority=https://id.example.com,console.oidc.clientId=stash,console.oidc.clientSecret.name=oidc,console.oidc.ca.configMap=oidc-ca",
        "--set=console.ingress.enabled=true,console.ingress.host=stash.example.com,console.ingress.tlsSecret=stash-tls,console.ingress.className=nginx,console.knownProxies={10.0.0.0/8}",
        "--set=operator.prometheusServiceAccounts={monitoring/prometheus-k8s},rbac.prometheusNamespaces={monitoring},image.registry=registry.example.com/team,image.tag=1.2.3,image.pullSecrets={pull}",
        "--set=operator.args={--log.level=Debug},operator.env[0].name=Stash__Gateway__GroupTimeToLive,operator.env[0].value=30d,operator.nodeSelector.disk=ssd,console.podLabels.team=a",
        "--set=journal.postgres.connection=Host=db;Database=stash;Username=stash,journal.postgres.passwordSecret.name=journal",
    ];

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Helm_finds_nothing_to_complain_about()
    {
        var (four, three) = (Helm.RunAsync("lint", "--strict", Helm.Chart), Helm.RunWithAsync(Helm.Program3, ["lint", "--strict", Helm.Chart, .. Everything]));
        var ((code4, output4, _), (code3, output3, _)) = (await four, await three);
        code4.ShouldBe(0, output4);
        code3.ShouldBe(0, output3);
    }

    [Fact]
    public async Task Helm_3_and_4_make_the_same()
    {
        var four = Helm.TemplateAsync("stash", Everything);
        var (code, three, error) = await Helm.RunWithAsync(Helm.Program3, ["template", "stash-operator", Helm.Chart, "--namespace=stash", .. Everything]);
        code.ShouldBe(0, error);
        Lines(three).ShouldBe(Lines(await four));

        // Only the order of what is alike differs.
        static IEnumerable<string> Lines(string text) => Manifests.Read(text).Select(m => m.ToJsonString()).Order(StringComparer.Ordinal);
    }

    [Theory]
    [InlineData("monitoring.agent=foo", "'/monitoring/agent': value must be one of 'none', 'prometheus.io/builtin', 'prometheus.io/coreos-operator', 'builtin', 'coreos-operator'")]
    [InlineData("monitoring.bakup=true,monitoring.backup=2,rbac.creat=true", "'bakup' not allowed", "'/monitoring/backup': got number, want boolean", "'/rbac': additional properties 'creat' not allowed")]
    [InlineData("monitoring.prometheus.namespace=Mon,monitoring.serviceMonitor.labels.app=a b", "'/monitoring/prometheus/namespace': 'Mon' does not match", "'/monitoring/serviceMonitor/labels/app': 'a b' does not match")]
    [InlineData("console.ingress.enabled=true,console.signIn=oidc", "'/console/ingress/host': minLength: got 0, want 1", "'/console/oidc/authority': minLength", "'/console/oidc/clientId': minLength")]
    [InlineData("console.signIn=link,persistence.size=much,image.tag=a b,networkPolicy.gateway.from=null", "'/console/signIn': value must be one of 'token', 'oidc'", "'/persistence/size': 'much'", "'/image/tag': 'a b'", "'/networkPolicy/gateway': missing property 'from'")]
    [InlineData("journal.postgres.connection=Host=db;Password=secret", "at '/journal/postgres/connection': 'not' failed")]
    [InlineData("replicas=2,operator.prometheusServiceAccounts={prometheus},rbac.prometheusNamespaces={A}", "additional properties 'replicas' not allowed", "'/operator/prometheusServiceAccounts/0': 'prometheus'", "'/rbac/prometheusNamespaces/0': 'A'")]
    public async Task Wrong_values_are_refused_with_their_name_and_what_is_accepted(string values, params string[] told)
    {
        var (code, output, error) = await Helm.RunAsync("template", "stash-operator", Helm.Chart, $"--set={values}");
        (code, output).ShouldBe((1, ""));
        told.ShouldAllBe(t => error.Contains(t));
    }

    [Theory]
    [InlineData("", "none", false, false, "", "app=stash,release=stash-operator")]
    [InlineData("monitoring.agent=builtin,monitoring.backup=true", "prometheus.io/builtin", true, false, "", "app=stash,release=stash-operator")]
    [InlineData("monitoring.agent=prometheus.io/coreos-operator,monitoring.backup=true,monitoring.operator=true,monitoring.prometheus.namespace=monitoring,monitoring.serviceMonitor.labels.k8s-app=prometheus", "prometheus.io/coreos-operator", true, true, "monitoring", "k8s-app=prometheus")]
    [InlineData("monitoring.operator=true,monitoring.serviceMonitor.labels.example\\.com/on=\"true\"", "none", false, true, "", "example.com/on=true")]
    public async Task The_monitoring_values_are_the_first_settings(string values, string agent, bool backup, bool operatorMetrics, string @namespace, string labels)
    {
        var made = Manifests.Read(await Helm.TemplateAsync("stash", "--show-only=templates/operator.yaml", $"--set-string={Strings(values)}", $"--set={Others(values)}"));
        var manifest = MonitoringYaml.Parse(made.The("ConfigMap", "stash-operator-monitoring").At("data")!["monitoring.yaml"]!.ToString(), "monitoring.yaml");

        MonitoringValidation.Validate(manifest).ShouldBeEmpty();
        var spec = MonitoringValidation.Canonical(manifest.Spec);
        (spec.Agent, spec.Backup, spec.Operator, spec.Prometheus.Namespace).ShouldBe((agent, backup, operatorMetrics, @namespace));
        string.Join(',', spec.ServiceMonitor.Labels.Select(l => $"{l.Key}={l.Value}")).ShouldBe(labels);

        // A label is a text, whatever it looks like.
        static string Strings(string all) => string.Join(',', all.Split(',').Where(v => v.Contains(".labels.", StringComparison.Ordinal))).Replace("\"", "", StringComparison.Ordinal);
        static string Others(string all) => string.Join(',', all.Split(',').Where(v => !v.Contains(".labels.", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("stash-operator", "", "stash-operator", "stash-operator", "stash-operator-apiserver-cert")]
    [InlineData("backups", "", "backups-stash", "backups-stash", "backups-stash-apiserver-cert")]
    [InlineData("backups", "--set=fullnameOverride=stash-operator,names.serviceMonitor=stash-servicemonitor,names.certificateSecret=stash-apiserver-cert", "stash-operator", "stash-servicemonitor", "stash-apiserver-cert")]
    [InlineData("a-release-of-a-name-of-fifty-three-characters-that-en", "--set=service.name=stash-operator", "stash-operator", "a-release-of-a-name-of-fifty-three-characters-th", "a-release-of-a-name-of-fifty-three-characters-th-apiserver-cert")]
    public async Task Names_come_from_the_release(string release, string values, string service, string monitor, string secret)
    {
        var (code, output, error) = await Helm.RunAsync(["template", release, Helm.Chart, "--namespace=stash", .. values.Split(' ', StringSplitOptions.RemoveEmptyEntries)]);
        code.ShouldBe(0, error);
        var made = Manifests.Read(output);
        made.The("Service", service).At("metadata.labels")!.ToJsonString().ShouldContain($"\"app\":\"stash\",\"release\":\"{release}\"");
        var arguments = Operator(made).At("args")!.AsArray().Select(a => a!.ToString()).ToArray();
        arguments.ShouldContain($"--service-name={service}");
        arguments.ShouldContain($"--service-labels=app=stash,release={release}");
        arguments.ShouldContain($"--servicemonitor-name={monitor}");
        arguments.ShouldContain($"--certificate-secret-name={secret}");

        // The rights are for what it makes, and for nothing else of that kind.
        var named = made.Where(m => m["kind"]!.ToString() is "Role" or "ClusterRole").SelectMany(m => m["rules"]!.AsArray()).SelectMany(r => r!["resourceNames"]?.AsArray() ?? []).Select(n => n!.ToString()).ToHashSet(StringComparer.Ordinal);
        named.ShouldBe(new HashSet<string>(StringComparer.Ordinal) { service, $"{service}-ca", $"{service}-monitoring", monitor, secret, "stash-metrics-reader-stash", "v1alpha1.monitoring.stash.appscode.com", "stash",
            "monitorings.stash.appscode.com", "servicemonitors.monitoring.coreos.com", "prometheuses.monitoring.coreos.com" }, ignoreOrder: true);
        foreach (var name in made.Select(m => m["metadata"]!["name"]!.ToString()))
        {
            name.Length.ShouldBeLessThan(name.Contains('.', StringComparison.Ordinal) ? 253 : 100);
        }
    }

    [Fact]
    public async Task Service_and_ports_are_those_of_the_documentation()
    {
        var made = Manifests.Read(await Helm.TemplateAsync("stash", "--show-only=templates/operator.yaml"));
        made.The("Service", "stash-operator").At("spec.ports")!.ToJsonString().ShouldBe("""[{"name":"api","port":443,"targetPort":"api","protocol":"TCP"},{"name":"pushgateway","port":56789,"targetPort":"pushgateway","protocol":"TCP"}]""");
        Operator(made).At("ports")!.ToJsonString().ShouldBe("""[{"name":"api","containerPort":8443,"protocol":"TCP"},{"name":"pushgateway","containerPort":56789,"protocol":"TCP"}]""");
    }

    [Fact]
    public async Task Each_pod_is_restricted_and_writes_to_its_volumes_alone()
    {
        var pods = Manifests.Read(await Helm.TemplateAsync("stash", Everything)).Select(m => m.At("spec.template.spec")).OfType<JsonObject>().ToList();
        pods.Count.ShouldBe(3);
        foreach (var pod in pods)
        {
            pod.At("securityContext.runAsNonRoot")!.ToJsonString().ShouldBe("true");
            pod.At("securityContext.runAsUser")!.ToJsonString().ShouldBe("1654");
            pod.At("securityContext.seccompProfile.type")!.ToString().ShouldBe("RuntimeDefault");
            pod.ContainsKey("hostNetwork").ShouldBeFalse();
            var container = pod["containers"]!.AsArray().ShouldHaveSingleItem()!;
            container["securityContext"]!.ToJsonString().ShouldBe("""{"allowPrivilegeEscalation":false,"readOnlyRootFilesystem":true,"capabilities":{"drop":["ALL"]}}""");
            container.At("resources.requests.memory").ShouldNotBeNull();
            container.At("resources.limits.memory").ShouldNotBeNull();
            pod["volumes"]!.AsArray().Select(v => v!.AsObject().Single(p => p.Key != "name").Key).ShouldBeSubsetOf(["emptyDir", "persistentVolumeClaim", "configMap", "secret"]);
            container["image"]!.ToString().ShouldMatch("^registry\\.example\\.com/team/stash-(operator|console):1\\.2\\.3$");
        }
    }

    [Fact]
    public async Task One_process_has_the_data_folder()
    {
        var deployment = Manifests.Read(await Helm.TemplateAsync("stash", "--show-only=templates/operator.yaml")).The("Deployment", "stash-operator");
        (deployment.At("spec.replicas")!.ToString(), deployment.At("spec.strategy.type")!.ToString()).ShouldBe(("1", "Recreate"));
        deployment.At("spec.template.spec.volumes.0.persistentVolumeClaim.claimName")!.ToString().ShouldBe("stash-operator");
    }

    [Fact]
    public async Task The_options_of_the_pods_are_documented()
    {
        var documented = await File.ReadAllTextAsync(Path.Combine(AppContext.BaseDirectory, "docs", "options.md"), Stop);
        var made = Manifests.Read(await Helm.TemplateAsync("stash", Everything));
        var flags = Operator(made).At("args")!.AsArray().Concat(made.The("Deployment", "stash-operator-console").At("spec.template.spec.containers.0.args")!.AsArray())
            .Select(a => a!.ToString()).Where(a => a != "run").Select(a => a.Split('=')[0]).ToList();
        flags.Count.ShouldBeGreaterThan(20);
        flags.ShouldAllBe(f => documented.Contains($"`{f} ") || documented.Contains($"`{f}`") || documented.Contains($"`{f.TrimStart('-')}`") || documented.Contains($"{f} "));
    }

    [Theory]
    [InlineData("1.20.2", "policy/v1beta1")]
    [InlineData("1.21.0", "policy/v1")]
    [InlineData("1.36.0", "policy/v1")]
    public async Task No_version_of_an_API_that_the_cluster_does_not_have(string kubernetes, string policy)
    {
        var made = Manifests.Read(await Helm.TemplateAsync("stash", [$"--kube-version={kubernetes}", "--include-crds", .. Everything]));
        made.Where(m => m["kind"]!.ToString() == "PodDisruptionBudget").Select(m => m["apiVersion"]!.ToString()).ShouldBe([policy, policy]);
        made.Select(m => m["apiVersion"]!.ToString()).Distinct(StringComparer.Ordinal).ShouldBe(
            [policy, "v1", "apps/v1", "batch/v1", "networking.k8s.io/v1", "rbac.authorization.k8s.io/v1", "apiregistration.k8s.io/v1", "apiextensions.k8s.io/v1"], ignoreOrder: true);
    }

    [Fact]
    public async Task Without_what_is_switched_off_there_is_none_of_it()
    {
        var made = Manifests.Read(await Helm.TemplateAsync("stash",
            "--set=console.enabled=false,rbac.create=false,networkPolicy.enabled=false,operator.podDisruptionBudget.enabled=false,persistence.enabled=false,uninstall.cleanUp=false,operator.serviceAccount.create=false"));
        made.Select(Manifests.NameOf).ShouldBe(["ConfigMap stash/stash-operator-monitoring", "Service stash/stash-operator", "Deployment stash/stash-operator"], ignoreOrder: true);
        made.The("Deployment", "stash-operator").At("spec.template.spec.volumes.0")!.ToJsonString().ShouldBe("""{"name":"data","emptyDir":{}}""");
    }

    [Fact]
    public async Task The_manifest_for_kubectl_alone_is_what_the_chart_makes()
    {
        var folder = Path.Combine(AppContext.BaseDirectory, "deploy");
        var manifest = Manifests.Read(await File.ReadAllTextAsync(Path.Combine(folder, "stash.yaml"), Stop)).Where(m => m["kind"]!.ToString() != "Namespace");
        var chart = Manifests.Read(await Helm.TemplateAsync("stash", "--include-crds", "--no-hooks", $"--values={Path.Combine(folder, "stash.values.yaml")}"));
        manifest.Select(Installed.Text).ShouldBe(chart.Select(Installed.Text), "eng/manifests writes it");
    }

    [Fact]
    public async Task The_journal_may_be_in_PostgreSQL_and_its_password_in_a_Secret()
    {
        var pod = Manifests.Read(await Helm.TemplateAsync("stash", Everything)).The("Deployment", "stash-operator").At("spec.template.spec")!;
        pod.At("containers.0.env")!.ToJsonString().ShouldStartWith("""[{"name":"Stash__Journal__Postgres","value":"Host=db;Database=stash;Username=stash"},{"name":"Stash__Journal__PostgresPasswordFile","value":"/etc/stash/journal/password"},""");
        pod["volumes"]!.ToJsonString().ShouldContain("""{"name":"journal","secret":{"secretName":"journal"}}""");
    }

    private static JsonNode Operator(IEnumerable<JsonObject> made) => made.Single(m => m.At("spec.template.spec.containers.0.name")?.ToString() == "operator" && m["kind"]!.ToString() == "Deployment").At("spec.template.spec.containers.0")!;
}
