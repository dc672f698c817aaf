using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;
using Stash.Core.Api;
using Stash.Operator.Tests.Gateway;
using Stash.Operator.Tests.Support;

namespace Stash.Operator.Tests.Tls;

/// <summary>Handshakes by <c>openssl s_client</c>, and what is none.</summary>
public sealed partial class HandshakeProbeTests(OperatorFixture fixture) : IClassFixture<OperatorFixture>
{
    private readonly OperatorProcess _operator = fixture.Operator;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private string Authority => Path.Combine(_operator.DataDirectory, "ca.crt");

    [Theory]
    [InlineData("-tls1", "alert protocol version")]
    [InlineData("-tls1_1", "alert protocol version")]
    [InlineData("-tls1_2", null)]
    [InlineData("-tls1_3", null)]
    public async Task Only_tls_1_2_and_1_3_are_spoken(string version, string? refusal)
    {
        var (code, text) = await ClientAsync("", version, "-cipher", "DEFAULT@SECLEVEL=0", "-verify_return_error");
        text.ShouldContain("Compression: NONE");
        if (refusal is null)
        {
            code.ShouldBe(0, text);
            text.ShouldContain("Verify return code: 0 (ok)");
        }
        else
        {
            code.ShouldNotBe(0);
            text.ShouldContain(refusal);
        }
    }

    [Fact]
    public async Task Every_suite_has_forward_secrecy_and_none_is_weak()
    {
        // All that this openssl knows are offered, then all but those that were taken, until none of the rest is.
        List<string> taken = [];
        while (Suites().Match((await ClientAsync("", "-tls1_2", "-cipher", string.Join(":!", ["ALL:COMPLEMENTOFALL:@SECLEVEL=0", .. taken]))).Text).Groups["suite"].Value is { Length: > 0 } suite)
        {
            taken.ShouldNotContain(suite);
            taken.Add(suite);
        }

        taken.ShouldBe(["ECDHE-ECDSA-AES256-GCM-SHA384", "ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-SHA384", "ECDHE-ECDSA-AES128-SHA256"], ignoreOrder: true);
        foreach (var suite in new[] { "TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256" })
        {
            (await ClientAsync("", "-tls1_3", "-ciphersuites", suite)).Text.ShouldContain($"Cipher is {suite}");
        }
    }

    [Fact]
    public async Task A_connection_that_renegotiates_is_cut()
    {
        // R is s_client's command for it.
        var (_, text) = await ClientAsync("R\n", "-tls1_2");
        text.ShouldContain("RENEGOTIATING");
        text.ShouldContain("unexpected eof");
    }

    [Theory]
    [InlineData("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")] // HTTP without TLS.
    [InlineData("\x16\x03\x01\x00\x05\x01\x00\x00\x01\x03")] // A ClientHello of nonsense.
    [InlineData("\x80\x2e\x01\x00\x02\x00\x15")] // SSL 2.
    [InlineData("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0")]
    public async Task What_is_no_handshake_is_closed_without_a_word_of_http(string bytes)
    {
        using var client = await ConnectAsync();
        var stream = client.GetStream();
        await stream.WriteAsync(Encoding.Latin1.GetBytes(bytes), Stop);
        client.Client.Shutdown(SocketShutdown.Send);
        var answer = await RawTls.ReadToEndAsync(stream);
        // Nothing, or an alert of TLS.
        answer.Length.ShouldBeLessThanOrEqualTo(7);
        (answer.Length == 0 || answer[0] == 0x15).ShouldBeTrue();
        await ShouldServeAndBeSilentAsync(_operator);
    }

    [Fact]
    public async Task Who_is_slow_is_cut()
    {
        // The handshake has its ten seconds, headers and bodies what the options say.
        await using var it = await OperatorProcess.StartWithAsync(new Dictionary<string, string>(StringComparer.Ordinal) { ["Stash:Gateway:HeaderTimeout"] = "1s", ["Stash:Gateway:Grace"] = "1s" });
        using var silent = await ConnectAsync(it);
        using var partial = await ConnectAsync(it);
        await partial.GetStream().WriteAsync(new byte[] { 0x16, 3, 1, 2 }, Stop);
        await using var headers = await RawConnection.OpenAsync(it);
        await headers.SendAsync("GET /metrics HTTP/1.1\r\nHost:");
        await using var body = await RawConnection.OpenAsync(it);
        await body.SendAsync($"PUT {ApiPaths.Settings} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {it.Token}\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{{");
        (await RawTls.ReadToEndAsync(silent.GetStream())).ShouldBeEmpty();
        (await RawTls.ReadToEndAsync(partial.GetStream())).ShouldBeEmpty();
        foreach (var slow in new[] { headers, body })
        {
            RawHttp.Read(await RawTls.ReadToEndAsync(slow.Stream)).Status.ShouldBe(408);
        }

        await ShouldServeAndBeSilentAsync(it);
    }

    [Fact]
    public async Task A_name_that_is_not_known_gets_the_same_certificate()
    {
        foreach (var name in new[] { "elsewhere.example", "localhost" })
        {
            (await ClientAsync("", "-servername", name, "-verify_return_error")).Text.ShouldContain("Verify return code: 0 (ok)");
        }

        (await ClientAsync("", "-alpn", "h2,http/1.1")).Text.ShouldContain("ALPN protocol: h2");
        (await ClientAsync("", "-alpn", "http/1.1")).Text.ShouldContain("ALPN protocol: http/1.1");
        (await ClientAsync("", "-alpn", "gopher")).Text.ShouldContain("alert no application protocol");
    }

    private static async Task ShouldServeAndBeSilentAsync(OperatorProcess it)
    {
        using var client = it.NewApiClient(null);
        (await client.GetStringAsync(ApiPaths.Health, Stop)).ShouldBe("ok");
        it.Process.Output.ShouldNotContain("ERROR");
        it.Process.Output.ShouldNotContain("WARNING");
    }

    private Task<TcpClient> ConnectAsync() => ConnectAsync(_operator);

    private static async Task<TcpClient> ConnectAsync(OperatorProcess it)
    {
        TcpClient client = new();
        await client.ConnectAsync(it.ApiAddress.Host, it.ApiAddress.Port, Stop);
        return client;
    }

    private async Task<(int ExitCode, string Text)> ClientAsync(string input, params string[] arguments)
    {
        var line = string.Join(' ', arguments.Select(a => $"'{a}'"));
        var (code, output, error) = await ChildProcess.RunAsync("sh", ["-c", $"printf '{input}' | openssl s_client -connect {_operator.ApiAddress.Authority} -CAfile '{Authority}' {line}"]);
        return (code, output + error);
    }

    [GeneratedRegex("Cipher is (?<suite>[A-Z0-9-]+)", RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex Suites();
}
