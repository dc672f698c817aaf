using System.Security.Cryptography.X509Certificates;
using System.Text;
using Stash.Operator.Tests.Support;

namespace Stash.Operator.Tests.Tls;

/// <summary>A real Prometheus scrapes :8443: with what it needs the target is up, without it is down for the right reason.</summary>
public sealed class PrometheusTlsTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly TestAuthority _other = new();
    private readonly StringBuilder _jobs = new("global: {scrape_interval: 5s, scrape_timeout: 5s}\nscrape_configs:\n");
    private readonly Dictionary<string, string> _expected = new(StringComparer.Ordinal);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _other.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_target_is_up_or_down_for_the_right_reason()
    {
        await using var it = await OperatorProcess.StartWithAsync(new Dictionary<string, string>(StringComparer.Ordinal)
        {
            // Each scrape with a wrong token or certificate is a failed try of the one address.
            ["Stash:Api:FailedTriesBurst"] = "100000",
            ["Stash:Kubernetes:Namespace"] = "backup",
            ["Stash:Api:ServingNames"] = "stash.example.com",
        });
        var authority = Path.Combine(it.DataDirectory, "ca.crt");
        var token = Path.Combine(it.DataDirectory, "metrics-token");
        await File.WriteAllTextAsync(_folder.In("wrong-token"), "this-is-not-the-token", Stop);
        await File.WriteAllTextAsync(_folder.In("other-ca.crt"), _other.Certificate.ExportCertificatePem(), Stop);
        var (code, _, error) = await ChildProcess.RunAsync(OperatorProcess.Executable, ["certificate", "--name", "prometheus", "--may", "metrics", "--data-dir", it.DataDirectory, "--out", _folder.FullPath]);
        code.ShouldBe(0, error);
        using (var own = TestAuthority.In(it.DataDirectory))
        {
            Write("ended", own.IssueClient("CN=prometheus, O=stash:metrics", TimeSpan.FromMinutes(-4), TimeSpan.FromMinutes(-1)));
            Write("nothing", own.IssueClient("CN=prometheus, O=stash:other"));
        }

        Write("foreign", _other.IssueClient("CN=prometheus, O=stash:metrics"));

        Job("bearer-token-file", it.ApiAddress, $"bearer_token_file: {token}", $"ca_file: {authority}", "up");
        Job("credentials-file", it.ApiAddress, $"authorization: {{credentials_file: {token}}}", $"ca_file: {authority}, min_version: TLS13", "up");
        foreach (var name in new[] { "localhost", "stash.example.com", "stash-operator", "stash-operator.backup", "stash-operator.backup.svc", "stash-operator.backup.svc.cluster.local" })
        {
            Job($"as-{name}", it.ApiAddress, $"bearer_token_file: {token}", $"ca_file: {authority}, server_name: {name}", "up");
        }

        Job("wrong-token", it.ApiAddress, $"bearer_token_file: {_folder.In("wrong-token")}", $"ca_file: {authority}", "server returned HTTP status 401 Unauthorized");
        Job("no-token", it.ApiAddress, "", $"ca_file: {authority}", "server returned HTTP status 401 Unauthorized");
        Job("wrong-ca", it.ApiAddress, $"bearer_token_file: {token}", $"ca_file: {_folder.In("other-ca.crt")}", "x509: certificate signed by unknown authority");
        Job("no-ca", it.ApiAddress, $"bearer_token_file: {token}", "", "x509: certificate signed by unknown authority");
        Job("wrong-name", it.ApiAddress, $"bearer_token_file: {token}", $"ca_file: {authority}, server_name: elsewhere.example", "x509: certificate is valid for");
        Job("plain-http", new Uri($"http://{it.ApiAddress.Authority}"), $"bearer_token_file: {token}", "", "EOF");
        Job("client-certificate", it.ApiAddress, "", Client(authority, "prometheus"), "up");
        Job("client-certificate-ended", it.ApiAddress, "", Client(authority, "ended"), "server returned HTTP status 401 Unauthorized");
        Job("client-certificate-foreign", it.ApiAddress, "", Client(authority, "foreign"), "server returned HTTP status 401 Unauthorized");
        Job("client-certificate-of-who-may-not", it.ApiAddress, "", Client(authority, "nothing"), "server returned HTTP status 403 Forbidden");

        // Another operator, whose certificate is over. It runs all the same, says so, and is not ready.
        _other.IssueTo(_folder.In("over"), TimeSpan.FromMinutes(-1));
        await using var over = await OperatorProcess.StartWithAsync(new Dictionary<string, string>(StringComparer.Ordinal) { ["Stash:Api:CertificateFile"] = _folder.In("over.crt"), ["Stash:Api:KeyFile"] = _folder.In("over.key") });
        Job("expired-certificate", over.ApiAddress, $"bearer_token_file: {Path.Combine(over.DataDirectory, "metrics-token")}", $"ca_file: {_folder.In("other-ca.crt")}", "x509: certificate has expired or is not yet valid");
        await over.LoggedAsync($"The certificate in {_folder.In("over.crt")} ended at ");

        await using PrometheusServer prometheus = new(_jobs.ToString());
        var targets = await prometheus.TargetsAsync(_expected.Keys);
        foreach (var (job, expected) in _expected)
        {
            var (health, lastError) = targets[job];
            health.ShouldBe(expected == "up" ? "up" : "down", $"{job}: {lastError}");
            if (health == "down")
            {
                lastError.ShouldContain(expected, Case.Sensitive, job);
            }
        }

        // What those that are up read of it.
        var (_, status, _) = await ChildProcess.RunAsync("curl", ["-sS", "--cacert", authority, "-H", $"Authorization: Bearer {it.Token}", $"{it.ApiAddress}metrics"]);
        using var served = X509CertificateLoader.LoadCertificateFromFile(Path.Combine(it.DataDirectory, "tls.crt"));
        var end = new DateTimeOffset(served.NotAfter).ToUnixTimeSeconds();
        var line = status.Split('\n').Single(l => l.StartsWith("stash_serving_certificate_expiration_timestamp_seconds ", StringComparison.Ordinal));
        double.Parse(line.Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture).ShouldBe(end);
        var (_, ready, _) = await ChildProcess.RunAsync("curl", ["-sS", "--insecure", $"{over.ApiAddress}readyz"]);
        ready.ShouldContain("[-]certificate failed: the serving certificate ended at ");
    }

    private string Client(string authority, string name) => $"ca_file: {authority}, cert_file: {_folder.In(name)}.crt, key_file: {_folder.In(name)}.key";

    private void Job(string name, Uri target, string authorization, string tls, string expected)
    {
        _jobs.Append($$"""
            - job_name: {{name}}
              scheme: {{target.Scheme}}
              tls_config: { {{tls}} }
              static_configs: [{targets: ["{{target.Authority}}"]}]
              {{authorization}}

            """);
        _expected.Add(name, expected);
    }

    private void Write(string name, X509Certificate2 certificate)
    {
        using (certificate)
        {
            File.WriteAllText(_folder.In($"{name}.crt"), certificate.ExportCertificatePem());
            File.WriteAllText(_folder.In($"{name}.key"), certificate.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem());
        }
    }
}
