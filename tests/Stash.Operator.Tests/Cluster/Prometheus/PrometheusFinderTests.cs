using Stash.Core.Configuration;
using Stash.Core.Kubernetes;
using Stash.Core.Monitoring.Prometheuses;
using Stash.Operator.Tests.Support;
using Stash.Operator.Tests.Support.Kubernetes;

namespace Stash.Operator.Tests.Cluster.Prometheus;

/// <summary><c>Prometheus</c> resources on a real API server: found, judged, and what is told where they cannot be read.</summary>
[Collection(KubeOutageTests.Name)]
public sealed class PrometheusFinderTests(KubeCluster cluster) : IAsyncLifetime
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        await cluster.InstallPrometheusOperatorKindsAsync();
        await cluster.KubectlAsync("delete", "prometheuses", "--all", "--all-namespaces");
        foreach (var name in new[] { "finder", "prom-one", "prom-two" })
        {
            await cluster.ServiceAccountAsync(name, "default");
        }
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task Those_of_all_namespaces_are_found_and_judged()
    {
        await ApplyAsync();
        await cluster.KubectlAsync("label", "namespace", "prom-one", "team-");

        using var connection = await ConnectAsync("prometheuses.monitoring.coreos.com", "namespaces");
        var found = await new PrometheusFinder(connection.Client).FindAsync(Stop);
        (found.Problem, found.NamespacesProblem, found.IsKnown).ShouldBe((null, null, true));
        found.Namespaces!.Keys.ShouldContain("kube-system");
        var first = found.Prometheuses.Single(p => p.Metadata.Name == "own" && p.Spec.Secrets is not null);
        (first.Kind, first.ApiVersion, first.Metadata.NamespaceProperty).ShouldBe(("Prometheus", "monitoring.coreos.com/v1", "prom-one"));

        var facts = Facts("prom-one", "app=stash");
        var it = found.Select(facts);
        it.Prometheuses.Select(p => $"{p.Namespace}/{p.Name} {p.Verdict}").ShouldBe(
        [
            "prom-one/none NotSelected", "prom-one/own Selected", "prom-one/release NotSelected",
            "prom-two/all Selected", "prom-two/by-team NotSelected", "prom-two/denies NotSelected", "prom-two/own NotSelected",
        ]);
        it.Prometheuses.SelectMany(p => p.Obstacles).Select(o => o.Kind).ShouldBe(
            [PrometheusFindingKind.NoSelector, PrometheusFindingKind.Label, PrometheusFindingKind.NamespaceLabel, PrometheusFindingKind.FilesDenied, PrometheusFindingKind.OtherNamespace]);
        it.Selecting.SelectMany(p => p.Warnings).Select(w => w.Kind).ShouldBe([PrometheusFindingKind.SecretElsewhere, PrometheusFindingKind.SecretNotMounted]);
        it.ServiceAccounts.ShouldBe([new("prom-one", "prometheus-k8s"), new("prom-two", "default")]);

        // The remedies help.
        var labels = it.Prometheuses.Single(p => p.Name == "release").SuggestedLabels!;
        found.Select(facts with { Labels = labels }).Selecting.Select(p => p.Name).ShouldBe(["own", "release", "all"]);
        var remedy = it.Prometheuses.Single(p => p.Name == "by-team").Obstacles.ShouldHaveSingleItem().Message.TrimEnd('.').Split(": kubectl ")[1];
        (await cluster.KubectlAsync(remedy.Split(' '))).ExitCode.ShouldBe(0, remedy);
        (await new PrometheusFinder(connection.Client).FindAsync(Stop)).Select(facts).Selecting.Select(p => p.Name).ShouldBe(["own", "all", "by-team"]);
    }

    [Fact]
    public async Task What_is_found_in_pages_is_the_same()
    {
        await ApplyAsync();
        var whole = await new PrometheusFinder(cluster.Admin).FindAsync(Stop);
        var pages = await new PrometheusFinder(cluster.Admin, pageSize: 2).FindAsync(Stop);
        whole.Prometheuses.Count.ShouldBe(7);
        pages.Prometheuses.Select(p => p.Metadata.Uid).ShouldBe(whole.Prometheuses.Select(p => p.Metadata.Uid));
        pages.Namespaces!.Count.ShouldBeGreaterThan(3);
        pages.Namespaces.Keys.ShouldBe(whole.Namespaces!.Keys, ignoreOrder: true);
    }

    [Theory]
    [InlineData(1, 2)]
    [InlineData(int.MaxValue, 3)]
    public async Task A_reading_that_the_cluster_forgets_midway_is_begun_again_thrice_at_most(int times, int begun)
    {
        await ApplyAsync();
        using ForgetsHistory forgets = new(cluster, times);
        using k8s.Kubernetes client = new(k8s.KubernetesClientConfiguration.BuildConfigFromConfigFile(cluster.AdminKubeconfig), forgets);
        var found = await new PrometheusFinder(client, pageSize: 2).FindAsync(Stop);
        forgets.Begun.ShouldBe(begun);
        if (times == 1)
        {
            found.Problem.ShouldBeNull();
            found.Prometheuses.Select(p => p.Metadata.Uid).Distinct(StringComparer.Ordinal).Count().ShouldBe(7);
        }
        else
        {
            found.Problem.ShouldBe(new(ClusterProblemKind.Expired, "The cluster's API server failed at the request to list prometheuses.monitoring.coreos.com (410): its log tells more."));
        }
    }

    [Fact]
    public async Task Where_the_Prometheus_operator_is_not_installed_there_are_none()
    {
        (await new PrometheusFinder(cluster.Admin).FindAsync(Stop)).IsKnown.ShouldBeTrue();
        using var connection = await ConnectAsync("prometheuses.monitoring.coreos.com", "namespaces");
        await cluster.RemovePrometheusOperatorKindsAsync();
        try
        {
            var found = await new PrometheusFinder(connection.Client).FindAsync(Stop);
            (found.IsKnown, found.Problem, found.Prometheuses.Count).ShouldBe((false, null, 0));
            found.Select(Facts("prom-one", "app=stash")).Summary.ShouldStartWith("There is no Prometheus resource in the cluster");
        }
        finally
        {
            await cluster.InstallPrometheusOperatorKindsAsync();
        }
    }

    [Fact]
    public async Task A_right_that_is_missing_is_named()
    {
        await ApplyAsync();
        using (var connection = await ConnectAsync())
        {
            var found = await new PrometheusFinder(connection.Client).FindAsync(Stop);
            found.Problem.ShouldBe(new(ClusterProblemKind.Forbidden,
                "The operator may not list prometheuses.monitoring.coreos.com in the cluster: give its service account a ClusterRole with the verb list on prometheuses.monitoring.coreos.com."));
            found.Prometheuses.ShouldBeEmpty();
        }

        using (var connection = await ConnectAsync("prometheuses.monitoring.coreos.com"))
        {
            var found = await new PrometheusFinder(connection.Client).FindAsync(Stop);
            found.Problem.ShouldBeNull();
            found.NamespacesProblem.ShouldBe(new(ClusterProblemKind.Forbidden, "The operator may not list namespaces in the cluster: give its service account a ClusterRole with the verb list on namespaces."));
            found.Namespaces.ShouldBeNull();

            // Those that go by no namespace's label are judged all the same.
            found.Select(Facts("prom-one", "app=stash")).Prometheuses.Where(p => p.Verdict != PrometheusVerdict.NotSelected).Select(p => $"{p.Name} {p.Verdict}")
                .ShouldBe(["own Selected", "all Selected", "by-team Unknown"]);
        }
    }

    [Fact]
    public async Task A_token_that_is_not_known_is_told()
    {
        using var connection = Open(cluster.KubeconfigOf("finder-stranger", "nobody's"));
        (await new PrometheusFinder(connection.Client).FindAsync(Stop)).Problem!.Kind.ShouldBe(ClusterProblemKind.Unauthorized);
    }

    [Fact]
    public async Task A_server_that_is_away_is_told_and_found_again()
    {
        await ApplyAsync();
        using var connection = Open(cluster.AdminKubeconfig);
        PrometheusFinder finder = new(connection.Client);
        await cluster.StopServerAsync();
        try
        {
            (await finder.FindAsync(Stop)).Problem.ShouldBe(new(ClusterProblemKind.Unreachable, "The cluster's API server cannot be connected to: see that it runs and that its address is right."));
        }
        finally
        {
            await cluster.StartServerAsync();
        }

        await Eventually.TrueAsync("found again", async () => (await finder.FindAsync(Stop)).Prometheuses.Count == 7);

        cluster.Freeze(true);
        try
        {
            (await finder.FindAsync(Stop)).Problem.ShouldBe(new(ClusterProblemKind.Unreachable, "The cluster's API server does not answer in time: see that it runs and that nothing between holds its answers up."));
        }
        finally
        {
            cluster.Freeze(false);
        }

        using CancellationTokenSource ended = new();
        await ended.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => finder.FindAsync(ended.Token));
    }

    private static ServiceMonitorFacts Facts(string @namespace, string label) => new()
    {
        Namespace = @namespace,
        Labels = new Dictionary<string, string>(StringComparer.Ordinal) { [label.Split('=')[0]] = label.Split('=')[1] },
        OperatorNamespace = "finder",
        Backup = true,
        Operator = true,
    };

    private static KubernetesConnection Open(string kubeconfig) => KubernetesConnection.Open(new KubernetesOptions { Mode = "auto", Kubeconfig = kubeconfig, Namespace = null, ServiceName = "stash-operator" })!;

    /// <summary>As a service account that may list these and nothing else.</summary>
    private async Task<KubernetesConnection> ConnectAsync(params string[] resources)
    {
        // A new one each time: rights that are taken away fade, as those that are given come, a moment later.
        var name = $"finder-{Guid.NewGuid():N}";
        var kubeconfig = cluster.KubeconfigOf(name, await cluster.ServiceAccountAsync("finder", name));
        if (resources.Length > 0)
        {
            (await cluster.KubectlAsync(["create", "clusterrole", name, "--verb=list", .. resources.Select(r => $"--resource={r}")])).ExitCode.ShouldBe(0);
            (await cluster.KubectlAsync("create", "clusterrolebinding", name, $"--clusterrole={name}", $"--serviceaccount=finder:{name}")).ExitCode.ShouldBe(0);
            foreach (var resource in resources)
            {
                await Eventually.TrueAsync($"may list {resource}", async () => (await KubeCluster.KubectlAsAsync(kubeconfig, "auth", "can-i", "list", resource, "--all-namespaces")).ExitCode == 0);
            }
        }

        return Open(kubeconfig);
    }

    private Task ApplyAsync() => cluster.ApplyAsync("""
        apiVersion: monitoring.coreos.com/v1
        kind: Prometheus
        metadata: {name: none, namespace: prom-one}
        spec: {replicas: 1}
        ---
        apiVersion: monitoring.coreos.com/v1
        kind: Prometheus
        metadata: {name: own, namespace: prom-one}
        spec: {serviceAccountName: prometheus-k8s, secrets: [other, stash-apiserver-cert], serviceMonitorSelector: {matchLabels: {app: stash}}, resources: {requests: {memory: 400Mi}}}
        ---
        apiVersion: monitoring.coreos.com/v1
        kind: Prometheus
        metadata: {name: release, namespace: prom-one}
        spec: {secrets: [stash-apiserver-cert], serviceMonitorSelector: {matchExpressions: [{key: release, operator: In, values: [prom, prom-2]}]}}
        ---
        apiVersion: monitoring.coreos.com/v1
        kind: Prometheus
        metadata: {name: own, namespace: prom-two}
        spec: {serviceMonitorSelector: {matchLabels: {app: stash}}}
        ---
        apiVersion: monitoring.coreos.com/v1
        kind: Prometheus
        metadata: {name: all, namespace: prom-two}
        spec: {serviceMonitorSelector: {}, serviceMonitorNamespaceSelector: {}}
        ---
        apiVersion: monitoring.coreos.com/v1
        kind: Prometheus
        metadata: {name: by-team, namespace: prom-two}
        spec: {serviceMonitorSelector: {matchLabels: {app: stash}}, serviceMonitorNamespaceSelector: {matchExpressions: [{key: team, operator: Exists}]}}
        ---
        apiVersion: monitoring.coreos.com/v1
        kind: Prometheus
        metadata: {name: denies, namespace: prom-two}
        spec: {serviceMonitorSelector: {matchLabels: {app: stash}}, serviceMonitorNamespaceSelector: {}, arbitraryFSAccessThroughSMs: {deny: true}}
        """);

    /// <summary>Has the cluster forget its history after each first page of Prometheus resources, so often.</summary>
    private sealed class ForgetsHistory(KubeCluster cluster, int times) : DelegatingHandler
    {
        public int Begun { get; private set; }

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var response = await base.SendAsync(request, cancellationToken);
            if (request.RequestUri!.AbsolutePath.EndsWith("/prometheuses", StringComparison.Ordinal) && !request.RequestUri.Query.Contains("continue=", StringComparison.Ordinal) && Begun++ < times)
            {
                await cluster.ForgetHistoryAsync();
            }

            return response;
        }
    }
}
