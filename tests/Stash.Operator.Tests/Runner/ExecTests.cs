using System.Globalization;
using System.Security.Cryptography;
using Stash.Operator.Tests.Support;

namespace Stash.Operator.Tests.Runner;

/// <summary><c>stash exec</c>: the command must not notice, and the session must be reported.</summary>
public sealed class ExecTests
{
    [Fact]
    public async Task Input_and_output_pass_through_byte_for_byte()
    {
        using RunnerFolder folder = new();
        await using var gateway = await RecordingGateway.StartAsync();
        var bytes = RandomNumberGenerator.GetBytes(3_000_000);
        await File.WriteAllBytesAsync(folder.In("in"), bytes, TestContext.Current.CancellationToken);

        // To standard output by the front, to standard error by the back door; both without a line feed at the end.
        var (code, _, _) = await ShellAsync(folder, $"{RunnerFolder.Executable} exec --name x --pushgateway-url {gateway.Address} -- sh -c 'tee /dev/stderr' <in >out 2>err");

        code.ShouldBe(0);
        (await File.ReadAllBytesAsync(folder.In("out"), TestContext.Current.CancellationToken)).SequenceEqual(bytes).ShouldBeTrue();
        (await File.ReadAllBytesAsync(folder.In("err"), TestContext.Current.CancellationToken)).SequenceEqual(bytes).ShouldBeTrue();
        gateway.Pushes.ShouldHaveSingleItem().Succeeded.ShouldBeTrue();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(255)]
    public async Task The_exit_code_is_the_commands(int code)
    {
        using RunnerFolder folder = new();
        await using var gateway = await RecordingGateway.StartAsync();
        var (exitCode, output, error) = await ExecAsync(folder, gateway.Address, "sh", "-c", string.Create(CultureInfo.InvariantCulture, $"echo out; echo why >&2; exit {code}"));
        exitCode.ShouldBe(code);
        output.ShouldBe("out\n");
        error.ShouldBe("why\n");
        gateway.Pushes.ShouldHaveSingleItem().Message.ShouldBe(code == 0 ? null : string.Create(CultureInfo.InvariantCulture, $"sh failed (exit code {code}): why"));
    }

    [Theory]
    [InlineData(127, "nothing-of-this-name", "there is no such command")]
    [InlineData(127, "/nowhere/at/all", "there is no such file")]
    [InlineData(126, "/etc/hostname", "it cannot be executed")]
    public async Task A_command_that_cannot_run_is_a_failed_session(int code, string command, string reason)
    {
        using RunnerFolder folder = new();
        await using var gateway = await RecordingGateway.StartAsync();
        var (exitCode, _, error) = await ExecAsync(folder, gateway.Address, command);
        exitCode.ShouldBe(code);
        error.ShouldContain(reason);
        gateway.Pushes.ShouldHaveSingleItem().Message.ShouldNotBeNull().ShouldContain(reason);
    }

    [Theory]
    [InlineData(15, "TERM")]
    [InlineData(2, "INT")]
    [InlineData(1, "HUP")]
    [InlineData(3, "QUIT")]
    [InlineData(10, "USR1")]
    public async Task Signals_are_forwarded(int signal, string name)
    {
        using RunnerFolder folder = new();
        await using var gateway = await RecordingGateway.StartAsync();
        await using var job = folder.Start("exec", "--name", "x", "--pushgateway-url", gateway.Address, "--", "bash", "-c", $"trap 'echo got {name}; exit 42' {name}; echo ready; while true; do sleep 0.1; done");
        await Eventually.TrueAsync("the command has its trap", () => job.Output == "ready\n");

        job.Signal(signal);

        (await job.WaitAsync()).ShouldBe(42);
        job.Output.ShouldBe($"ready\ngot {name}\n");
        gateway.Pushes.ShouldHaveSingleItem().Succeeded.ShouldBeFalse();
    }

    [Fact]
    public async Task A_command_ended_by_a_signal_gives_128_and_its_number()
    {
        using RunnerFolder folder = new();
        await using var gateway = await RecordingGateway.StartAsync();
        await using var job = folder.Start("exec", "--name", "x", "--pushgateway-url", gateway.Address, "--", "sh", "-c", "echo ready; exec sleep 300");
        await Eventually.TrueAsync("it runs", () => job.Output == "ready\n");
        job.Signal(15);
        (await job.WaitAsync()).ShouldBe(143);
        gateway.Pushes.ShouldHaveSingleItem().Message.ShouldBe("sh was ended by signal 15.");
    }

    [Fact]
    public async Task With_the_gateway_away_the_command_runs_alike_and_the_report_comes_later()
    {
        using RunnerFolder folder = new();
        var port = Ports.Free();
        var address = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}");

        var (code, output, error) = await folder.RunAsync("exec", "--name", "x", "--pushgateway-url", address, "--push-timeout", "0", "--", "sh", "-c", "echo out; exit 5");
        code.ShouldBe(5);
        output.ShouldBe("out\n");
        error.ShouldContain("Not delivered: 1 reports");

        await using var gateway = await RecordingGateway.StartAsync(port);
        (code, _, error) = await ExecAsync(folder, address, "true");
        code.ShouldBe(0);
        error.ShouldBeEmpty();
        gateway.Pushes.Select(p => p.Succeeded).ShouldBe([false, true]);
    }

    [Fact]
    public async Task A_backup_by_restic_is_a_backup_session()
    {
        using RunnerFolder folder = new();
        await using var gateway = await Pushgateway.StartAsync();
        await folder.ResticAsync("init");
        Dictionary<string, string?> environment = new(folder.Variables(RunnerFolder.Password), StringComparer.Ordinal) { ["RESTIC_REPOSITORY"] = folder.Repository };
        string[] head = ["exec", "--name", "nightly", "--namespace", "hosts", "--app", "web-1", "--kind", "VM", "--pushgateway-url", gateway.Address, "--"];

        var (code, output, error) = await ChildProcess.RunAsync(RunnerFolder.Executable, [.. head, "restic", "--no-cache", "backup", folder.Source], environment);
        code.ShouldBe(0, error);
        output.ShouldContain("snapshot ");
        (code, _, _) = await ChildProcess.RunAsync(RunnerFolder.Executable, [.. head, "restic", "--no-cache", "check", "--no-such-flag"], environment);
        code.ShouldBe(1);

        string[] group = ["job=\"hosts-nightly\"", "app=\"web-1\"", "kind=\"VM\"", "namespace=\"hosts\"", "stash_config=\"nightly\""];
        (await gateway.LinesAsync("restic_session_success")).Length.ShouldBe(2);
        (await gateway.ValueAsync("restic_session_success", [.. group, "namespace=\"hosts\",stash_config"])).ShouldBe(1);
        (await gateway.ValueAsync("restic_session_fail", [.. group, "session=\"check\""])).ShouldBe(1);
        (await gateway.ValueAsync("restic_session_duration_seconds", [.. group, "op=\"backup\"", $"filegroup=\"{folder.Source.Replace('/', '|')}\""])).ShouldBeGreaterThan(0);
    }

    [Fact]
    public async Task A_secret_in_what_the_command_said_is_not_reported()
    {
        using RunnerFolder folder = new();
        await using var gateway = await RecordingGateway.StartAsync();
        var (code, _, error) = await ChildProcess.RunAsync(
            RunnerFolder.Executable,
            ["exec", "--name", "x", "--pushgateway-url", gateway.Address, "--", "sh", "-c", "echo \"$RESTIC_PASSWORD at http://user:word@host/\" >&2; exit 1"],
            folder.Variables(RunnerFolder.Password));
        code.ShouldBe(1);
        error.ShouldBe($"{RunnerFolder.Password} at http://user:word@host/\n");
        gateway.Pushes.ShouldHaveSingleItem().Message.ShouldBe("sh failed (exit code 1): *** at http://***@host/");
    }

    [Fact]
    public async Task A_program_of_the_same_name_in_the_current_folder_is_not_taken()
    {
        using RunnerFolder folder = new();
        await using var gateway = await RecordingGateway.StartAsync();
        await File.WriteAllTextAsync(folder.In("true"), "#!/bin/sh\nexit 9\n", TestContext.Current.CancellationToken);
        File.SetUnixFileMode(folder.In("true"), UnixFileMode.UserRead | UnixFileMode.UserExecute);
        var (code, _, _) = await ShellAsync(folder, $"{RunnerFolder.Executable} exec --name x --pushgateway-url {gateway.Address} -- true");
        code.ShouldBe(0);
    }

    private static Task<(int ExitCode, string Output, string Error)> ExecAsync(RunnerFolder folder, string gateway, params string[] command) =>
        folder.RunAsync(["exec", "--name", "x", "--pushgateway-url", gateway, "--", .. command]);

    private static Task<(int ExitCode, string Output, string Error)> ShellAsync(RunnerFolder folder, string command) =>
        ChildProcess.RunAsync("sh", ["-c", $"cd '{folder.In()}' && {command}"], folder.Variables());
}
