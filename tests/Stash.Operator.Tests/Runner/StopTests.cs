using Stash.Operator.Tests.Support;

namespace Stash.Operator.Tests.Runner;

/// <summary>Signals in the middle of a session.</summary>
public sealed class StopTests
{
    private const int Interrupt = 2;
    private const int Terminate = 15;
    private const int StopNow = 19;

    [Theory]
    [InlineData(Terminate, "SIGTERM", false)]
    [InlineData(Interrupt, "SIGINT", true)]
    public async Task Restic_ends_cleanly_and_the_session_is_reported_as_failed(int signal, string name, bool cron)
    {
        using RunnerFolder folder = new();
        await using var gateway = await RecordingGateway.StartAsync();
        var backup = await InTheMiddleAsync(folder, gateway.Address, cron ? ["--run-via-cron"] : []);
        await using var _ = backup;
        var restic = Descendants.Of(backup.Id);

        backup.Signal(signal);

        (await backup.WaitAsync()).ShouldBe(cron ? 0 : 1, backup.Error);
        restic.ShouldAllBe(p => Descendants.CommandLine(p).Length == 0);
        Locks(folder).ShouldBeEmpty();
        var push = gateway.Pushes.ShouldHaveSingleItem();
        push.Succeeded.ShouldBeFalse();
        push.Message.ShouldBe($"interrupted: {name} ended the session before it was complete.");
        push.Line("restic_session_duration_seconds{").ShouldNotBeNull().ShouldContain("op=\"backup\"");
    }

    [Fact]
    public async Task With_the_gateway_away_the_report_of_an_interrupted_session_waits_on_disk()
    {
        using RunnerFolder folder = new();
        var port = Ports.Free();
        var address = $"http://127.0.0.1:{port}";
        await using var backup = await InTheMiddleAsync(folder, address, ["--push-timeout", "0"]);
        backup.Signal(Terminate);
        (await backup.WaitAsync()).ShouldBe(1);
        backup.Error.ShouldContain("Not delivered: 1 reports");

        await using var gateway = await RecordingGateway.StartAsync(port);
        await folder.RunAsync("check", "--file", folder.In("restics.yaml"), "--pushgateway-url", address);
        gateway.Pushes[0].Message.ShouldNotBeNull().ShouldStartWith("interrupted: SIGTERM");
        gateway.Pushes[1].Succeeded.ShouldBeTrue();
    }

    [Fact]
    public async Task The_second_signal_ends_at_once_and_the_next_run_takes_the_lock_away()
    {
        using RunnerFolder folder = new();
        await using var gateway = await RecordingGateway.StartAsync();
        var backup = await InTheMiddleAsync(folder, gateway.Address, []);
        await using var _ = backup;
        // A restic that does not answer.
        await ChildProcess.RunAsync("kill", [$"-{StopNow}", .. Descendants.Of(backup.Id).Select(p => $"{p}")]);

        // Two of the same kind could become one on their way.
        backup.Signal(Terminate);
        backup.Signal(Interrupt);

        (await backup.WaitAsync()).ShouldBe(1);
        Locks(folder).ShouldNotBeEmpty();
        folder.Programs = null;
        var (code, _, error) = await folder.BackupAsync(folder.In("restics.yaml"), gateway.Address);
        code.ShouldBe(0, error);
        error.ShouldContain("the last session on this repository was cut short");
        Locks(folder).ShouldBeEmpty();
        gateway.Pushes.Select(p => p.Succeeded).ShouldBe([false, true]);
    }

    [Fact]
    public async Task After_kill_9_the_next_run_takes_the_lock_away()
    {
        using RunnerFolder folder = new();
        await using var gateway = await RecordingGateway.StartAsync();
        await using var backup = await InTheMiddleAsync(folder, gateway.Address, []);
        var restic = Descendants.Of(backup.Id);
        await backup.KillAsync();
        await ChildProcess.RunAsync("kill", ["-9", .. restic.Select(p => $"{p}")]);
        // Also its entry in the process table, by which restic judges whose lock is stale.
        await Eventually.TrueAsync("restic is gone", () => restic.All(p => !Directory.Exists($"/proc/{p}")));
        Locks(folder).ShouldNotBeEmpty();

        folder.Programs = null;
        var (code, _, error) = await folder.BackupAsync(folder.In("restics.yaml"), gateway.Address);

        code.ShouldBe(0, error);
        Locks(folder).ShouldBeEmpty();
    }

    // One that restic was killed over before it was whole is none.
    private static IEnumerable<string> Locks(RunnerFolder folder) =>
        Directory.EnumerateFiles(Path.Combine(folder.Repository, "locks")).Where(f => !f.Contains("-tmp-", StringComparison.Ordinal));

    // A session on a repository that is there, whose restic writes so slowly that it will not end by itself.
    private static async Task<ChildProcess> InTheMiddleAsync(RunnerFolder folder, string gateway, string[] more)
    {
        await folder.ResticAsync("init");
        folder.SlowDown(20);
        folder.Fill("big", 20);
        var backup = folder.Start(["backup", "--file", folder.Write(RunnerFolder.Restic("files", more: "  schedule: \"@every 1s\"")), "--pushgateway-url", gateway, .. more]);
        await Eventually.TrueAsync("restic is writing", () =>
            Descendants.Of(backup.Id).Any(p => Descendants.CommandLine(p).Contains("\0backup\0", StringComparison.Ordinal)) && Locks(folder).Any());
        return backup;
    }
}
