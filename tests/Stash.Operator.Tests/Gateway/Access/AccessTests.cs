using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Stash.Operator.Tests.Support;

namespace Stash.Operator.Tests.Gateway.Access;

/// <summary>The real gateway with credentials for each kind of access.</summary>
public sealed class AccessTests
{
    private const string PushToken = "push-token-0123456789";
    private const string NextPushToken = "push-token-9876543210";
    private const string DeleteToken = "delete-token-0123456789";
    private const string AdminToken = "admin-token-0123456789";
    private const string Password = "correct horse";

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Push_delete_and_admin_each_have_their_own_credentials()
    {
        await using var it = await StartAsync(
            "Push:TokenFile={folder}/push", "Delete:TokenFile={folder}/delete", "Admin:TokenFile={folder}/admin");
        await ShouldAsync(it, HttpMethod.Put, "/metrics/job/x", Bearer(PushToken), HttpStatusCode.OK);
        await ShouldAsync(it, HttpMethod.Put, "/metrics/job/x", Bearer(AdminToken), HttpStatusCode.OK);
        await ShouldAsync(it, HttpMethod.Put, "/metrics/job/x", Bearer(DeleteToken), HttpStatusCode.Unauthorized);
        await ShouldAsync(it, HttpMethod.Put, "/metrics/job/x", Bearer(PushToken + "x"), HttpStatusCode.Unauthorized);
        await ShouldAsync(it, HttpMethod.Put, "/metrics/job/x", null, HttpStatusCode.Unauthorized);
        await ShouldAsync(it, HttpMethod.Delete, "/metrics/job/x", Bearer(PushToken), HttpStatusCode.Unauthorized);
        await ShouldAsync(it, HttpMethod.Delete, "/metrics/job/x", Bearer(DeleteToken), HttpStatusCode.Accepted);
        await ShouldAsync(it, HttpMethod.Put, "/api/v1/admin/wipe", Bearer(DeleteToken), HttpStatusCode.Unauthorized);
        await ShouldAsync(it, HttpMethod.Put, "/api/v1/admin/wipe", Bearer(AdminToken), HttpStatusCode.Accepted);
        await ShouldAsync(it, HttpMethod.Put, "/-/quit", Bearer(PushToken), HttpStatusCode.Unauthorized);
        await ShouldAsync(it, HttpMethod.Get, "/metrics", null, HttpStatusCode.OK);
        await ShouldAsync(it, HttpMethod.Get, "/-/ready", null, HttpStatusCode.OK);
        it.Process.Error.ShouldNotContain("token-0123456789");
    }

    [Fact]
    public async Task What_has_no_credentials_of_its_own_has_those_of_pushes()
    {
        await using var it = await StartAsync("Push:TokenFile={folder}/push");
        await ShouldAsync(it, HttpMethod.Delete, "/metrics/job/x", null, HttpStatusCode.Unauthorized);
        await ShouldAsync(it, HttpMethod.Delete, "/metrics/job/x", Bearer(PushToken), HttpStatusCode.Accepted);
        await ShouldAsync(it, HttpMethod.Put, "/api/v1/admin/wipe", null, HttpStatusCode.Unauthorized);
        await ShouldAsync(it, HttpMethod.Put, "/api/v1/admin/wipe", Bearer(PushToken), HttpStatusCode.Accepted);
    }

    [Fact]
    public async Task Reading_is_closed_only_where_asked_for_and_health_never()
    {
        await using var it = await StartAsync("Read:UserFile={folder}/users");
        await ShouldAsync(it, HttpMethod.Get, "/metrics", null, HttpStatusCode.Unauthorized);
        await ShouldAsync(it, HttpMethod.Get, "/api/v1/metrics", Basic("bob", Password), HttpStatusCode.Unauthorized);
        await ShouldAsync(it, HttpMethod.Get, "/metrics", Basic("alice", Password + "x"), HttpStatusCode.Unauthorized);
        await ShouldAsync(it, HttpMethod.Get, "/metrics", Basic("alice", Password), HttpStatusCode.OK);
        await ShouldAsync(it, HttpMethod.Get, "/metrics", new AuthenticationHeaderValue("Basic", "%%%"), HttpStatusCode.Unauthorized);
        await ShouldAsync(it, HttpMethod.Get, "/-/healthy", null, HttpStatusCode.OK);
        await ShouldAsync(it, HttpMethod.Put, "/metrics/job/x", null, HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_page_of_another_site_deletes_nothing()
    {
        await using var it = await StartAsync();
        await ShouldAsync(it, HttpMethod.Put, "/metrics/job/x", null, HttpStatusCode.OK);
        foreach (var (method, path) in new[] { (HttpMethod.Delete, "/metrics/job/x"), (HttpMethod.Put, "/metrics/job/x"), (HttpMethod.Put, "/api/v1/admin/wipe"), (HttpMethod.Post, "/-/quit"), (HttpMethod.Post, "/delete?group=/metrics/job/x") })
        {
            using HttpRequestMessage request = new(method, path);
            request.Headers.Add("Origin", "https://elsewhere.example");
            using var answer = await it.Http.SendAsync(request, Cancelled);
            answer.StatusCode.ShouldBe(HttpStatusCode.Forbidden, $"{method} {path}");
            (await answer.Content.ReadAsStringAsync(Cancelled)).ShouldContain("--web.external-url");
        }

        (await it.Http.GetStringAsync("/metrics", Cancelled)).ShouldContain("job=\"x\"");
    }

    [Fact]
    public async Task A_refusal_says_how_to_get_in()
    {
        await using var it = await StartAsync("Push:TokenFile={folder}/push", "Push:UserFile={folder}/users");
        await ShouldAsync(it, HttpMethod.Put, "/metrics/job/x", Basic("alice", Password), HttpStatusCode.OK);
        await ShouldAsync(it, HttpMethod.Put, "/metrics/job/x", Bearer(PushToken), HttpStatusCode.OK);
        using HttpRequestMessage request = new(HttpMethod.Put, "/metrics/job/x");
        using var answer = await it.Http.SendAsync(request, Cancelled);
        answer.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        answer.Headers.WwwAuthenticate.Select(c => c.Scheme).ShouldBe(["Basic", "Bearer"]);
        (await answer.Content.ReadAsStringAsync(Cancelled)).ShouldBe("Unauthorized\n");
    }

    [Fact]
    public async Task A_token_is_exchanged_while_the_gateway_runs()
    {
        await using var it = await StartAsync("Push:TokenFile={folder}/push");
        await File.WriteAllTextAsync(it.In("push"), $"# both, until every host has the next\n{PushToken}\n{NextPushToken}\n", Cancelled);
        await Eventually.TrueAsync("the next token lets in", async () => await StatusAsync(it, HttpMethod.Put, "/metrics/job/x", Bearer(NextPushToken)) == HttpStatusCode.OK);
        await ShouldAsync(it, HttpMethod.Put, "/metrics/job/x", Bearer(PushToken), HttpStatusCode.OK);

        // One that cannot be used changes nothing, and is told once.
        await File.WriteAllTextAsync(it.In("push"), "short\n", Cancelled);
        await Eventually.TrueAsync("the log tells of it", async () =>
        {
            await ShouldAsync(it, HttpMethod.Put, "/metrics/job/x", Bearer(NextPushToken), HttpStatusCode.OK);
            return it.Process.Error.Contains("holds a token of fewer than 16 characters", StringComparison.Ordinal);
        });
        await File.WriteAllTextAsync(it.In("push"), $"{NextPushToken}\n", Cancelled);
        await Eventually.TrueAsync("the first token is shut out", async () => await StatusAsync(it, HttpMethod.Put, "/metrics/job/x", Bearer(PushToken)) == HttpStatusCode.Unauthorized);
    }

    [Theory]
    [InlineData("Push:TokenFile={folder}/none", "{folder}/none cannot be read: make it a file that this user may read.")]
    [InlineData("Push:TokenFile={folder}/open", "{folder}/open can be read by every user of this machine: make it yours alone with chmod 600 {folder}/open.")]
    [InlineData("Push:TokenFile={folder}/empty", "{folder}/empty holds no token: write one in it, as openssl rand -hex 32 makes it.")]
    [InlineData("Push:TokenFile={folder}/short", "{folder}/short holds a token of fewer than 16 characters: make one with openssl rand -hex 32.")]
    [InlineData("Read:UserFile={folder}/push", "{folder}/push holds a line that is not USER:BCRYPT-HASH: make its lines with htpasswd -nB USER.")]
    public async Task A_file_of_secrets_that_cannot_be_used_is_one_line(string option, string error)
    {
        using TempFolder folder = new();
        Prepare(folder);
        Write(folder, "empty", "# none yet\n");
        Write(folder, "short", "short\n");
        Write(folder, "open", $"{PushToken}\n");
        File.SetUnixFileMode(folder.In("open"), (UnixFileMode)0b110_100_100);
        var (code, _, message) = await ChildProcess.RunAsync(OperatorProcess.Executable, ["gateway", "--data-dir", folder.In("data"), "--web.listen-address=127.0.0.1:0"],
            Environment(option.Replace("{folder}", folder.FullPath, StringComparison.Ordinal)));
        code.ShouldBe(1);
        message.ShouldBe(error.Replace("{folder}", folder.FullPath, StringComparison.Ordinal) + "\n");
    }

    private static async Task<GatewayProcess> StartAsync(params string[] options) =>
        await GatewayProcess.StartAsync(
            folder =>
            {
                Prepare(folder);
                File.WriteAllText(folder.In("own.json"), Json(options.Select(o => o.Replace("{folder}", folder.FullPath, StringComparison.Ordinal))));
            },
            "--config", "{folder}/own.json", "--web.enable-admin-api", "--web.enable-lifecycle");

    private static void Prepare(TempFolder folder)
    {
        Write(folder, "push", $"{PushToken}\n");
        Write(folder, "delete", $"{DeleteToken}\n");
        Write(folder, "admin", $"{AdminToken}\n");
        Write(folder, "users", $"alice:{BCrypt.Net.BCrypt.HashPassword(Password, 4)}\n");
    }

    private static void Write(TempFolder folder, string name, string content)
    {
        File.WriteAllText(folder.In(name), content);
        File.SetUnixFileMode(folder.In(name), UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    private static string Json(IEnumerable<string> options) =>
        $$"""{ {{string.Join(", ", options.Select(o => $"\"Stash:Gateway:Authentication:{o.Replace("=", "\": \"", StringComparison.Ordinal)}\""))}} }""";

    private static Dictionary<string, string?> Environment(string option) => new(StringComparer.Ordinal)
    {
        [$"Stash:Gateway:Authentication:{option.Split('=')[0]}".Replace(":", "__", StringComparison.Ordinal)] = option.Split('=')[1],
    };

    private static AuthenticationHeaderValue Bearer(string token) => new("Bearer", token);

    private static AuthenticationHeaderValue Basic(string user, string password) => new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{password}")));

    private static async Task ShouldAsync(GatewayProcess it, HttpMethod method, string path, AuthenticationHeaderValue? authorization, HttpStatusCode status) =>
        (await StatusAsync(it, method, path, authorization)).ShouldBe(status, $"{method} {path} as {authorization?.Scheme}");

    private static async Task<HttpStatusCode> StatusAsync(GatewayProcess it, HttpMethod method, string path, AuthenticationHeaderValue? authorization)
    {
        using HttpRequestMessage request = new(method, path);
        request.Headers.Authorization = authorization;
        using var answer = await it.Http.SendAsync(request, Cancelled);
        return answer.StatusCode;
    }
}
