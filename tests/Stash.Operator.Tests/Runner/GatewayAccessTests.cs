using Stash.Operator.Tests.Support;

namespace Stash.Operator.Tests.Runner;

/// <summary>Reports to a gateway that asks for TLS and credentials.</summary>
public sealed class GatewayAccessTests : IDisposable
{
    private const string Token = "a-token-of-the-pushers";

    private readonly TestAuthority _authority = new();
    private readonly RunnerFolder _folder = new();

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _authority.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_report_waits_until_the_token_is_right_and_is_delivered_then()
    {
        await using var it = await StartAsync();
        var file = _folder.Write(RunnerFolder.Restic("empty", fileGroups: "[]"));
        Secret("token", "another-token-of-nobody");
        string[] flags = ["--pushgateway-token-file", _folder.In("token"), "--pushgateway-ca-file", it.In("ca.crt"), "--push-timeout", "0"];
        var (_, _, refused) = await _folder.BackupAsync(file, it.Address.ToString(), flags);
        refused.ShouldContain("401 Unauthorized");
        refused.ShouldContain("Not delivered: 1 reports wait on disk");

        Secret("token", Token);
        var (_, _, taken) = await _folder.BackupAsync(file, it.Address.ToString(), [.. flags[..^1], "30"]);
        taken.ShouldNotContain("Not delivered");
        taken.ShouldNotContain(Token);
        (await ExpositionAsync(it)).ShouldContain("restic_session_success{");
    }

    [Fact]
    public async Task A_user_and_password_come_from_a_file_and_a_gateway_nobody_vouches_for_gets_nothing()
    {
        await using var it = await StartAsync();
        var file = _folder.Write(RunnerFolder.Restic("empty", fileGroups: "[]"));
        Secret("user", "alice:correct horse");
        string[] flags = ["--pushgateway-user-file", _folder.In("user"), "--push-timeout", "30"];
        (await _folder.BackupAsync(file, it.Address.ToString(), [.. flags[..^1], "0"])).Error.ShouldContain("its certificate is not trusted");
        (await _folder.BackupAsync(file, it.Address.ToString(), [.. flags, "--pushgateway-ca-file", it.In("ca.crt")])).Error.ShouldNotContain("Not delivered");
        (await ExpositionAsync(it)).ShouldContain("restic_session_success{");
    }

    [Theory]
    [InlineData("{folder}/none cannot be read: give a file that this user may read.\n", "--pushgateway-token-file", "{folder}/none")]
    [InlineData("{folder}/empty has not a token in its first line.\n", "--pushgateway-token-file", "{folder}/empty")]
    [InlineData("{folder}/token has not USER:PASSWORD in its first line.\n", "--pushgateway-user-file", "{folder}/token")]
    [InlineData("{folder}/open can be read by every user of this machine: make it yours alone with chmod 600 {folder}/open.\n", "--pushgateway-token-file", "{folder}/open")]
    [InlineData("{folder}/token holds no certificate in PEM: give that of the authority of the push gateway's certificate.\n", "--pushgateway-ca-file", "{folder}/token")]
    [InlineData("stash backup: --pushgateway-token-file and --pushgateway-user-file exclude each other: give one of them.\nSee stash backup --help.\n", "--pushgateway-token-file", "{folder}/token", "--pushgateway-user-file", "{folder}/token")]
    public async Task A_file_that_cannot_be_used_is_told_before_anything_runs(string error, params string[] flags)
    {
        Secret("token", Token);
        Secret("empty", "\n");
        await File.WriteAllTextAsync(_folder.In("open"), Token, Cancelled);
        File.SetUnixFileMode(_folder.In("open"), (UnixFileMode)0b110_100_100);
        var folder = Path.GetDirectoryName(_folder.In("token"))!;
        var (code, _, message) = await _folder.BackupAsync(_folder.Write(RunnerFolder.Restic("empty", fileGroups: "[]")), "http://127.0.0.1:1",
            [.. flags.Select(f => f.Replace("{folder}", folder, StringComparison.Ordinal))]);
        code.ShouldBeOneOf(1, 2);
        message.ShouldBe(error.Replace("{folder}", folder, StringComparison.Ordinal));
    }

    private Task<GatewayProcess> StartAsync() => GatewayProcess.StartAsync(
        folder =>
        {
            _authority.IssueTo(folder.In("server"));
            File.WriteAllText(folder.In("ca.crt"), _authority.Certificate.ExportCertificatePem());
            File.WriteAllText(folder.In("web.yml"), "tls_server_config: {cert_file: server.crt, key_file: server.key}");
            File.WriteAllText(folder.In("tokens"), Token);
            File.WriteAllText(folder.In("users"), $"alice:{BCrypt.Net.BCrypt.HashPassword("correct horse", 4)}");
            File.SetUnixFileMode(folder.In("tokens"), UnixFileMode.UserRead | UnixFileMode.UserWrite);
            File.SetUnixFileMode(folder.In("users"), UnixFileMode.UserRead | UnixFileMode.UserWrite);

            File.WriteAllText(folder.In("own.json"), $$"""
                { "Stash": { "Gateway": { "Authentication": { "Push": { "TokenFile": "{{folder.In("tokens")}}", "UserFile": "{{folder.In("users")}}" } } } } }
                """);
        },
        "--web.config.file={folder}/web.yml", "--config", "{folder}/own.json");

    private async Task<string> ExpositionAsync(GatewayProcess it)
    {
        using var client = _authority.Client(it.Address);
        return await client.GetStringAsync("/metrics", Cancelled);
    }

    private void Secret(string name, string content)
    {
        File.WriteAllText(_folder.In(name), content);
        File.SetUnixFileMode(_folder.In(name), UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }
}
