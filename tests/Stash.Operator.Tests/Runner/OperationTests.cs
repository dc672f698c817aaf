using System.Text.Json;

namespace Stash.Operator.Tests.Runner;

/// <summary><c>stash forget</c>, <c>check</c>, <c>recover</c> and <c>snapshots</c>.</summary>
public sealed class OperationTests
{
    [Fact]
    public async Task Forget_and_check_have_groups_of_their_own_beside_the_backups()
    {
        using RunnerFolder folder = new();
        await using var gateway = await Pushgateway.StartAsync();
        var file = folder.Write(RunnerFolder.Restic("files"));
        (await folder.BackupAsync(file, gateway.Address)).ExitCode.ShouldBe(0);
        // More than the policy keeps.
        foreach (var _ in Enumerable.Range(0, 3))
        {
            await folder.ResticAsync("backup", folder.Source, "--host", "files", "--tag", "nightly");
        }

        var backup = await gateway.ValueAsync("restic_session_end_time_seconds");
        (await folder.RunAsync("forget", "--file", file, "--pushgateway-url", gateway.Address)).ExitCode.ShouldBe(0);
        (await folder.RunAsync("check", "--file", file, "--pushgateway-url", gateway.Address)).ExitCode.ShouldBe(0);

        (await gateway.LinesAsync("restic_session_success")).Length.ShouldBe(3);
        (await gateway.ValueAsync("restic_session_success", "job=\"prod-files\"", "session=\"forget\"")).ShouldBe(1);
        (await gateway.ValueAsync("restic_session_success", "job=\"prod-files\"", "session=\"check\"")).ShouldBe(1);
        (await gateway.ValueAsync("restic_session_duration_seconds", "op=\"check\"")).ShouldBeGreaterThan(0);
        (await gateway.ValueAsync("restic_session_end_time_seconds", "namespace=\"prod\",stash_config")).ShouldBe(backup);
        using var snapshots = JsonDocument.Parse(await folder.ResticAsync("snapshots", "--json"));
        snapshots.RootElement.GetArrayLength().ShouldBe(2);
    }

    [Fact]
    public async Task A_damaged_repository_fails_its_check()
    {
        using RunnerFolder folder = new();
        await using var gateway = await RecordingGateway.StartAsync();
        var file = folder.Write(RunnerFolder.Restic("files"));
        folder.Fill("big", 3);
        (await folder.BackupAsync(file, gateway.Address)).ExitCode.ShouldBe(0);
        // The pack with the file's content; for one with a folder in it, restic would look for a minute.
        File.Delete(Directory.EnumerateFiles(Path.Combine(folder.Repository, "data"), "*", SearchOption.AllDirectories).MaxBy(f => new FileInfo(f).Length)!);

        (await folder.RunAsync("check", "--file", file, "--pushgateway-url", gateway.Address)).ExitCode.ShouldBe(1);
        gateway.Pushes[1].Message.ShouldNotBeNull().ShouldContain("repository contains errors");
        gateway.Pushes[1].Path.ShouldContain("/session/check/");
    }

    [Fact]
    public async Task Forget_without_a_policy_says_that_there_is_nothing_to_do()
    {
        using RunnerFolder folder = new();
        await using var gateway = await RecordingGateway.StartAsync();
        (await folder.RunAsync("forget", "--file", folder.Write(RunnerFolder.Restic("files", fileGroups: "[{path: source}]")), "--pushgateway-url", gateway.Address)).ExitCode.ShouldBe(1);
        gateway.Pushes.ShouldHaveSingleItem().Message.ShouldNotBeNull().ShouldStartWith("No file group names a retention policy");
    }

    [Fact]
    public async Task A_Recovery_is_restored_and_reported()
    {
        using RunnerFolder folder = new();
        await using var gateway = await RecordingGateway.StartAsync();
        var restics = folder.Write(RunnerFolder.Restic("files"));
        (await folder.BackupAsync(restics, gateway.Address)).ExitCode.ShouldBe(0);
        File.WriteAllText(folder.In("recovery.yaml"), $"""
            apiVersion: stash.appscode.com/v1alpha1
            kind: Recovery
            metadata: {"{"}name: back, namespace: prod{"}"}
            spec:
              repository: {"{"}name: files{"}"}
              paths: ["{folder.Source}"]
              recoveredVolumes: [{"{"}mountPath: restored{"}"}]
            """);

        var (code, _, error) = await folder.RunAsync("recover", "--file", folder.In("recovery.yaml"), "--restic-file", restics, "--pushgateway-url", gateway.Address);

        code.ShouldBe(0, error);
        File.ReadAllText(folder.In("restored") + folder.Source + "/a.txt").ShouldBe("one");
        var push = gateway.Pushes[1];
        push.Succeeded.ShouldBeTrue();
        push.Path.ShouldContain("/job/prod-files/");
        push.Line("restic_session_duration_seconds{").ShouldNotBeNull().ShouldContain("op=\"restore\"");
    }

    [Fact]
    public async Task One_file_of_one_snapshot_is_restored_by_flags()
    {
        using RunnerFolder folder = new();
        await using var gateway = await RecordingGateway.StartAsync();
        var file = folder.Write(RunnerFolder.Restic("files"));
        File.WriteAllText(folder.In("source", "s[1]*.txt"), "first");
        (await folder.BackupAsync(file, gateway.Address)).ExitCode.ShouldBe(0);
        File.WriteAllText(folder.In("source", "s[1]*.txt"), "second");
        (await folder.BackupAsync(file, gateway.Address)).ExitCode.ShouldBe(0);
        using var snapshots = JsonDocument.Parse((await folder.RunAsync("snapshots", "--file", file, "--json")).Output);
        var first = snapshots.RootElement[0].GetProperty("snapshots")[0].GetProperty("short_id").GetString()!;
        var path = folder.In("source", "s[1]*.txt");

        (await folder.RunAsync("recover", "--file", file, "--snapshot", first, "--path", path, "--target", folder.In("old"), "--pushgateway-url", gateway.Address)).ExitCode.ShouldBe(0);
        (await folder.RunAsync("recover", "--file", file, "--path", path, "--target", folder.In("new"), "--pushgateway-url", gateway.Address)).ExitCode.ShouldBe(0);

        Directory.EnumerateFiles(folder.In("old"), "*", SearchOption.AllDirectories).Select(File.ReadAllText).ShouldHaveSingleItem().ShouldBe("first");
        Directory.EnumerateFiles(folder.In("new"), "*", SearchOption.AllDirectories).Select(File.ReadAllText).ShouldHaveSingleItem().ShouldBe("second");
    }

    [Fact]
    public async Task What_the_snapshot_does_not_have_is_a_failed_restore()
    {
        using RunnerFolder folder = new();
        await using var gateway = await RecordingGateway.StartAsync();
        var file = folder.Write(RunnerFolder.Restic("files"));
        (await folder.BackupAsync(file, gateway.Address)).ExitCode.ShouldBe(0);
        (await folder.RunAsync("recover", "--file", file, "--path", folder.In("source", "none"), "--target", folder.In("out"), "--pushgateway-url", gateway.Address)).ExitCode.ShouldBe(1);
        gateway.Pushes[1].Message.ShouldNotBeNull().ShouldStartWith($"The latest snapshot does not have {folder.In("source", "none")}");
        (await folder.RunAsync("recover", "--file", file, "--snapshot", "deadbeef", "--target", folder.In("out"), "--pushgateway-url", gateway.Address)).ExitCode.ShouldBe(1);
        gateway.Pushes[2].Message.ShouldNotBeNull().ShouldContain("deadbeef");
    }

    [Theory]
    [InlineData("says where to restore to")]
    [InlineData("absolute paths", "--target", "/tmp/x", "--path", "relative")]
    [InlineData("name one with --restic-name", "--target", "/tmp/x", "--restic-name", "")]
    [InlineData("holds no Recovery named", "--recovery-name", "none")]
    public async Task What_to_restore_and_where_to_must_be_said(string reason, params string[] flags)
    {
        using RunnerFolder folder = new();
        var both = flags.Contains("--restic-name", StringComparer.Ordinal);
        var file = folder.Write(both ? [RunnerFolder.Restic("one"), RunnerFolder.Restic("two")] : [RunnerFolder.Restic("one")]);
        var (code, _, error) = await folder.RunAsync(["recover", "--file", file, .. both ? flags[..2] : flags]);
        code.ShouldBe(2);
        error.ShouldContain(reason);
    }

    [Fact]
    public async Task Snapshots_are_listed()
    {
        using RunnerFolder folder = new();
        await using var gateway = await RecordingGateway.StartAsync();
        var file = folder.Write(RunnerFolder.Restic("files"), RunnerFolder.Restic("none", repository: "nowhere"));
        (await folder.BackupAsync(file, gateway.Address, "--restic-name", "files")).ExitCode.ShouldBe(0);

        var (code, output, error) = await folder.RunAsync("snapshots", "--file", file);

        code.ShouldBe(1);
        error.ShouldContain("none: restic snapshots failed (exit code 1): Fatal: unable to open config file");
        var lines = output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        lines.Length.ShouldBe(2);
        lines[0].ShouldStartWith("RESTIC  ID ");
        lines[1].ShouldStartWith("files   ");
        lines[1].ShouldEndWith($"  files  nightly  {folder.Source}");
        Directory.Exists(folder.In("nowhere")).ShouldBeFalse();
    }
}
