using System.Net;
using System.Text.RegularExpressions;
using Stash.Core.Api;
using Stash.Operator.Tests.Support;

namespace Stash.Operator.Tests.Tls;

/// <summary>Client certificates where no handshake shows them again.</summary>
public sealed partial class ResumptionTests(OperatorFixture fixture) : IClassFixture<OperatorFixture>
{
    private readonly OperatorProcess _operator = fixture.Operator;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("-tls1_2")]
    [InlineData("-tls1_3")]
    public async Task Every_request_of_a_resumed_session_has_the_client_certificate_of_the_first(string version)
    {
        using TempFolder folder = new();
        await MakeAsync(folder, "viewer", "view");
        var first = await ClientAsync(folder, 1, $"{version} -cert viewer.crt -key viewer.key -sess_out session");
        first.ShouldContain("New, TLSv1");
        Codes(first).ShouldBe(["200"]);

        // It shows no certificate itself.
        var second = await ClientAsync(folder, 3, $"{version} -sess_in session");
        second.ShouldContain("Reused, TLSv1");
        Codes(second).ShouldBe(["200", "200", "200"]);

        // A new session has none.
        var third = await ClientAsync(folder, 1, version);
        third.ShouldContain("New, TLSv1");
        Codes(third).ShouldBe(["401"]);
    }

    [Fact]
    public async Task Many_requests_at_once_over_http2_have_it()
    {
        using TempFolder folder = new();
        await MakeAsync(folder, "viewer", "view");
        using var certificate = System.Security.Cryptography.X509Certificates.X509Certificate2.CreateFromPemFile(folder.In("viewer.crt"), folder.In("viewer.key"));
        using var client = _operator.NewApiClient(null, certificate);
        client.DefaultRequestVersion = HttpVersion.Version20;
        client.DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact;
        var answers = await Task.WhenAll(Enumerable.Range(0, 50).Select(async _ =>
        {
            using var answer = await client.GetAsync(ApiPaths.Settings, Stop);
            return (answer.StatusCode, answer.Version);
        }));
        answers.ShouldAllBe(a => a.StatusCode == HttpStatusCode.OK && a.Version == HttpVersion.Version20);
    }

    [Theory]
    [InlineData("CN=late, O=stash:admin", -4, -1, "1.3.6.1.5.5.7.3.2", "ended at")]
    [InlineData("CN=early, O=stash:admin", 60, 120, "1.3.6.1.5.5.7.3.2", "begins at")]
    [InlineData("CN=server, O=stash:admin", -60, 60, "1.3.6.1.5.5.7.3.1", "clientAuth")]
    [InlineData("CN=stranger, O=stash:admin", -60, 60, null, "authority")]
    public async Task A_certificate_that_is_not_good_is_a_401_and_no_failed_handshake(string subject, int fromMinutes, int toMinutes, string? use, string reason)
    {
        using var authority = use is null ? new TestAuthority() : TestAuthority.In(_operator.DataDirectory);
        using var certificate = authority.IssueClient(subject, TimeSpan.FromMinutes(fromMinutes), TimeSpan.FromMinutes(toMinutes), use ?? "1.3.6.1.5.5.7.3.2");
        using var client = _operator.NewApiClient(null, certificate);
        using var answer = await client.GetAsync(ApiPaths.Settings, Stop);
        (await answer.StatusAsync(HttpStatusCode.Unauthorized)).Message.ShouldContain(reason);

        // What is open stays so, and a token beside it counts.
        (await client.GetStringAsync(ApiPaths.Health, Stop)).ShouldBe("ok");
        using var both = _operator.NewApiClient(_operator.Token, certificate);
        using var taken = await both.GetAsync(ApiPaths.Settings, Stop);
        taken.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    private static IEnumerable<string> Codes(string output) => Code().Matches(output).Select(m => m.Groups["code"].Value);

    private async Task MakeAsync(TempFolder folder, string name, string may)
    {
        var (code, _, error) = await ChildProcess.RunAsync(OperatorProcess.Executable, ["certificate", "--name", name, "--may", may, "--data-dir", _operator.DataDirectory, "--out", folder.FullPath]);
        code.ShouldBe(0, error);
    }

    private async Task<string> ClientAsync(TempFolder folder, int requests, string arguments)
    {
        var request = $"GET {ApiPaths.Settings} HTTP/1.1\\r\\nHost: localhost\\r\\n";
        var all = string.Concat(Enumerable.Repeat(request + "\\r\\n", requests - 1)) + request + "Connection: close\\r\\n\\r\\n";
        var script = $"cd '{folder.FullPath}' && printf '{all}' | openssl s_client -connect {_operator.ApiAddress.Authority} -CAfile '{_operator.DataDirectory}/ca.crt' -verify_return_error -ign_eof {arguments}";
        var (_, output, error) = await ChildProcess.RunAsync("sh", ["-c", script]);
        return output + error;
    }

    [GeneratedRegex("HTTP/1.1 (?<code>[0-9]{3})", RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex Code();
}
