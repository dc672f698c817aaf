using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.RegularExpressions;
using Stash.Core.Api;
using Stash.Operator.Tests.Support;

namespace Stash.Operator.Tests.Access;

/// <summary>Who gets in where there is no cluster, and what they may do.</summary>
public sealed class EmbeddedAccessTests(EmbeddedAccessTests.Fixture fixture) : IClassFixture<EmbeddedAccessTests.Fixture>
{
    private const string SendToken = "Send the token of the file api-token in the operator's data folder as \"Authorization: Bearer TOKEN\".";

    private readonly OperatorProcess _operator = fixture.Operator;

    public static TheoryData<string, string> Closed => new(
        ("GET", ApiPaths.Sessions), ("GET", ApiPaths.Sessions + "/x"), ("GET", ApiPaths.Aggregates), ("GET", ApiPaths.Apps), ("GET", ApiPaths.Running), ("GET", ApiPaths.Events),
        ("GET", ApiPaths.Groups), ("GET", ApiPaths.Settings), ("PUT", ApiPaths.Settings), ("POST", ApiPaths.SettingsPreview), ("GET", ApiPaths.WhoAmI), ("DELETE", ApiPaths.Settings), ("GET", "/metrics"), ("GET", "/openapi/v1.json"),
        ("GET", "/apis"), ("GET", "/"), ("GET", "/apis/none"), ("GET", "/healthz/../metrics"), ("GET", "//metrics"), ("GET", "/%6detrics"), ("GET", "/healthz/%2e%2e/metrics"));

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(Closed))]
    public async Task Nothing_is_told_without_credentials(string method, string path)
    {
        foreach (var token in new[] { null, "wrong", new string('0', 64), _operator.Token + "0" })
        {
            using var client = _operator.NewApiClient(token);
            using var request = new HttpRequestMessage(new HttpMethod(method), $"{_operator.ApiAddress.GetLeftPart(UriPartial.Authority)}{path}");
            using var answer = await client.SendAsync(request, Stop);
            var status = await answer.StatusAsync(HttpStatusCode.Unauthorized);
            status.Reason.ShouldBe("Unauthorized");
            status.Message.ShouldBe(token is null ? SendToken : $"The token is none that is known here. {SendToken}");
            answer.Headers.WwwAuthenticate.ShouldBe([new AuthenticationHeaderValue("Bearer")]);
        }
    }

    [Theory]
    [InlineData("Basic")]
    [InlineData("Token")]
    public async Task Only_a_bearer_is_taken(string scheme)
    {
        using var client = _operator.NewApiClient(null);
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue(scheme, _operator.Token);
        using var answer = await client.GetAsync("sessions", Stop);
        await answer.StatusAsync(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task Health_is_open()
    {
        using var client = _operator.NewApiClient(null);
        foreach (var path in new[] { ApiPaths.Health, ApiPaths.Live, ApiPaths.Ready })
        {
            (await client.GetStringAsync(path, Stop)).ShouldBe("ok");
        }
    }

    [Fact]
    public async Task A_client_that_does_not_know_the_authority_refuses_it()
    {
        using var client = new HttpClient();
        await Should.ThrowAsync<HttpRequestException>(() => client.GetAsync(new Uri(_operator.ApiAddress, ApiPaths.Health), Stop));
    }

    /// <summary>What each role may: all, read, the metrics alone, nothing.</summary>
    [Theory]
    [InlineData("GET", ApiPaths.Sessions, "list", "sessions", true, false)]
    [InlineData("GET", ApiPaths.Sessions + "/none", "get", "sessions", true, false)]
    [InlineData("GET", ApiPaths.Aggregates, "list", "aggregates", true, false)]
    [InlineData("GET", ApiPaths.Apps, "list", "apps", true, false)]
    [InlineData("GET", ApiPaths.Running, "list", "running", true, false)]
    [InlineData("GET", ApiPaths.Groups, "list", "groups", true, false)]
    [InlineData("GET", ApiPaths.Settings, "get", "settings", true, false)]
    [InlineData("POST", ApiPaths.SettingsPreview, "create", "settings/preview", true, false)]
    [InlineData("PUT", ApiPaths.Settings, "update", "settings", false, false)]
    [InlineData("GET", "/metrics", "get", "", true, true)]
    [InlineData("POST", "/metrics", "post", "", false, false)]
    [InlineData("GET", "/openapi/v1.json", "get", "", true, false)]
    [InlineData("GET", "/apis", "get", "", true, false)]
    [InlineData("GET", "/none", "get", "", false, false)]
    public async Task A_role_may_what_it_is_for(string method, string path, string verb, string resource, bool view, bool metrics)
    {
        using var authority = TestAuthority.In(_operator.DataDirectory);
        (string Subject, bool May)[] roles = [("CN=root, O=stash:admin", true), ("CN=ci, O=dev, O=stash:view", view), ("CN=prometheus, O=stash:metrics", metrics), ("CN=nobody", false), ("CN=evil, O=stash:Admin", false), ("CN=evil, OU=stash:admin", false)];
        foreach (var (subject, may) in roles)
        {
            using var certificate = authority.IssueClient(subject);
            using var client = _operator.NewApiClient(null, certificate);
            await CheckAsync(client, may, subject[3..].Split(',')[0]);
        }

        using var all = _operator.NewApiClient(_operator.Token);
        await CheckAsync(all, true, "api-token");
        using var scraper = _operator.NewApiClient(_operator.ReadToken("metrics-token"));
        await CheckAsync(scraper, metrics, "metrics-token");

        async Task CheckAsync(HttpClient client, bool may, string user)
        {
            using var request = new HttpRequestMessage(new HttpMethod(method), path);
            request.Content = method == "GET" ? null : JsonContent.Create(new { });
            using var answer = await client.SendAsync(request, Stop);
            if (may)
            {
                answer.StatusCode.ShouldNotBe(HttpStatusCode.Forbidden, user);
                answer.StatusCode.ShouldNotBe(HttpStatusCode.Unauthorized, user);
                return;
            }

            var status = await answer.StatusAsync(HttpStatusCode.Forbidden);
            status.Reason.ShouldBe("Forbidden");
            if (resource.Length == 0)
            {
                status.Message.ShouldBe($"forbidden: User \"{user}\" cannot {verb} path \"{path}\"");
                return;
            }

            var name = path.EndsWith("/none", StringComparison.Ordinal) ? " \"none\"" : "";
            var plain = resource.Split('/')[0];
            status.Message.ShouldBe($"{plain}.{ApiPaths.Group}{name} is forbidden: User \"{user}\" cannot {verb} resource \"{resource}\" in API group \"{ApiPaths.Group}\" at the cluster scope");
            (status.Details!.Group, status.Details.Kind).ShouldBe((ApiPaths.Group, plain));
        }
    }

    [Fact]
    public async Task Whoever_is_known_may_ask_who_they_are_and_what_they_may()
    {
        using var authority = TestAuthority.In(_operator.DataDirectory);
        using var viewer = authority.IssueClient("CN=ci, O=dev, O=stash:view");
        using var nobody = authority.IssueClient("CN=nobody");
        using var view = _operator.NewApiClient(null, viewer);
        using var none = _operator.NewApiClient(null, nobody);
        await CheckAsync(_operator.Api, "api-token", true, true);
        await CheckAsync(view, "ci", true, false);
        await CheckAsync(none, "nobody", false, false);

        static async Task CheckAsync(HttpClient client, string name, bool view, bool edit)
        {
            var me = (await client.GetFromJsonAsync("whoami", StashJson.Default.WhoAmI, Stop))!;
            me.Name.ShouldBe(name);
            me.May.ShouldBe(new WhoMay { ViewSessions = view, ViewSettings = view, PreviewSettings = view, EditSettings = edit });
            me.Groups.Contains("stash:view").ShouldBe(name == "ci");
        }
    }

    [Fact]
    public async Task The_event_stream_is_for_who_may_watch()
    {
        using var authority = TestAuthority.In(_operator.DataDirectory);
        using var viewer = authority.IssueClient("CN=ci, O=stash:view");
        using var view = _operator.NewApiClient(null, viewer);
        using var stream = await view.GetAsync("events", HttpCompletionOption.ResponseHeadersRead, Stop);
        stream.StatusCode.ShouldBe(HttpStatusCode.OK);
        using var scraper = _operator.NewApiClient(_operator.ReadToken("metrics-token"));
        using var refused = await scraper.GetAsync("events", Stop);
        (await refused.StatusAsync(HttpStatusCode.Forbidden)).Message.ShouldContain("cannot watch resource \"events\"");
    }

    [Fact]
    public async Task A_certificate_that_is_not_good_is_told_why()
    {
        using var authority = TestAuthority.In(_operator.DataDirectory);
        using TestAuthority stranger = new();
        using var foreign = stranger.IssueClient("CN=root, O=stash:admin");
        using var over = authority.IssueClient("CN=root, O=stash:admin", to: TimeSpan.FromMinutes(-1));
        using var server = authority.IssueClient("CN=root, O=stash:admin", use: "1.3.6.1.5.5.7.3.1");
        using var nameless = authority.IssueClient("O=stash:admin");
        (System.Security.Cryptography.X509Certificates.X509Certificate2, string)[] all =
            [(foreign, "it is not from an authority that is known here"), (over, "it ended at"), (server, "it is not for clients"), (nameless, "no common name")];
        foreach (var (certificate, why) in all)
        {
            using var client = _operator.NewApiClient(null, certificate);
            using var answer = await client.GetAsync("sessions", Stop);
            (await answer.StatusAsync(HttpStatusCode.Unauthorized)).Message.ShouldContain(why);

            // A token that is right is taken beside it.
            using var both = _operator.NewApiClient(_operator.Token, certificate);
            (await both.GetAsync("sessions", Stop)).StatusCode.ShouldBe(HttpStatusCode.OK);
        }
    }

    [Fact]
    public async Task Names_that_only_a_front_proxy_may_give_are_ignored()
    {
        using var client = _operator.NewApiClient(null);
        client.DefaultRequestHeaders.Add("X-Remote-User", "root");
        client.DefaultRequestHeaders.Add("X-Remote-Group", "stash:admin");
        using var answer = await client.GetAsync("sessions", Stop);
        await answer.StatusAsync(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task A_token_file_that_changes_is_read_again_and_the_token_before_ends()
    {
        await using var it = await OperatorProcess.StartWithAsync(new Dictionary<string, string> { ["Stash:Api:FailedTriesBurst"] = "100000" });
        var (file, old) = (Path.Combine(it.DataDirectory, "api-token"), it.Token);
        var next = new string('a', 40);
        await File.WriteAllTextAsync(file, $"# a second token, while clients change over\n{old}\n{next}\n", Stop);
        using var client = it.NewApiClient(next);
        await Eventually.TrueAsync("the new token is taken", async () => await CodeAsync(client) == HttpStatusCode.OK);
        (await CodeAsync(it.Api)).ShouldBe(HttpStatusCode.OK);

        await File.WriteAllTextAsync(file, next, Stop);
        await Eventually.TrueAsync("the old token is refused", async () => await CodeAsync(it.Api) == HttpStatusCode.Unauthorized);
        (await CodeAsync(client)).ShouldBe(HttpStatusCode.OK);

        // An empty file lets nobody out, and nobody in.
        await File.WriteAllTextAsync(file, "", Stop);
        await Eventually.TrueAsync("the log tells", async () => await CodeAsync(client) == HttpStatusCode.OK && it.Process.Output.Contains($"{file} holds no token", StringComparison.Ordinal));
        it.Process.Output.ShouldNotContain(next);
    }

    [Fact]
    public async Task Another_file_may_hold_the_token()
    {
        using var files = new TempFolder();
        await File.WriteAllTextAsync(files.In("token"), new string('b', 32), Stop);
        File.SetUnixFileMode(files.In("token"), UnixFileMode.UserRead | UnixFileMode.UserWrite);
        await using var it = await OperatorProcess.StartWithAsync(new Dictionary<string, string> { ["Stash:Api:TokenFile"] = files.In("token") });
        File.Exists(Path.Combine(it.DataDirectory, "api-token")).ShouldBeFalse();
        using var client = it.NewApiClient(new string('b', 32));
        (await CodeAsync(client)).ShouldBe(HttpStatusCode.OK);
        using var none = await it.Api.GetAsync("sessions", Stop);
        (await none.StatusAsync(HttpStatusCode.Unauthorized)).Message.ShouldContain("Stash:Api:TokenFile");
    }

    [Fact]
    public async Task Failed_tries_are_limited_and_counted_and_lock_nobody_out()
    {
        // One more after 1000 s would do for none of this test.
        await using var it = await OperatorProcess.StartWithAsync(new Dictionary<string, string> { ["Stash:Api:FailedTriesBurst"] = "5" });
        using var wrong = it.NewApiClient("wrong-token-of-somebody");
        List<HttpStatusCode> codes = [];
        for (var i = 0; i < 40; i++)
        {
            codes.Add(await CodeAsync(wrong));
        }

        codes.Take(5).ShouldAllBe(c => c == HttpStatusCode.Unauthorized);
        codes.Count(c => c == HttpStatusCode.TooManyRequests).ShouldBeGreaterThan(20);
        using var limited = await Eventually.GetAsync("429", async () =>
        {
            var answer = await wrong.GetAsync("sessions", Stop);
            return answer.StatusCode == HttpStatusCode.TooManyRequests ? answer : null;
        });
        var status = await limited.StatusAsync(HttpStatusCode.TooManyRequests);
        status.Reason.ShouldBe("TooManyRequests");
        limited.Headers.RetryAfter!.Delta!.Value.TotalSeconds.ShouldBe(status.Details!.RetryAfterSeconds!.Value);

        // From the same address: who is right is let in all the same; who shows nothing is told what to show.
        (await CodeAsync(it.Api)).ShouldBe(HttpStatusCode.OK);
        using var authority = TestAuthority.In(it.DataDirectory);
        using var certificate = authority.IssueClient("CN=ci, O=stash:view");
        using var view = it.NewApiClient(null, certificate);
        (await CodeAsync(view)).ShouldBe(HttpStatusCode.OK);
        using var nobody = it.NewApiClient(null);
        (await CodeAsync(nobody)).ShouldBe(HttpStatusCode.Unauthorized);

        var metrics = await it.Api.GetStringAsync("/metrics", Stop);
        var (refused, over) = (Value(metrics, "token", "refused"), Value(metrics, "token", "limited"));
        refused.ShouldBeGreaterThanOrEqualTo(5);
        over.ShouldBeGreaterThan(20);
        (Value(metrics, "certificate", "accepted"), Value(metrics, "none", "refused")).ShouldBe((1, 1));
        metrics.ShouldContain("stash_authentication_failing_addresses 1\n");
        it.Process.Output.ShouldNotContain("wrong-token-of-somebody");
    }

    [Fact]
    public async Task A_scrape_configuration_holds_the_token_that_may_only_scrape()
    {
        var settings = await _operator.GetAsync("settings", StashJson.Default.MonitoringManifest);
        var wanted = settings with { Spec = settings.Spec with { Agent = "builtin", Operator = true } };
        using var saved = await _operator.Api.PutAsJsonAsync("settings", wanted, StashJson.Default.MonitoringManifest, Stop);
        saved.StatusCode.ShouldBe(HttpStatusCode.OK);
        var written = await File.ReadAllTextAsync(Path.Combine(_operator.DataDirectory, "prometheus", "stash-scrape.yml"), Stop);
        written.ShouldContain($"credentials_file: {_operator.DataDirectory}/metrics-token\n");
        written.ShouldNotContain("api-token");
    }

    private static double Value(string metrics, string method, string result) =>
        double.Parse(Regex.Match(metrics, $$"""^stash_authentication_attempts_total\{method="{{method}}",result="{{result}}"\} (?<value>\S+)$""", RegexOptions.Multiline | RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(5)).Groups["value"].Value, System.Globalization.CultureInfo.InvariantCulture);

    private static async Task<HttpStatusCode> CodeAsync(HttpClient client)
    {
        using var answer = await client.GetAsync("sessions", Stop);
        return answer.StatusCode;
    }

    /// <summary>Tests of one class come from one address, and many of them with wrong credentials.</summary>
    public sealed class Fixture : IAsyncLifetime
    {
        internal OperatorProcess Operator { get; private set; } = null!;

        public async ValueTask InitializeAsync() => Operator = await OperatorProcess.StartWithAsync(new Dictionary<string, string> { ["Stash:Api:FailedTriesBurst"] = "100000" });

        public ValueTask DisposeAsync() => Operator.DisposeAsync();
    }
}
