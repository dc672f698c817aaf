using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using k8s;
using Stash.Operator.Tests.Support;
using Stash.Operator.Tests.Support.Kubernetes;

namespace Stash.Operator.Tests.Access;

/// <summary>What holds while the cluster is away, refuses the operator or changes, and what a client costs it.</summary>
[Collection(KubeAccessTests.Name)]
public sealed class ClusterOutageTests(KubeCluster cluster) : IDisposable
{
    private const string Local = "local-token-of-the-test-0123456789";

    private readonly TempFolder _files = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => _files.Dispose();

    [Fact]
    public async Task What_is_known_holds_for_ten_seconds_and_then_it_is_503_until_the_cluster_is_back()
    {
        await using var it = await StartAsync(await cluster.OperatorAsync());
        using var client = await PrometheusAsync(it);
        using var local = it.NewApiClient(Local);
        try
        {
            await cluster.StopServerAsync();
            var stopped = TimeProvider.System.GetTimestamp();
            using var answer = await Eventually.GetAsync("503", async () =>
            {
                var got = await client.GetAsync("/metrics", Stop);
                if (got.StatusCode == HttpStatusCode.OK)
                {
                    // No answer is older than ten seconds: this one was known before the end.
                    TimeProvider.System.GetElapsedTime(stopped).ShouldBeLessThan(TimeSpan.FromSeconds(30));
                    got.Dispose();
                    return null;
                }

                return got;
            });
            var status = await answer.StatusAsync(HttpStatusCode.ServiceUnavailable);
            status.Reason.ShouldBe("ServiceUnavailable");
            status.Message.ShouldStartWith("The cluster's API server, which says who may do this, does not answer the operator");
            answer.Headers.RetryAfter!.Delta.ShouldBe(TimeSpan.FromSeconds(5));
            answer.Headers.WwwAuthenticate.ShouldBeEmpty();

            // A wrong token is not called wrong either, as nobody knows; a token of a file still is right.
            using var wrong = it.NewApiClient("wrong");
            (await CodeAsync(wrong)).ShouldBe(HttpStatusCode.ServiceUnavailable);

            // Whose a certificate is needs no answer, what they may does.
            using var certificate = cluster.Clients.IssueClient("CN=root, O=system:masters");
            using var root = it.NewApiClient(null, certificate);
            using var unsure = await root.GetAsync("/metrics", Stop);
            (await unsure.StatusAsync(HttpStatusCode.ServiceUnavailable)).Details!.RetryAfterSeconds.ShouldBe(5);
            var metrics = await local.GetStringAsync("/metrics", Stop);
            metrics.ShouldNotContain("stash_authorization_decisions_total{result=\"unavailable\"} 0\n");
            metrics.ShouldContain("stash_kubernetes_reachable 0\n");
            metrics.ShouldContain("stash_authentication_attempts_total{method=\"token\",result=\"unavailable\"}");

            // The gateway goes on, so the operator stays ready; the check tells what is wrong.
            await it.ReadyTellsAsync("[+]kubernetes ok: The cluster's API server cannot be connected to", HttpStatusCode.OK);
        }
        finally
        {
            await cluster.StartServerAsync();
        }

        await Eventually.TrueAsync("it is let in again", async () => await CodeAsync(client) == HttpStatusCode.OK);
        (await local.GetStringAsync("/metrics", Stop)).ShouldContain("stash_kubernetes_reachable 1\n");
        // Whoever met it last says it: a watch that broke, or a request that could not connect.
        await Eventually.TrueAsync("the log tells that it is over", () => it.Process.Output.Split('\n').Any(l => l.Contains("No more so: The ", StringComparison.Ordinal) && l.Contains("cluster's API server ", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_cluster_that_swallows_everything_is_503_too()
    {
        await using var it = await StartAsync(await cluster.OperatorAsync());
        using var client = await PrometheusAsync(it);
        cluster.Freeze(frozen: true);
        try
        {
            using var answer = await Eventually.GetAsync("503", async () =>
            {
                // Five seconds for whose the token is, and as many for what it may, where the first was answered just before.
                using var bound = CancellationTokenSource.CreateLinkedTokenSource(Stop);
                bound.CancelAfter(TimeSpan.FromSeconds(30));
                var got = await client.GetAsync("/metrics", bound.Token);
                return got.StatusCode == HttpStatusCode.OK ? null : got;
            });
            await answer.StatusAsync(HttpStatusCode.ServiceUnavailable);
        }
        finally
        {
            cluster.Freeze(frozen: false);
        }

        await Eventually.TrueAsync("it is let in again", async () => await CodeAsync(client) == HttpStatusCode.OK);
    }

    [Fact]
    public async Task An_operator_that_starts_while_the_cluster_is_away_says_so_and_waits_for_it()
    {
        var kubeconfig = await cluster.OperatorAsync();
        var token = await cluster.ServiceAccountAsync("monitoring", "prometheus");
        await cluster.ApplyAsync(Docs.Manifest("Prometheus"));
        using var certificate = cluster.Clients.IssueClient("CN=root, O=system:masters");
        await cluster.StopServerAsync();
        OperatorProcess? it = null;
        try
        {
            it = await StartAsync(kubeconfig);
            await Eventually.TrueAsync("it says so", () => it.Process.Output.Contains("The cluster's API server cannot be connected to", StringComparison.Ordinal));
            using var early = it.NewApiClient(null, certificate);
            using var answer = await early.GetAsync("/metrics", Stop);
            await answer.StatusAsync(HttpStatusCode.ServiceUnavailable);
        }
        finally
        {
            await cluster.StartServerAsync();
        }

        try
        {
            using var client = it!.NewApiClient(token);
            await Eventually.TrueAsync("a token is known", async () => await CodeAsync(client) == HttpStatusCode.OK);
            using var root = it.NewApiClient(null, certificate);
            await Eventually.TrueAsync("a certificate is known", async () => await CodeAsync(root) == HttpStatusCode.OK);
        }
        finally
        {
            await it!.DisposeAsync();
        }
    }

    [Fact]
    public async Task Without_the_right_to_read_the_authorities_tokens_work_and_log_and_health_say_what_to_bind()
    {
        var own = await cluster.ServiceAccountAsync("stash", "half");
        await cluster.ApplyAsync(Docs.Manifest("the operator").Split("---")[0].Replace("name: stash-operator", "name: half", StringComparison.Ordinal));
        await using var it = await StartAsync(cluster.KubeconfigOf("half", own, "stash"));
        const string Remedy = "so that it knows no client certificates in the cluster: bind the Role extension-apiserver-authentication-reader in kube-system to its service account.";
        await it.LoggedAsync(Remedy);
        using var client = await PrometheusAsync(it);
        await it.ReadyTellsAsync(Remedy, HttpStatusCode.OK);
        using var certificate = cluster.Clients.IssueClient("CN=root, O=system:masters");
        using var root = it.NewApiClient(null, certificate);
        (await CodeAsync(root)).ShouldBe(HttpStatusCode.Unauthorized);

        // The right comes, and with it what was missing; it had been said once.
        await cluster.ApplyAsync(Docs.Manifest("the operator").Split("---")[1].Replace("name: stash-operator", "name: half", StringComparison.Ordinal));
        await Eventually.TrueAsync("a certificate is known", async () => await CodeAsync(root) == HttpStatusCode.OK);
        it.Process.Output.Split('\n').Count(l => l.Contains(Remedy, StringComparison.Ordinal) && !l.Contains("No more so", StringComparison.Ordinal) && !l.Contains("Health check", StringComparison.Ordinal)).ShouldBe(1);
    }

    [Fact]
    public async Task Without_the_right_to_review_it_is_503_and_the_log_says_what_to_bind()
    {
        var own = await cluster.ServiceAccountAsync("stash", "none");
        await using var it = await StartAsync(cluster.KubeconfigOf("none", own, "stash"));
        using var client = it.NewApiClient(await cluster.ServiceAccountAsync("monitoring", "prometheus"));
        using var answer = await client.GetAsync("/metrics", Stop);
        await answer.StatusAsync(HttpStatusCode.ServiceUnavailable);
        await it.LoggedAsync("The operator may not create tokenreviews.authentication.k8s.io in the cluster: bind the ClusterRole system:auth-delegator to its service account.");
    }

    [Fact]
    public async Task An_authority_that_the_cluster_adds_is_known_without_a_restart()
    {
        await using var it = await StartAsync(await cluster.OperatorAsync());
        using TestAuthority added = new();
        using var certificate = added.IssueClient("CN=root, O=system:masters");
        using var client = it.NewApiClient(null, certificate);
        await Eventually.TrueAsync("the authorities are known", () => it.Process.Output.Contains("The cluster's client certificates are known: 1 ", StringComparison.Ordinal));
        (await CodeAsync(client)).ShouldBe(HttpStatusCode.Unauthorized);
        var map = await cluster.Admin.CoreV1.ReadNamespacedConfigMapAsync("extension-apiserver-authentication", "kube-system", cancellationToken: Stop);
        var before = map.Data["client-ca-file"];
        map.Data["client-ca-file"] = $"{before.TrimEnd()}\n{added.Certificate.ExportCertificatePem()}\n";
        await cluster.Admin.CoreV1.ReplaceNamespacedConfigMapAsync(map, map.Metadata.Name, "kube-system", cancellationToken: Stop);
        await Eventually.TrueAsync("its certificate is taken", async () => await CodeAsync(client) == HttpStatusCode.OK);
        await cluster.Admin.CoreV1.DeleteNamespacedConfigMapAsync(map.Metadata.Name, "kube-system", cancellationToken: Stop);
        await Eventually.TrueAsync("and not once it is gone again", async () => await CodeAsync(client) == HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task Many_requests_with_one_token_cost_one_review_and_wrong_ones_no_more_than_their_number()
    {
        await using var it = await StartAsync(await cluster.OperatorAsync(), burst: 5);
        using var local = it.NewApiClient(Local);
        var token = await cluster.ServiceAccountAsync("monitoring", "prometheus");
        await cluster.ApplyAsync(Docs.Manifest("Prometheus"));
        using var client = it.NewApiClient(token);
        var codes = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => CodeAsync(client)));
        codes.ShouldAllBe(c => c == HttpStatusCode.OK || c == HttpStatusCode.Forbidden);
        (await ReviewsAsync()).ShouldBe(1);

        // Fifty wrong ones at once, each another: five are looked at, and those that come with the seconds.
        using var stranger = it.NewApiClient(null);
        var began = TimeProvider.System.GetTimestamp();
        var wrong = await Task.WhenAll(Enumerable.Range(0, 50).Select(async i =>
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/metrics");
            request.Headers.Authorization = new("Bearer", string.Create(CultureInfo.InvariantCulture, $"wrong-{i}"));
            using var answer = await stranger.SendAsync(request, Stop);
            return answer.StatusCode;
        }));
        var earned = (int)Math.Ceiling(TimeProvider.System.GetElapsedTime(began).TotalSeconds);
        wrong.ShouldAllBe(c => c == HttpStatusCode.Unauthorized || c == HttpStatusCode.TooManyRequests);
        wrong.Count(c => c == HttpStatusCode.Unauthorized).ShouldBeInRange(5, 5 + earned);
        var again = await local.GetStringAsync("/metrics", Stop);
        Count(again).ShouldBeInRange(6, 7 + earned);

        // Its own token is known: nobody at its address can lock it out.
        await Eventually.TrueAsync("the right one is let in", async () => await CodeAsync(client) == HttpStatusCode.OK);

        async Task<int> ReviewsAsync() => Count(await local.GetStringAsync("/metrics", Stop));

        static int Count(string metrics) => int.Parse(
            Regex.Match(metrics, """^stash_kubernetes_requests_total\{request="tokenreview",result="succeeded"\} (?<count>\d+)$""", RegexOptions.Multiline | RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(5)).Groups["count"].Value, CultureInfo.InvariantCulture);
    }

    [Theory]
    [InlineData("kubernetes.default.svc", true)]
    [InlineData("other.example", false)]
    public async Task The_certificate_of_the_api_server_has_to_be_for_its_name(string name, bool good)
    {
        var kubeconfig = await File.ReadAllTextAsync(await cluster.OperatorAsync(), Stop);
        await File.WriteAllTextAsync(_files.In("named"), kubeconfig.Replace("certificate-authority-data:", $"tls-server-name: {name}, certificate-authority-data:", StringComparison.Ordinal), Stop);
        await using var it = await StartAsync(_files.In("named"));
        await Eventually.TrueAsync("it has asked", () => it.Process.Output.Contains(
            good ? "The cluster's client certificates are known" : "The certificate of the cluster's API server is not from the authority that the kubeconfig or service account names, or not for its address", StringComparison.Ordinal));
    }

    private static async Task<HttpStatusCode> CodeAsync(HttpClient client)
    {
        using var answer = await client.GetAsync("/metrics", Stop);
        return answer.StatusCode;
    }

    private async Task<HttpClient> PrometheusAsync(OperatorProcess it)
    {
        var client = it.NewApiClient(await cluster.ServiceAccountAsync("monitoring", "prometheus"));
        await cluster.ApplyAsync(Docs.Manifest("Prometheus"));
        await Eventually.TrueAsync("Prometheus may", async () => await CodeAsync(client) == HttpStatusCode.OK);
        return client;
    }

    private async Task<OperatorProcess> StartAsync(string kubeconfig, int burst = 1000)
    {
        await File.WriteAllTextAsync(_files.In("token"), Local, Stop);
        File.SetUnixFileMode(_files.In("token"), UnixFileMode.UserRead | UnixFileMode.UserWrite);
        return await OperatorProcess.StartWithAsync(new Dictionary<string, string>
        {
            ["Stash:Kubernetes:Kubeconfig"] = kubeconfig,
            ["Stash:Api:TokenFile"] = _files.In("token"),
            ["Stash:Api:FailedTriesBurst"] = burst.ToString(CultureInfo.InvariantCulture),
        });
    }
}
