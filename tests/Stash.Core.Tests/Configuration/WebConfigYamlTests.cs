using Stash.Core.Configuration.Web;

namespace Stash.Core.Tests.Configuration;

public sealed class WebConfigYamlTests
{
    private const string Hash = "$2y$10$0123456789012345678901ABCDEFGHIJKLMNOPQRSTUVWXYZabcde";

    [Fact]
    public void Everything_is_read()
    {
        var config = Read($"""
            tls_server_config:
              cert_file: server.crt
              key_file: /etc/server.key
              client_auth_type: RequireAndVerifyClientCert
              client_ca_file: ca.crt
              client_allowed_sans: [client.example]
              min_version: TLS13
              max_version: TLS13
              cipher_suites: [TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256]
              prefer_server_cipher_suites: true
              curve_preferences: [X25519]
            http_server_config:
              http2: false
              headers:
                X-Frame-Options: deny
                Content-Security-Policy: ""
            basic_auth_users:
              alice: {Hash}
            rate_limit:
              interval: 100ms
              burst: 20
            """);
        var tls = config.Tls!;
        tls.Certificate.ShouldBe(new PemSource("/etc/stash/server.crt", null));
        tls.Key.ShouldBe(new PemSource("/etc/server.key", null));
        tls.ClientAuthentication.ShouldBe(ClientAuthentication.RequireAndVerify);
        tls.ClientAuthorities.ShouldBe(new PemSource("/etc/stash/ca.crt", null));
        tls.ClientAllowedNames.ShouldBe(["client.example"]);
        tls.Tls13Only.ShouldBeTrue();
        tls.CipherSuites.ShouldBe(["TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"]);
        tls.Unsupported.ShouldHaveSingleItem().ShouldStartWith("curve_preferences");
        config.Http2.ShouldBeFalse();
        config.Headers.ShouldBe(new Dictionary<string, string>(StringComparer.Ordinal) { ["X-Frame-Options"] = "deny" });
        config.Users.ShouldBe(new Dictionary<string, string>(StringComparer.Ordinal) { ["alice"] = Hash });
        config.RateInterval.ShouldBe(TimeSpan.FromMilliseconds(100));
        config.RateBurst.ShouldBe(20);
    }

    [Theory]
    [InlineData("")]
    [InlineData("# nothing\n")]
    [InlineData("tls_server_config:\nbasic_auth_users:\n")]
    [InlineData("tls_server_config: {}\n")]
    public void A_file_may_ask_for_nothing(string text)
    {
        var config = Read(text);
        config.Tls.ShouldBeNull();
        config.Users.ShouldBeEmpty();
        config.Http2.ShouldBeTrue();
    }

    [Theory]
    [InlineData("tls:\n  cert_file: x", "/etc/stash/web.yml, line 1: there is no field tls. Known here: tls_server_config, http_server_config, basic_auth_users, rate_limit.")]
    [InlineData("tls_server_config:\n  cert_fil: x", "/etc/stash/web.yml, line 2: there is no field tls_server_config.cert_fil.")]
    [InlineData("tls_server_config:\n  cert_file: x", "/etc/stash/web.yml: tls_server_config has no key_file: give both cert_file and key_file.")]
    [InlineData("tls_server_config: {cert_file: x, cert: y, key_file: z}", "/etc/stash/web.yml: tls_server_config has both cert and cert_file: give one of them.")]
    [InlineData("tls_server_config: {cert_file: x, key_file: z, client_ca_file: y}", "/etc/stash/web.yml: tls_server_config has a client_ca_file, but no client's certificate is asked for")]
    [InlineData("tls_server_config: {cert_file: x, key_file: z, client_auth_type: Maybe}", "/etc/stash/web.yml: client_auth_type is \"Maybe\": give NoClientCert, ")]
    [InlineData("tls_server_config: {cert_file: x, key_file: z, client_allowed_sans: [a]}", "/etc/stash/web.yml: tls_server_config has client_allowed_sans, but a client needs no certificate")]
    [InlineData("tls_server_config: {cert_file: x, key_file: z, min_version: TLS14}", "/etc/stash/web.yml: min_version is \"TLS14\": give TLS10, TLS11, TLS12, TLS13.")]
    [InlineData("tls_server_config: {cert_file: x, key_file: z, max_version: TLS11}", "/etc/stash/web.yml: max_version is \"TLS11\": give TLS12 or TLS13")]
    [InlineData("tls_server_config: {cert_file: x, key_file: z, min_version: TLS13, max_version: TLS12}", "/etc/stash/web.yml: min_version is \"TLS13\"")]
    [InlineData("http_server_config: {headers: {X-Other: a}}", "/etc/stash/web.yml: there is no header X-Other")]
    [InlineData("http_server_config: {headers: {X-Frame-Options: maybe}}", "/etc/stash/web.yml: X-Frame-Options is \"maybe\": give deny or sameorigin.")]
    [InlineData("http_server_config: {headers: {Content-Security-Policy: \"a\\r\\nb\"}}", "/etc/stash/web.yml: Content-Security-Policy has a character that no header can have")]
    [InlineData("basic_auth_users: {alice: secret}", "/etc/stash/web.yml: basic_auth_users.alice has no bcrypt hash: give what htpasswd -nBC 10 alice prints after the colon.")]
    [InlineData("basic_auth_users: {alice: $2y$31$0123456789012345678901ABCDEFGHIJKLMNOPQRSTUVWXYZabcde}", "/etc/stash/web.yml: basic_auth_users.alice has no bcrypt hash")]
    [InlineData("rate_limit: {interval: 1s}", "/etc/stash/web.yml: rate_limit has no burst")]
    [InlineData("rate_limit: {interval: soon, burst: 1}", "/etc/stash/web.yml: rate_limit.interval is \"soon\"")]
    [InlineData("tls_server_config: [", "/etc/stash/web.yml")]
    public void What_is_wrong_names_the_file_and_the_field(string text, string error)
    {
        var message = Should.Throw<UserErrorException>(() => Read(text)).Message;
        message.ShouldStartWith(error);
        message.ShouldNotContain("secret");
        message.ShouldNotContain("\n");
    }

    private static WebConfig Read(string text) => WebConfigYaml.Read(text, "/etc/stash/web.yml");
}
