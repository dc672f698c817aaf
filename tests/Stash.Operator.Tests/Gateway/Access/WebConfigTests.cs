using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Stash.Operator.Tests.Support;

namespace Stash.Operator.Tests.Gateway.Access;

/// <summary>The real gateway with <c>--web.config.file</c>: TLS, users, headers, in the exporter-toolkit's format.</summary>
public sealed class WebConfigTests : IDisposable
{
    private readonly TestAuthority _authority = new();

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public void Dispose() => _authority.Dispose();

    [Fact]
    public async Task Users_headers_and_tls_are_as_the_file_says()
    {
        await using var it = await StartAsync($$"""
            tls_server_config: {cert_file: server.crt, key_file: server.key}
            http_server_config: {headers: {X-Frame-Options: deny} }
            basic_auth_users: {alice: {{BCrypt.Net.BCrypt.HashPassword("secret", 4)}} }
            """);
        it.Address.Scheme.ShouldBe("https");
        using var client = _authority.Client(it.Address);
        client.DefaultRequestVersion = HttpVersion.Version20;
        using (var open = await client.GetAsync("/-/ready", Cancelled))
        {
            (open.StatusCode, open.Version).ShouldBe((HttpStatusCode.OK, HttpVersion.Version20));
            open.Headers.GetValues("X-Frame-Options").ShouldBe(["deny"]);
        }

        (await StatusAsync(client, null)).ShouldBe(HttpStatusCode.Unauthorized);
        (await StatusAsync(client, "alice:wrong")).ShouldBe(HttpStatusCode.Unauthorized);
        (await StatusAsync(client, "alice:secret")).ShouldBe(HttpStatusCode.OK);

        // Users come and go with the file.
        await File.WriteAllTextAsync(it.In("web.yml"), $$"""
            tls_server_config: {cert_file: server.crt, key_file: server.key}
            basic_auth_users: {bob: {{BCrypt.Net.BCrypt.HashPassword("other", 4)}} }
            """, Cancelled);
        await Eventually.TrueAsync("bob gets in", async () => await StatusAsync(client, "bob:other") == HttpStatusCode.OK);
        (await StatusAsync(client, "alice:secret")).ShouldBe(HttpStatusCode.Unauthorized);

        // A file that cannot be read changes nothing.
        await File.WriteAllTextAsync(it.In("web.yml"), "basic_auth_users: {bob: plain}", Cancelled);
        await Eventually.TrueAsync("the log tells of it", async () =>
        {
            (await StatusAsync(client, "bob:other")).ShouldBe(HttpStatusCode.OK);
            return it.Process.Error.Contains("basic_auth_users.bob has no bcrypt hash", StringComparison.Ordinal);
        });
        it.Process.Error.ShouldNotContain("plain\"");
    }

    [Fact]
    public async Task A_client_without_the_right_certificate_does_not_get_in()
    {
        await using var it = await StartAsync("""
            tls_server_config:
              cert_file: server.crt
              key_file: server.key
              client_auth_type: RequireAndVerifyClientCert
              client_ca_file: ca.crt
              client_allowed_sans: [client.example]
            """);
        using TestAuthority other = new();
        using var right = _authority.Client(it.Address, _authority.Issue("client.example"));
        using var wrongName = _authority.Client(it.Address, _authority.Issue("other.example"));
        using var wrongAuthority = _authority.Client(it.Address, other.Issue("client.example"));
        using var none = _authority.Client(it.Address);
        (await StatusAsync(right, null)).ShouldBe(HttpStatusCode.OK);
        foreach (var client in new[] { wrongName, wrongAuthority, none })
        {
            await Should.ThrowAsync<HttpRequestException>(() => StatusAsync(client, null));
        }

        (await StatusAsync(right, null)).ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_renewed_certificate_is_served_without_a_restart()
    {
        await using var it = await StartAsync("tls_server_config: {cert_file: server.crt, key_file: server.key}");
        var seen = "";
        using var client = _authority.Client(it.Address, seen: certificate => seen = certificate.SerialNumber);
        (await StatusAsync(client, null)).ShouldBe(HttpStatusCode.OK);
        var first = seen;
        _authority.IssueTo(it.In("server"));
        await Eventually.TrueAsync("another certificate is served", async () => await StatusAsync(client, null) == HttpStatusCode.OK && seen != first);
    }

    [Theory]
    [InlineData("tls_server_config: {cert_file: none.crt, key_file: server.key}", "{folder}/none.crt cannot be read: make it a file that this user may read.")]
    [InlineData("tls_server_config: {cert_file: ca.crt, key_file: server.key}", "{folder}/ca.crt and {folder}/server.key are no certificate with its key in PEM: give a certificate (and its chain) and the key that belongs to it.")]
    [InlineData("tls_server_config: {cert_file: server.crt, key_file: server.key, cipher_suites: [NONE]}", "cipher_suites holds \"NONE\": give names as TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256.")]
    [InlineData("basic_auth: {}", "{folder}/web.yml, line 1: there is no field basic_auth. Known here: tls_server_config, http_server_config, basic_auth_users, rate_limit.")]
    public async Task A_file_that_cannot_be_used_is_one_line(string config, string error)
    {
        using TempFolder folder = new();
        Prepare(folder, config);
        var (code, _, message) = await ChildProcess.RunAsync(OperatorProcess.Executable, ["gateway", "--data-dir", folder.In("data"), "--web.listen-address=127.0.0.1:0", "--web.config.file", folder.In("web.yml")]);
        code.ShouldBe(1);
        message.ShouldBe(error.Replace("{folder}", folder.FullPath, StringComparison.Ordinal) + "\n");
    }

    private Task<GatewayProcess> StartAsync(string config) => GatewayProcess.StartAsync(folder => Prepare(folder, config), "--web.config.file={folder}/web.yml");

    private void Prepare(TempFolder folder, string config)
    {
        _authority.IssueTo(folder.In("server"));
        File.WriteAllText(folder.In("ca.crt"), _authority.Certificate.ExportCertificatePem());
        File.WriteAllText(folder.In("web.yml"), config);
        File.SetUnixFileMode(folder.In("web.yml"), UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    private static async Task<HttpStatusCode> StatusAsync(HttpClient client, string? user)
    {
        using HttpRequestMessage request = new(HttpMethod.Get, "/metrics");
        request.Headers.Authorization = user is null ? null : new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(user)));
        using var answer = await client.SendAsync(request, Cancelled);
        return answer.StatusCode;
    }
}
