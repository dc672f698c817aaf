using System.Diagnostics;
using Stash.Operator.Tests.Support;

namespace Stash.Operator.Tests.Runner;

/// <summary>Sessions that fail, each for a real reason, and what is pushed of them.</summary>
public sealed class FailureTests
{
    [Theory]
    [InlineData("fileGroups", "spec.fileGroups is empty")]
    [InlineData("policy", "names the retention policy \"nine\", which spec.retentionPolicies does not have (it has two)")]
    [InlineData("schedule", "spec.schedule \"every day\" is not a schedule")]
    [InlineData("secret", "is missing: make that folder")]
    [InlineData("key", "has no key RESTIC_PASSWORD")]
    [InlineData("password", "There is no password for the repository")]
    [InlineData("unreachable", "connection refused")]
    [InlineData("path", "all target directories/files do not exist")]
    [InlineData("repository", "not a directory")]
    public async Task A_session_that_cannot_run_is_pushed_as_failed_with_its_reason(string what, string reason)
    {
        using RunnerFolder folder = new();
        await using var gateway = await RecordingGateway.StartAsync();
        Directory.CreateDirectory(folder.In("empty"));
        var file = folder.Write(what switch
        {
            "fileGroups" => RunnerFolder.Restic("files", fileGroups: "[]"),
            "policy" => RunnerFolder.Restic("files", fileGroups: "[{path: source, retentionPolicyName: nine}]"),
            "schedule" => RunnerFolder.Restic("files", more: "  schedule: every day"),
            "secret" => RunnerFolder.Restic("files", backend: "{local: {mountPath: repository}, storageSecretName: gone}"),
            "key" => RunnerFolder.Restic("files", backend: "{local: {mountPath: repository}, storageSecretName: empty}"),
            "password" => RunnerFolder.Restic("files", backend: "{local: {mountPath: repository}}"),
            "unreachable" => RunnerFolder.Restic("files", backend: "{rest: {url: \"http://user:url-password@127.0.0.1:1/\"}, storageSecretName: secret}"),
            "path" => RunnerFolder.Restic("files", fileGroups: "[{path: missing}]"),
            _ => RunnerFolder.Restic("files", backend: "{local: {mountPath: source/a.txt/repository}, storageSecretName: secret}"),
        });

        var (code, output, error) = await folder.BackupAsync(file, gateway.Address);

        code.ShouldBe(1);
        var push = gateway.Pushes.ShouldHaveSingleItem();
        push.Succeeded.ShouldBeFalse();
        push.Value("restic_session_last_success_time_seconds").ShouldBe(0);
        push.Value("restic_session_end_time_seconds").ShouldBeGreaterThan(1_700_000_000);
        push.Message.ShouldNotBeNull().ShouldContain(reason);
        push.Message.ShouldNotContain('\n');
        error.ShouldContain(reason);
        NothingSecret(output, error, push);
    }

    [Fact]
    public async Task A_wrong_password_is_a_failed_session()
    {
        using RunnerFolder folder = new();
        await using var gateway = await RecordingGateway.StartAsync();
        await folder.ResticAsync("init");
        File.WriteAllText(folder.In("secret", "RESTIC_PASSWORD"), "not the right one");

        var (code, output, error) = await folder.BackupAsync(folder.Write(RunnerFolder.Restic("files")), gateway.Address);

        code.ShouldBe(1);
        gateway.Pushes.ShouldHaveSingleItem().Message.ShouldBe("restic snapshots failed (exit code 1): Fatal: wrong password or no key found");
        (output + error).ShouldNotContain("not the right one");
    }

    [Fact]
    public async Task A_file_that_cannot_be_read_fails_the_session_and_is_named()
    {
        using RunnerFolder folder = new();
        await using var gateway = await RecordingGateway.StartAsync();

        // Reading it is an I/O error, for root too.
        var (code, _, _) = await folder.BackupAsync(folder.Write(RunnerFolder.Restic("files", fileGroups: "[{path: source}, {path: /proc/self/mem, retentionPolicyName: two}, {path: source}]")), gateway.Address);

        code.ShouldBe(1);
        var push = gateway.Pushes.ShouldHaveSingleItem();
        push.Message.ShouldNotBeNull().ShouldStartWith("restic could not read all files: read /proc/self/mem: input/output error");
        // It stops there: neither forget nor the third file group.
        push.Body.Split('\n').Count(l => l.StartsWith("restic_session_duration_seconds{", StringComparison.Ordinal)).ShouldBe(2);
        push.Line("restic_session_duration_seconds{filegroup=\"|proc|self|mem\",op=\"backup\"}").ShouldNotBeNull();
    }

    [Fact]
    public async Task Without_restic_the_session_fails_and_says_what_to_install()
    {
        using RunnerFolder folder = new();
        await using var gateway = await RecordingGateway.StartAsync();
        Dictionary<string, string?> environment = new(folder.Variables(), StringComparer.Ordinal) { ["PATH"] = folder.In("empty") };

        var (code, _, _) = await ChildProcess.RunAsync(RunnerFolder.Executable, ["backup", "--file", folder.Write(RunnerFolder.Restic("files")), "--pushgateway-url", gateway.Address], environment);

        code.ShouldBe(1);
        gateway.Pushes.ShouldHaveSingleItem().Message.ShouldBe("restic is not on the PATH: install it (Debian: apt-get install restic).");
    }

    [Fact]
    public async Task A_long_reason_is_cut_between_characters()
    {
        using RunnerFolder folder = new();
        await using var gateway = await RecordingGateway.StartAsync();

        var name = string.Concat(Enumerable.Repeat("ü", 1500));
        (await folder.BackupAsync(folder.Write(RunnerFolder.Restic("files", fileGroups: $"[{{path: source, retentionPolicyName: {name}}}]")), gateway.Address)).ExitCode.ShouldBe(1);

        var message = gateway.Pushes.ShouldHaveSingleItem().Message.ShouldNotBeNull();
        message.ShouldEndWith("ü…");
        System.Text.Encoding.UTF8.GetByteCount(message).ShouldBeInRange(2040, 2048);
    }

    [Fact]
    public async Task A_locked_repository_fails_the_session_and_the_other_restic_is_named()
    {
        using RunnerFolder folder = new();
        await using var gateway = await RecordingGateway.StartAsync();
        await folder.ResticAsync("init");
        Dictionary<string, string?> environment = new(folder.Variables(RunnerFolder.Password), StringComparer.Ordinal) { ["RESTIC_REPOSITORY"] = folder.Repository };
        // A backup that waits for its input holds the repository for as long as it does.
        await using var other = ChildProcess.Start("sh", ["-c", "sleep 300 | restic --no-cache backup --stdin"], environment);
        await Eventually.TrueAsync("the other restic has its lock", () => Directory.EnumerateFiles(Path.Combine(folder.Repository, "locks")).Any());

        var (code, _, _) = await folder.BackupAsync(folder.Write(RunnerFolder.Restic("files")), gateway.Address);

        code.ShouldBe(1);
        var push = gateway.Pushes.ShouldHaveSingleItem();
        push.Message.ShouldNotBeNull().ShouldStartWith("restic forget failed (exit code 1): unable to create lock in backend: repository is already locked by PID ");
        push.Line("restic_session_files_new{").ShouldNotBeNull();
        await Descendants.EndAsync(other.Id);
    }

    [Fact]
    public async Task A_full_disk_fails_the_session()
    {
        using RunnerFolder folder = new();
        Directory.CreateDirectory(folder.Repository);
        using var mount = Process.Start("mount", ["-t", "tmpfs", "-o", "size=2m", "tmpfs", folder.Repository]);
        await mount.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.SkipWhen(mount.ExitCode != 0, "Mounting a small tmpfs needs root.");
        try
        {
            folder.Fill("big", 6);
            await using var gateway = await RecordingGateway.StartAsync();

            // The state, too, is on the full disk: the report then goes from memory.
            var (code, _, error) = await folder.BackupAsync(folder.Write(RunnerFolder.Restic("files")), gateway.Address, "--state-dir", Path.Combine(folder.Repository, "state"));

            code.ShouldBe(1, error);
            gateway.Pushes.ShouldHaveSingleItem().Message.ShouldNotBeNull().ShouldContain("no space left on device");
            error.ShouldNotContain("Exception");
        }
        finally
        {
            using var unmount = Process.Start("umount", ["-l", folder.Repository]);
            await unmount.WaitForExitAsync(CancellationToken.None);
        }
    }

    [Fact]
    public async Task No_secret_is_in_an_argument_a_message_or_the_log()
    {
        using RunnerFolder folder = new();
        folder.SlowDown(1000);
        folder.Fill("big", 3);
        File.WriteAllText(folder.In("secret", "AWS_SECRET_ACCESS_KEY"), "the-key-of-the-cloud");
        await using var gateway = await RecordingGateway.StartAsync();
        await using var backup = folder.Start("backup", "--file", folder.Write(RunnerFolder.Restic("files")), "--pushgateway-url", gateway.Address);
        await Eventually.TrueAsync("restic runs its backup", () => Descendants.Of(backup.Id).Any(p => Descendants.CommandLine(p).Contains("\0backup\0", StringComparison.Ordinal)));
        foreach (var process in Descendants.Of(backup.Id).Append(backup.Id))
        {
            Descendants.CommandLine(process).ShouldNotContain(RunnerFolder.Password);
        }

        (await backup.WaitAsync()).ShouldBe(0, backup.Error);
        NothingSecret(backup.Output, backup.Error, gateway.Pushes.ShouldHaveSingleItem());
    }

    private static void NothingSecret(string output, string error, RecordedPush push)
    {
        foreach (var text in new[] { output, error, push.Message ?? "", push.Body, push.Path })
        {
            text.ShouldNotContain(RunnerFolder.Password);
            text.ShouldNotContain("url-password");
            text.ShouldNotContain("the-key-of-the-cloud");
        }
    }
}
