using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography.X509Certificates;
using k8s;
using k8s.Models;
using Stash.Core.Api;
using Stash.Operator.Tests.Audit;
using Stash.Operator.Tests.Support;
using Stash.Operator.Tests.Support.Kubernetes;

namespace Stash.Operator.Tests.Access;

/// <summary>Who gets in, and may do what, where a real API server decides. The operator has the rights of docs/access.md and no other.</summary>
[Collection(KubeAccessTests.Name)]
public sealed class ClusterAccessTests(KubeCluster cluster, ClusterAccessTests.Fixture fixture) : IClassFixture<ClusterAccessTests.Fixture>
{
    private OperatorProcess It => fixture.Operator;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_service_account_with_the_right_reads_the_metrics_and_one_without_does_not()
    {
        await fixture.StartAsync(cluster);
        var prometheus = await cluster.ServiceAccountAsync("monitoring", "prometheus");
        var other = await cluster.ServiceAccountAsync("monitoring", "other");
        await cluster.ApplyAsync(Docs.Manifest("Prometheus"));

        using var with = It.NewApiClient(prometheus);
        await Eventually.TrueAsync("the right is there", async () => await CodeAsync(with, "/metrics") == HttpStatusCode.OK);
        (await with.GetStringAsync("/metrics", Stop)).ShouldContain("stash_kubernetes_reachable 1\n");

        using var without = It.NewApiClient(other);
        using var answer = await without.GetAsync("/metrics", Stop);
        var status = await answer.StatusAsync(HttpStatusCode.Forbidden);
        (status.Reason, status.Message).ShouldBe(("Forbidden", "forbidden: User \"system:serviceaccount:monitoring:other\" cannot get path \"/metrics\""));
        using var list = await with.GetAsync("sessions", Stop);
        (await list.StatusAsync(HttpStatusCode.Forbidden)).Message.ShouldContain("cannot list resource \"sessions\" in API group \"monitoring.stash.appscode.com\"");
    }

    [Fact]
    public async Task Who_shows_nothing_or_a_wrong_token_is_not_known()
    {
        await fixture.StartAsync(cluster);
        _ = await cluster.ServiceAccountAsync("monitoring", "prometheus");
        await cluster.ApplyAsync(Docs.Manifest("Prometheus"));
        using (var none = It.NewApiClient(null))
        {
            using var answer = await none.GetAsync("/metrics", Stop);
            (await answer.StatusAsync(HttpStatusCode.Unauthorized)).Message.ShouldStartWith("Send a token that the cluster knows");
            answer.Headers.WwwAuthenticate.ToString().ShouldBe("Bearer");
        }

        // Signed with the cluster's key, and good but for its end: the same with a later one is taken.
        var (over, good) = (await cluster.SignAsync("monitoring", "prometheus", DateTimeOffset.UtcNow.AddMinutes(-5)), await cluster.SignAsync("monitoring", "prometheus", DateTimeOffset.UtcNow.AddMinutes(5)));
        using (var known = It.NewApiClient(good))
        {
            await Eventually.TrueAsync("a good one is taken", async () => await CodeAsync(known, "/metrics") == HttpStatusCode.OK);
        }

        foreach (var token in new[] { over, "wrong", good[..^8] + "AAAAAAAA" })
        {
            using var client = It.NewApiClient(token);
            using var answer = await client.GetAsync("/metrics", Stop);
            (await answer.StatusAsync(HttpStatusCode.Unauthorized)).Message.ShouldStartWith("The token is none that the cluster knows, or it has expired.");
        }

        // No token of a file is known in a cluster, nor made.
        Directory.EnumerateFiles(It.DataDirectory, "*-token").ShouldBeEmpty();
    }

    [Fact]
    public async Task The_token_of_an_account_that_is_deleted_ends()
    {
        await fixture.StartAsync(cluster);
        var token = await cluster.ServiceAccountAsync("monitoring", "passing");
        await cluster.ApplyAsync(Docs.Manifest("Prometheus"));
        await BindAsync("passing-metrics", "stash-metrics", new Rbacv1Subject { Kind = "ServiceAccount", Name = "passing", NamespaceProperty = "monitoring" });
        using var client = It.NewApiClient(token);
        await Eventually.TrueAsync("it may", async () => await CodeAsync(client, "/metrics") == HttpStatusCode.OK);
        await cluster.Admin.CoreV1.DeleteNamespacedServiceAccountAsync("passing", "monitoring", cancellationToken: Stop);
        await Eventually.TrueAsync("its token is not known", async () => await CodeAsync(client, "/metrics") == HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task A_right_that_is_taken_away_ends()
    {
        await fixture.StartAsync(cluster);
        var token = await cluster.ServiceAccountAsync("monitoring", "former");
        await cluster.ApplyAsync(Docs.Manifest("Prometheus"));
        await BindAsync("former-metrics", "stash-metrics", new Rbacv1Subject { Kind = "ServiceAccount", Name = "former", NamespaceProperty = "monitoring" });
        using var client = It.NewApiClient(token);
        await Eventually.TrueAsync("it may", async () => await CodeAsync(client, "/metrics") == HttpStatusCode.OK);
        await cluster.Admin.RbacAuthorizationV1.DeleteClusterRoleBindingAsync("former-metrics", cancellationToken: Stop);
        await Eventually.TrueAsync("it may no more", async () => await CodeAsync(client, "/metrics") == HttpStatusCode.Forbidden);
    }

    [Fact]
    public async Task A_client_certificate_is_known_by_the_clusters_authority()
    {
        await fixture.StartAsync(cluster);
        await cluster.ApplyAsync(Docs.Manifest("Prometheus"));
        await BindAsync("scrapers-metrics", "stash-metrics", new Rbacv1Subject { ApiGroup = "rbac.authorization.k8s.io", Kind = "Group", Name = "scrapers" });
        using var with = cluster.Clients.IssueClient("CN=scraper, O=dev, O=scrapers");
        using var without = cluster.Clients.IssueClient("CN=scraper, O=dev, OU=scrapers, O=stash:admin");
        using TestAuthority stranger = new();
        using var foreign = stranger.IssueClient("CN=scraper, O=scrapers, O=system:masters");

        using var may = It.NewApiClient(null, with);
        await Eventually.TrueAsync("it may", async () => await CodeAsync(may, "/metrics") == HttpStatusCode.OK);
        using var mayNot = It.NewApiClient(null, without);
        using var refused = await mayNot.GetAsync("/metrics", Stop);
        (await refused.StatusAsync(HttpStatusCode.Forbidden)).Message.ShouldContain("User \"scraper\"");

        // One of the operator's own authority is known, but its groups give no right here.
        using var authority = TestAuthority.In(It.DataDirectory);
        using var own = authority.IssueClient("CN=own, O=stash:admin");
        using var ours = It.NewApiClient(null, own);
        using var powerless = await ours.GetAsync("/metrics", Stop);
        (await powerless.StatusAsync(HttpStatusCode.Forbidden)).Message.ShouldContain("User \"own\"");

        using var unknown = It.NewApiClient(null, foreign);
        using var answer = await unknown.GetAsync("/metrics", Stop);
        (await answer.StatusAsync(HttpStatusCode.Unauthorized)).Message.ShouldStartWith("The client certificate is not taken: it is not from an authority that is known here.");
    }

    [Fact]
    public async Task Only_a_front_proxy_may_name_the_user()
    {
        await fixture.StartAsync(cluster);
        await cluster.ApplyAsync(Docs.Manifest("people"));
        await BindAsync("alice-view", "stash-monitoring-view", new Rbacv1Subject { ApiGroup = "rbac.authorization.k8s.io", Kind = "User", Name = "alice" });
        using var proxy = cluster.Proxies.IssueClient("CN=front-proxy-client");
        using var trusted = Named(It.NewApiClient(null, proxy), "alice");
        await Eventually.TrueAsync("alice may", async () => await CodeAsync(trusted, "sessions") == HttpStatusCode.OK);
        using var bob = Named(It.NewApiClient(null, proxy), "bob");
        using var refused = await bob.GetAsync("sessions", Stop);
        (await refused.StatusAsync(HttpStatusCode.Forbidden)).Message.ShouldContain("User \"bob\" cannot list resource \"sessions\"");

        // The proxies' authority, another name; a client's certificate; nothing at all; a good token of somebody else.
        using var otherName = cluster.Proxies.IssueClient("CN=somebody");
        using var client = cluster.Clients.IssueClient("CN=front-proxy-client");
        var token = await cluster.ServiceAccountAsync("monitoring", "other");
        await CheckAsync(null, otherName, HttpStatusCode.Unauthorized, "not from an authority");
        await CheckAsync(null, client, HttpStatusCode.Forbidden, "User \"front-proxy-client\"");
        await CheckAsync(null, null, HttpStatusCode.Unauthorized, "Send a token");
        await CheckAsync(token, null, HttpStatusCode.Forbidden, "User \"system:serviceaccount:monitoring:other\"");

        async Task CheckAsync(string? shown, X509Certificate2? certificate, HttpStatusCode code, string message)
        {
            using var http = Named(It.NewApiClient(shown, certificate), "alice");
            using var answer = await http.GetAsync("sessions", Stop);
            (await answer.StatusAsync(code)).Message.ShouldContain(message);
        }

        static HttpClient Named(HttpClient http, string user)
        {
            http.DefaultRequestHeaders.Add("X-Remote-User", user);
            http.DefaultRequestHeaders.Add("X-Remote-Group", "system:authenticated");
            return http;
        }
    }

    [Fact]
    public async Task Who_may_not_is_in_the_audit_log_with_what_a_front_proxy_says_of_him_and_nobody_else()
    {
        await fixture.StartAsync(cluster);
        using var proxy = cluster.Proxies.IssueClient("CN=front-proxy-client");
        using var trusted = It.NewApiClient(null, proxy);
        using var other = It.NewApiClient(await cluster.ServiceAccountAsync("monitoring", "other"));
        foreach (var (client, name, method, addresses) in new[]
        {
            (trusted, "mallory", "proxy", new[] { "203.0.113.9", "127.0.0.1" }),
            (other, "system:serviceaccount:monitoring:other", "token", ["127.0.0.1"]),
        })
        {
            client.DefaultRequestHeaders.Add("X-Remote-User", "mallory");
            client.DefaultRequestHeaders.Add("X-Forwarded-For", "203.0.113.9, not an address");
            using var answer = await client.PutAsJsonAsync("settings", new Core.Monitoring.MonitoringManifest(), StashJson.Default.MonitoringManifest, Stop);
            (await answer.StatusAsync(HttpStatusCode.Forbidden)).Reason.ShouldBe("Forbidden");
            var line = It.Lines().Single(l => l.Text("auditID") == AuditTrail.IdOf(answer));
            (line.Text("user.username"), line.Text("authentication"), line.Text("responseStatus.code"), line.Text("responseStatus.reason")).ShouldBe((name, method, "403", "Forbidden"));
            line.GetProperty("sourceIPs").EnumerateArray().Select(a => a.GetString()!).ShouldBe(addresses);
        }
    }

    [Fact]
    public async Task What_may_be_done_is_by_resource_and_verb()
    {
        await fixture.StartAsync(cluster);
        await cluster.InstallMonitoringKindAsync();
        await cluster.ApplyAsync("""
            apiVersion: rbac.authorization.k8s.io/v1
            kind: Role
            metadata: {name: settings, namespace: stash}
            rules: [{apiGroups: [stash.appscode.com], resources: [monitorings], verbs: [get]}]
            ---
            apiVersion: rbac.authorization.k8s.io/v1
            kind: RoleBinding
            metadata: {name: settings, namespace: stash}
            roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: settings}
            subjects: [{kind: ServiceAccount, name: stash-operator, namespace: stash}]
            """);
        await cluster.ApplyAsync(Docs.Manifest("people"));
        var (viewer, editor) = (await cluster.ServiceAccountAsync("people", "viewer"), await cluster.ServiceAccountAsync("people", "editor"));
        await BindAsync("people-view", "stash-monitoring-view", new Rbacv1Subject { Kind = "ServiceAccount", Name = "viewer", NamespaceProperty = "people" });
        await BindAsync("people-edit", "stash-monitoring-edit", new Rbacv1Subject { Kind = "ServiceAccount", Name = "editor", NamespaceProperty = "people" });
        using var view = It.NewApiClient(viewer);
        using var edit = It.NewApiClient(editor);
        await Eventually.TrueAsync("both have their rights", async () => await CodeAsync(view, "sessions") == HttpStatusCode.OK && await CodeAsync(edit, "settings") == HttpStatusCode.OK);

        (await CodeAsync(view, "sessions/none")).ShouldBe(HttpStatusCode.NotFound);
        var settings = (await view.GetFromJsonAsync("settings", StashJson.Default.MonitoringManifest, Stop))!;
        using var preview = await view.PostAsJsonAsync("settings/preview", settings, StashJson.Default.MonitoringManifest, Stop);
        preview.StatusCode.ShouldBe(HttpStatusCode.OK);
        using var forbidden = await view.PutAsJsonAsync("settings", settings, StashJson.Default.MonitoringManifest, Stop);
        var status = await forbidden.StatusAsync(HttpStatusCode.Forbidden);
        status.Message.ShouldBe("settings.monitoring.stash.appscode.com is forbidden: User \"system:serviceaccount:people:viewer\" cannot update resource \"settings\" in API group \"monitoring.stash.appscode.com\" at the cluster scope");
        (status.Details!.Group, status.Details.Kind).ShouldBe(("monitoring.stash.appscode.com", "settings"));
        using var saved = await edit.PutAsJsonAsync("settings", settings, StashJson.Default.MonitoringManifest, Stop);
        saved.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await CodeAsync(edit, "sessions")).ShouldBe(HttpStatusCode.Forbidden);

        // What each would be told without trying.
        (await WhoAsync(view)).May.ShouldBe(new WhoMay { ViewSessions = true, ViewSettings = true, PreviewSettings = true, EditSettings = false });
        var editing = await WhoAsync(edit);
        editing.Name.ShouldBe("system:serviceaccount:people:editor");
        editing.Groups.ShouldContain("system:serviceaccounts:people");
        editing.May.ShouldBe(new WhoMay { ViewSessions = false, ViewSettings = true, PreviewSettings = true, EditSettings = true });
        using var stranger = It.NewApiClient(await cluster.ServiceAccountAsync("people", "nobody"));
        (await WhoAsync(stranger)).May.ShouldBe(new WhoMay { ViewSessions = false, ViewSettings = false, PreviewSettings = false, EditSettings = false });
        using var nobody = It.NewApiClient("wrong");
        (await CodeAsync(nobody, "whoami")).ShouldBe(HttpStatusCode.Unauthorized);

        // Whoever is known may discover; what is not there is forbidden to whom Kubernetes would forbid it, and not found to others.
        (await CodeAsync(edit, "/apis")).ShouldBe(HttpStatusCode.OK);
        (await CodeAsync(edit, "/none")).ShouldBe(HttpStatusCode.Forbidden);
        using var masters = cluster.Clients.IssueClient("CN=root, O=system:masters");
        using var root = It.NewApiClient(null, masters);
        (await CodeAsync(root, "/none")).ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Kubectl_goes_through_an_api_service_with_the_users_own_identity()
    {
        await fixture.StartAsync(cluster);
        await cluster.ApplyAsync(Docs.Manifest("people"));
        var (viewer, other) = (await cluster.ServiceAccountAsync("people", "viewer"), await cluster.ServiceAccountAsync("people", "stranger"));
        await BindAsync("people-view", "stash-monitoring-view", new Rbacv1Subject { Kind = "ServiceAccount", Name = "viewer", NamespaceProperty = "people" });
        await It.PushAsync(new SessionPush { App = "db" });
        var ca = Convert.ToBase64String(await File.ReadAllBytesAsync(Path.Combine(It.DataDirectory, "ca.crt"), Stop));
        await cluster.ApplyAsync($$"""
            apiVersion: v1
            kind: Service
            metadata: {name: stash-operator, namespace: stash}
            spec: {type: ExternalName, externalName: localhost}
            """);
        await cluster.ApplyAsync(Docs.Manifest("the aggregated API").Replace("CA_BUNDLE", ca, StringComparison.Ordinal).Replace("port: 443", $"port: {It.ApiAddress.Port}", StringComparison.Ordinal));

        var (mine, foreign) = (cluster.KubeconfigOf("viewer", viewer), cluster.KubeconfigOf("stranger", other));
        var sessions = $"{ApiPaths.Sessions}?limit=1";
        var failure = "";
        await Eventually.TrueAsync("the APIService is available", async () =>
        {
            var (code, output, error) = await KubeCluster.KubectlAsAsync(mine, "get", "--raw", sessions);
            failure = error;
            return code == 0 && output.Contains("\"app\":\"db\"", StringComparison.Ordinal);
        });
        var (wrong, _, refused) = await KubeCluster.KubectlAsAsync(foreign, "get", "--raw", sessions);
        wrong.ShouldBe(1);
        refused.ShouldContain("User \"system:serviceaccount:people:stranger\" cannot list resource \"sessions\"");

        var (_, resources, _) = await KubeCluster.KubectlAsAsync(mine, "api-resources", "--api-group=monitoring.stash.appscode.com", "-o", "name");
        resources.ShouldContain("sessions.monitoring.stash.appscode.com");
        using var masters = cluster.Clients.IssueClient("CN=root, O=system:masters");
        using var root = It.NewApiClient(null, masters);
        (await root.GetStringAsync("/metrics", Stop)).ShouldContain("stash_authentication_attempts_total{method=\"proxy\",result=\"accepted\"}");
    }

    [Fact]
    public async Task A_real_prometheus_scrapes_with_the_token_of_its_service_account()
    {
        await fixture.StartAsync(cluster);
        using TempFolder files = new();
        await File.WriteAllTextAsync(files.In("prometheus"), await cluster.ServiceAccountAsync("monitoring", "prometheus"), Stop);
        await File.WriteAllTextAsync(files.In("other"), await cluster.ServiceAccountAsync("monitoring", "other"), Stop);
        await File.WriteAllTextAsync(files.In("expired"), await cluster.SignAsync("monitoring", "prometheus", DateTimeOffset.UtcNow.AddMinutes(-5)), Stop);
        await cluster.ApplyAsync(Docs.Manifest("Prometheus"));
        string Job(string name, string credentials) => $$"""
              - job_name: {{name}}
                scheme: https
                {{credentials}}
                tls_config: {ca_file: "{{It.DataDirectory}}/ca.crt", server_name: stash-operator.stash.svc}
                static_configs: [{targets: ["{{It.ApiAddress.Authority}}"]}]

            """;
        string Token(string name) => $$"""authorization: {credentials_file: "{{files.In(name)}}"}""";
        await using PrometheusServer prometheus = new("global: {scrape_interval: 1s}\nscrape_configs:\n" + Job("good", Token("prometheus")) + Job("old-form", $"bearer_token_file: \"{files.In("prometheus")}\"")
            + Job("other", Token("other")) + Job("expired", Token("expired")) + Job("nobody", ""));

        foreach (var job in new[] { "good", "old-form" })
        {
            // The right may have come a moment after the first scrape.
            await Eventually.TrueAsync($"{job} is up", async () => await prometheus.TargetAsync(job) is { Health: "up", Error: "" });
        }

        (await prometheus.TargetAsync("other")).ShouldBe(new PrometheusServer.Target("down", "server returned HTTP status 403 Forbidden"));
        (await prometheus.TargetAsync("expired")).ShouldBe(new PrometheusServer.Target("down", "server returned HTTP status 401 Unauthorized"));
        (await prometheus.TargetAsync("nobody")).ShouldBe(new PrometheusServer.Target("down", "server returned HTTP status 401 Unauthorized"));
    }

    [Fact]
    public async Task No_secret_of_a_client_is_in_the_log()
    {
        await fixture.StartAsync(cluster);
        var token = await cluster.ServiceAccountAsync("people", "secret");
        using var client = It.NewApiClient(token);
        (await CodeAsync(client, "/metrics")).ShouldBe(HttpStatusCode.Forbidden);
        It.Process.Output.ShouldNotContain(token);
        It.Process.Output.ShouldNotContain("Exception");
    }

    private static async Task<WhoAmI> WhoAsync(HttpClient client) => (await client.GetFromJsonAsync("whoami", StashJson.Default.WhoAmI, Stop))!;

    private static async Task<HttpStatusCode> CodeAsync(HttpClient client, string path)
    {
        using var answer = await client.GetAsync(path, Stop);
        return answer.StatusCode;
    }

    private Task BindAsync(string name, string role, Rbacv1Subject subject) => cluster.ApplyAsync(KubernetesYaml.Serialize(new V1ClusterRoleBinding
    {
        ApiVersion = "rbac.authorization.k8s.io/v1",
        Kind = "ClusterRoleBinding",
        Metadata = new V1ObjectMeta { Name = name },
        RoleRef = new V1RoleRef { ApiGroup = "rbac.authorization.k8s.io", Kind = "ClusterRole", Name = role },
        Subjects = [subject],
    }));

    /// <summary>One operator for these tests, with the cluster.</summary>
    public sealed class Fixture : IAsyncDisposable
    {
        private readonly TempFolder _files = new();
        private OperatorProcess? _operator;

        internal OperatorProcess Operator => _operator!;

        public async ValueTask DisposeAsync()
        {
            if (_operator is not null)
            {
                await _operator.DisposeAsync();
            }

            _files.Dispose();
        }

        /// <summary>These tests come from one address, and many with wrong credentials.</summary>
        private string Patient()
        {
            File.WriteAllText(_files.In("own.json"), """{ "Stash:Api:FailedTriesBurst": 100000 }""");
            return _files.In("own.json");
        }

        internal async Task StartAsync(KubeCluster cluster)
        {
            _operator ??= await OperatorProcess.StartAsync("--kubeconfig", await cluster.OperatorAsync(), "--config", Patient());
            await Eventually.TrueAsync("the cluster's authorities are known", () => _operator.Process.Output.Contains("The cluster's client certificates are known", StringComparison.Ordinal));
        }
    }
}
