using System.Net;
using System.Text.Json;
using Stash.Operator.Tests.Runner;
using Stash.Operator.Tests.Support;

namespace Stash.Operator.Tests.Commands;

/// <summary><c>stash gateway</c> as a drop-in for <c>prometheus-pushgateway</c>.</summary>
public sealed class GatewayCommandTests
{
    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task It_has_every_flag_of_the_reference()
    {
        var (_, reference, more) = await ChildProcess.RunAsync("prometheus-pushgateway", ["--help-long"]);
        var (_, ours, _) = await ChildProcess.RunAsync(OperatorProcess.Executable, ["gateway", "--help"]);
        var flags = (reference + more).Split([' ', '\n', '=', '['], StringSplitOptions.RemoveEmptyEntries).Where(w => w.StartsWith("--", StringComparison.Ordinal) && w.Length > 2).Except(["--help-long", "--help-man)."], StringComparer.Ordinal).ToList();
        flags.Count.ShouldBeGreaterThan(12);
        foreach (var flag in flags)
        {
            ours.ShouldContain(flag);
        }
    }

    [Fact]
    public async Task It_takes_the_references_command_line()
    {
        await using var it = await GatewayProcess.StartAsync(
            "--web.listen-address=127.0.0.1:0", "--web.listen-address", "[::1]:0", "--web.config.file=", "--web.telemetry-path=/metrics", "--web.external-url=",
            "--no-web.enable-lifecycle", "--web.enable-admin-api", "--persistence.file={folder}/pushgateway.data", "--persistence.interval=5m",
            "--log.level=info", "--log.format=logfmt");
        it.Addresses.Count.ShouldBe(2);
        it.Addresses[1].Host.ShouldBe("[::1]");
        using (StringContent body = new("some_metric 1\n"))
        using (var answer = await it.Http.PutAsync("/metrics/job/some", body, Cancelled))
        {
            answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        }

        using HttpClient other = new() { BaseAddress = it.Addresses[1] };
        (await other.GetStringAsync("/metrics", Cancelled)).ShouldContain("some_metric{instance=\"\",job=\"some\"} 1\n");
        Directory.Exists(it.In("pushgateway.data.stash")).ShouldBeTrue();
        File.Exists(it.In("pushgateway.data")).ShouldBeFalse();
        it.Process.Output.ShouldBeEmpty();
        foreach (var line in it.Process.Error.TrimEnd().Split('\n'))
        {
            line.ShouldMatch("^ts=2\\S+Z caller=\\S+ level=info msg=\".+\"$");
        }

        using (var wipe = await it.Http.PutAsync("/api/v1/admin/wipe", null, Cancelled))
        {
            wipe.StatusCode.ShouldBe(HttpStatusCode.Accepted);
        }

        it.Process.Signal(15);
        (await it.Process.WaitAsync()).ShouldBe(0);
    }

    [Fact]
    public async Task It_keeps_groups_over_a_kill_also_without_a_persistence_file()
    {
        await using var first = await GatewayProcess.StartAsync();
        using (StringContent body = new("some_metric 1\n"))
        using (var answer = await first.Http.PutAsync("/metrics/job/some", body, Cancelled))
        {
            answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        }

        await first.Process.KillAsync();
        await using var second = await GatewayProcess.StartAsync("--data-dir", first.In("data"));
        (await second.Http.GetStringAsync("/metrics", Cancelled)).ShouldContain("some_metric{instance=\"\",job=\"some\"} 1\n");
    }

    [Fact]
    public async Task Its_log_can_be_json()
    {
        await using var it = await GatewayProcess.StartAsync("--log.format=json", "--persistence.file={folder}/a \"quoted\" file");
        foreach (var line in it.Process.Error.TrimEnd().Split('\n'))
        {
            using var record = JsonDocument.Parse(line);
            record.RootElement.GetProperty("level").GetString().ShouldBe("info");
            record.RootElement.GetProperty("msg").GetString()!.ShouldContain("a \"quoted\" file");
        }
    }

    [Fact]
    public async Task Warnings_alone_are_logged_where_the_level_says_so()
    {
        using TempFolder folder = new();
        var port = Ports.Free();
        await using var it = ChildProcess.Start(OperatorProcess.Executable, ["gateway", "--data-dir", folder.In("data"), $"--web.listen-address=127.0.0.1:{port}", "--log.level=warn"]);
        using HttpClient http = new();
        await Eventually.TrueAsync("it listens", async () =>
        {
            try
            {
                return await http.GetStringAsync($"http://127.0.0.1:{port}/-/ready", Cancelled) == "OK";
            }
            catch (HttpRequestException) when (!it.HasExited)
            {
                return false;
            }
        });
        it.Signal(15);
        (await it.WaitAsync()).ShouldBe(0);
        it.Error.ShouldBeEmpty();
    }

    [Fact]
    public async Task It_says_its_version()
    {
        var (code, output, _) = await ChildProcess.RunAsync(OperatorProcess.Executable, ["gateway", "--version"]);
        code.ShouldBe(0);
        output.ShouldStartWith("stash ");
    }

    [Theory]
    [InlineData("--web.listen-address (Stash:Gateway:Address) is \"here\": give HOST:PORT with an IP address or localhost, as 127.0.0.1:56789, [::1]:56789, or :56789 for all addresses.", "--web.listen-address=here")]
    [InlineData("--log.level (Logging:LogLevel:Default) is \"warning\": give one of debug, info, warn, error.", "--log.level=warning")]
    [InlineData("--log.format (Stash:LogFormat) is \"xml\": give one of text, logfmt, json.", "--log.format", "xml")]
    [InlineData("there is no command or option \"true\".", "--web.enable-lifecycle=true")]
    [InlineData("there is no command or option \"-web.enable-lifecycle\".", "-web.enable-lifecycle")]
    [InlineData("--web.enable-lifecycle and --no-web.enable-lifecycle exclude each other: give one of them.", "--web.enable-lifecycle", "--no-web.enable-lifecycle")]
    public async Task Wrong_usage_is_one_line_and_a_hint(string message, params string[] arguments)
    {
        var (code, output, error) = await ChildProcess.RunAsync(OperatorProcess.Executable, ["gateway", .. arguments]);
        code.ShouldBe(2);
        error.ShouldBe($"stash gateway: {message}\nSee stash gateway --help.\n");
        output.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("Stash:Gateway:PersistenceInterval is \"5\": give a duration as 90s, 1h30m or 30d.", "--persistence.interval=5")]
    [InlineData("Stash:Gateway:ExternalUrl is \"ftp://x\": give an address as https://example.com/push, or a path as /push.", "--web.external-url=ftp://x")]
    [InlineData("systemd has handed over no socket (LISTEN_PID, LISTEN_FDS): start this with a .socket unit, or leave --web.systemd-socket out.", "--web.systemd-socket")]
    public async Task A_wrong_value_is_one_line(string message, params string[] arguments)
    {
        using TempFolder folder = new();
        var (code, output, error) = await ChildProcess.RunAsync(OperatorProcess.Executable, ["gateway", "--data-dir", folder.In("data"), .. arguments]);
        code.ShouldBe(1);
        error.ShouldBe($"{message}\n");
        output.ShouldBeEmpty();
    }
}
