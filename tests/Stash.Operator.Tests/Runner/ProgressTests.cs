using Stash.Operator.Tests.Support;

namespace Stash.Operator.Tests.Runner;

/// <summary>Reports of running sessions.</summary>
public sealed class ProgressTests
{
    [Fact]
    public async Task A_running_session_is_reported_as_it_gets_on()
    {
        using RunnerFolder folder = new();
        await using var gateway = await RecordingGateway.StartAsync();
        // Enough that restic cannot have it all in its buffers.
        folder.SlowDown(12_000);
        folder.Fill("big", 100);
        File.WriteAllText(folder.In("labels"), "stash.appscode.com/sample=\"true\"\n");

        var (code, _, error) = await folder.BackupAsync(folder.Write(RunnerFolder.Restic("files")), gateway.Address, "--pod-labels-file", folder.In("labels"));

        code.ShouldBe(0, error);
        var push = gateway.Pushes.ShouldHaveSingleItem();
        gateway.Running.ShouldAllBe(r => r.Id == push.SessionId && r.Job == "prod-files" && r.Namespace == "prod" && r.App == "files" && r.Kind == "Host" && r.Restic == "files" && r.Sample);
        var backup = gateway.Running.Where(r => r is { Op: "backup", Progress: not null }).ToArray();
        backup.ShouldAllBe(r => r.Path == folder.Source);
        // restic counts what there is to do while it begins.
        backup = [.. backup.Where(r => r is { FilesTotal: 3, BytesTotal: 100_000_006 })];
        backup.Length.ShouldBeGreaterThan(2);
        backup.Select(r => r.Progress!.Value).ShouldBeInOrder();
        backup[^1].Progress!.Value.ShouldBeInRange(0.2, 1);
        backup[^1].BytesDone!.Value.ShouldBeGreaterThan(backup[0].BytesDone!.Value);
    }

    [Fact]
    public async Task A_gateway_that_knows_no_running_sessions_is_asked_once()
    {
        using RunnerFolder folder = new();
        await using var gateway = await RecordingGateway.StartAsync(knowsRunning: false);
        folder.SlowDown(1000);
        folder.Fill("big", 3);

        var (code, _, error) = await folder.BackupAsync(folder.Write(RunnerFolder.Restic("files")), gateway.Address);

        code.ShouldBe(0, error);
        gateway.RunningRequests.ShouldBe(1);
        error.ShouldNotContain("404");
    }

    [Fact]
    public async Task An_unchanged_session_is_reported_often_enough_to_stay()
    {
        using RunnerFolder folder = new();
        await using var gateway = await RecordingGateway.StartAsync();
        await using var job = folder.Start("exec", "--name", "x", "--pushgateway-url", gateway.Address, "--", "sleep", "300");
        await Eventually.TrueAsync("it is reported again though nothing changes", () => gateway.Running.Count(r => r.Op == "exec") > 1);
        job.Signal(15);
        (await job.WaitAsync()).ShouldBe(143);
    }
}
