using System.Globalization;
using System.Text.Json;

namespace Stash.Operator.Tests.Runner;

/// <summary>Sessions of <c>stash backup</c>, with the real restic and the real Pushgateway.</summary>
public sealed class BackupTests
{
    [Fact]
    public async Task A_session_is_pushed_with_the_names_and_labels_of_0_8_3()
    {
        using RunnerFolder folder = new();
        await using var gateway = await Pushgateway.StartAsync();
        File.WriteAllText(folder.In("labels"), "app.kubernetes.io/part-of=\"shop/eu\"\npod-template-hash=\"123\"\n");
        var file = folder.Write(RunnerFolder.Restic("files", more: "  schedule: \"@hourly\""));
        var before = DateTimeOffset.UtcNow.ToUnixTimeSeconds();

        var (code, _, error) = await folder.BackupAsync(file, gateway.Address, "--workload-kind", "Deployment", "--workload-name", "shop/web", "--pod-labels-file", folder.In("labels"));

        code.ShouldBe(0, error);
        var source = folder.Source.Replace('/', '|');
        string[] group = ["app=\"shop|web\"", "kind=\"Deployment\"", "namespace=\"prod\"", "stash_config=\"files\"", "job=\"prod-files\"", "pod_app_kubernetes_io_part_of=\"shop|eu\""];
        (await gateway.ValueAsync("restic_session_success", group)).ShouldBe(1);
        (await gateway.ValueAsync("restic_session_fail", group)).ShouldBe(0);
        var total = await gateway.ValueAsync("restic_session_duration_seconds_total", group);
        var backup = await gateway.ValueAsync("restic_session_duration_seconds", [.. group, $"filegroup=\"{source}\"", "op=\"backup\""]);
        var forget = await gateway.ValueAsync("restic_session_duration_seconds", [.. group, $"filegroup=\"{source}\"", "op=\"forget\""]);
        (backup + forget).ShouldBeInRange(0.01, total);
        (await gateway.ValueAsync("restic_session_start_time_seconds", group)).ShouldBeGreaterThanOrEqualTo(before);
        var end = await gateway.ValueAsync("restic_session_end_time_seconds", group);
        (await gateway.ValueAsync("restic_session_last_success_time_seconds", group)).ShouldBe(end);
        (await gateway.ValueAsync("restic_session_next_run_time_seconds", group)).ShouldBe((Math.Floor(end / 3600) + 1) * 3600);
        (await gateway.ValueAsync("restic_session_files_new", [.. group, $"filegroup=\"{source}\""])).ShouldBe(2);
        (await gateway.ValueAsync("restic_session_processed_bytes", [.. group, $"filegroup=\"{source}\""])).ShouldBe(6);
        (await gateway.LinesAsync("restic_session_success")).ShouldHaveSingleItem().ShouldNotContain("hash");

        using var snapshots = JsonDocument.Parse(await folder.ResticAsync("snapshots", "--json"));
        var snapshot = snapshots.RootElement.EnumerateArray().ShouldHaveSingleItem();
        snapshot.GetProperty("hostname").GetString().ShouldBe("shop/web");
        snapshot.GetProperty("tags").EnumerateArray().ShouldHaveSingleItem().GetString().ShouldBe("nightly");
        snapshot.GetProperty("paths").EnumerateArray().ShouldHaveSingleItem().GetString().ShouldBe(folder.Source);
    }

    [Fact]
    public async Task The_retention_policy_holds_for_its_file_group_alone()
    {
        using RunnerFolder folder = new();
        await using var gateway = await Pushgateway.StartAsync();
        Directory.CreateDirectory(folder.In("other"));
        File.WriteAllText(folder.In("other", "c"), "three");
        var file = folder.Write(RunnerFolder.Restic("files", fileGroups: "[{path: other}, {path: source, retentionPolicyName: two}]"));
        for (var i = 0; i < 3; i++)
        {
            (await folder.BackupAsync(file, gateway.Address)).ExitCode.ShouldBe(0);
        }

        using var snapshots = JsonDocument.Parse(await folder.ResticAsync("snapshots", "--json"));
        var paths = snapshots.RootElement.EnumerateArray().Select(s => s.GetProperty("paths")[0].GetString()).ToArray();
        paths.Count(p => p == folder.Source).ShouldBe(2);
        paths.Count(p => p == folder.In("other")).ShouldBe(3);
    }

    [Fact]
    public async Task A_failed_Restic_does_not_keep_the_others_from_running()
    {
        using RunnerFolder folder = new();
        await using var gateway = await Pushgateway.StartAsync();
        var file = folder.Write(
            RunnerFolder.Restic("first", backend: "{local: {mountPath: one}, storageSecretName: nowhere}"),
            RunnerFolder.Restic("second"));

        var (code, _, error) = await folder.BackupAsync(file, gateway.Address);

        code.ShouldBe(1);
        error.ShouldContain("The secret " + folder.In("nowhere") + " is missing");
        (await gateway.ValueAsync("restic_session_fail", "stash_config=\"first\"")).ShouldBe(1);
        (await gateway.ValueAsync("restic_session_success", "stash_config=\"second\"")).ShouldBe(1);
        (await folder.BackupAsync(file, gateway.Address, "--restic-name", "second")).ExitCode.ShouldBe(0);
    }

    [Fact]
    public async Task The_last_success_is_remembered_across_runs()
    {
        using RunnerFolder folder = new();
        await using var gateway = await Pushgateway.StartAsync();
        var file = folder.Write(RunnerFolder.Restic("files"));
        Directory.Move(folder.In("secret"), folder.In("hidden"));
        (await folder.BackupAsync(file, gateway.Address)).ExitCode.ShouldBe(1);
        (await gateway.ValueAsync("restic_session_last_success_time_seconds")).ShouldBe(0);
        Directory.Move(folder.In("hidden"), folder.In("secret"));
        (await folder.BackupAsync(file, gateway.Address)).ExitCode.ShouldBe(0);
        var success = await gateway.ValueAsync("restic_session_end_time_seconds");

        Directory.Move(folder.In("secret"), folder.In("hidden"));
        (await folder.BackupAsync(file, gateway.Address)).ExitCode.ShouldBe(1);

        (await gateway.ValueAsync("restic_session_last_success_time_seconds")).ShouldBe(success);
        (await gateway.ValueAsync("restic_session_end_time_seconds")).ShouldBeGreaterThan(success);
    }

    [Fact]
    public async Task Unchanged_and_changed_files_are_told_from_new_ones()
    {
        using RunnerFolder folder = new();
        await using var gateway = await Pushgateway.StartAsync();
        var file = folder.Write(RunnerFolder.Restic("files"));
        async Task<(double New, double Changed, double Unmodified)> BackupAsync()
        {
            var (code, _, error) = await folder.BackupAsync(file, gateway.Address);
            code.ShouldBe(0, error);
            return (await gateway.ValueAsync("restic_session_files_new"), await gateway.ValueAsync("restic_session_files_changed"), await gateway.ValueAsync("restic_session_files_unmodified"));
        }

        (await BackupAsync()).ShouldBe((2, 0, 0));
        (await BackupAsync()).ShouldBe((0, 0, 2));
        File.WriteAllText(Path.Combine(folder.Source, "b.txt"), "changed");
        (await BackupAsync()).ShouldBe((0, 1, 1));
    }

    [Fact]
    public async Task A_paused_Restic_runs_nothing_and_says_so()
    {
        using RunnerFolder folder = new();
        await using var gateway = await Pushgateway.StartAsync();

        var (code, _, error) = await folder.BackupAsync(folder.Write(RunnerFolder.Restic("files", more: "  paused: true")), gateway.Address);

        code.ShouldBe(0);
        error.ShouldContain("files is paused");
        Directory.Exists(folder.Repository).ShouldBeFalse();
        (await gateway.LinesAsync("restic_session_success")).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("a/b c", "prod-a|b c")]
    [InlineData("größe – ✓", "prod-größe – ✓")]
    [InlineData("..", "prod-..")]
    public async Task Any_name_reaches_a_plain_Pushgateway(string name, string job)
    {
        using RunnerFolder folder = new();
        await using var gateway = await Pushgateway.StartAsync();

        (await folder.BackupAsync(folder.Write(RunnerFolder.Restic(name, fileGroups: "[]")), gateway.Address, "--workload-name", "", "--workload-kind", "..")).ExitCode.ShouldBe(1);

        var line = (await gateway.LinesAsync("restic_session_fail")).ShouldHaveSingleItem();
        line.ShouldContain($"job=\"{job}\"");
        line.ShouldContain("app=\"\"");
        line.ShouldContain("kind=\"..\"");
    }

    [Fact]
    public async Task A_path_named_twice_is_one_series()
    {
        using RunnerFolder folder = new();
        await using var gateway = await Pushgateway.StartAsync();

        (await folder.BackupAsync(folder.Write(RunnerFolder.Restic("files", fileGroups: "[{path: source}, {path: source, tags: [x]}]")), gateway.Address)).ExitCode.ShouldBe(0);

        (await gateway.ValueAsync("restic_session_files_new")).ShouldBe(2);
        (await gateway.ValueAsync("restic_session_files_unmodified")).ShouldBe(2);
        (await gateway.ValueAsync("restic_session_processed_bytes")).ShouldBe(12);
        (await gateway.LinesAsync("restic_session_duration_seconds")).ShouldHaveSingleItem();
    }

    [Theory]
    [InlineData("RESTIC_PASSWORD")]
    [InlineData("RESTIC_PASSWORD_FILE")]
    [InlineData("RESTIC_PASSWORD_COMMAND")]
    public async Task The_password_can_come_from_the_environment(string variable)
    {
        using RunnerFolder folder = new();
        await using var gateway = await Pushgateway.StartAsync();
        Dictionary<string, string?> environment = new(folder.Variables(), StringComparer.Ordinal)
        {
            [variable] = variable switch
            {
                "RESTIC_PASSWORD" => RunnerFolder.Password,
                "RESTIC_PASSWORD_FILE" => folder.In("secret", "RESTIC_PASSWORD"),
                _ => "cat " + folder.In("secret", "RESTIC_PASSWORD"),
            },
        };
        var file = folder.Write(RunnerFolder.Restic("files", backend: "{local: {mountPath: repository}}"));

        var (code, _, error) = await Support.ChildProcess.RunAsync(RunnerFolder.Executable, ["backup", "--file", file, "--pushgateway-url", gateway.Address], environment);

        code.ShouldBe(0, error);
        using var snapshots = JsonDocument.Parse(await folder.ResticAsync("snapshots", "--json"));
        snapshots.RootElement.GetArrayLength().ShouldBe(1);
    }

    [Fact]
    public async Task Flags_of_0_8_3_are_accepted()
    {
        using RunnerFolder folder = new();
        await using var gateway = await Pushgateway.StartAsync();

        var (code, _, error) = await folder.BackupAsync(
            folder.Write(RunnerFolder.Restic("files")), gateway.Address,
            "--namespace", "other", "--scratch-dir", folder.In("scratch"), "--image-tag", "0.8.3", "--docker-registry", "appscode", "--enable-rbac=true");

        code.ShouldBe(0, error);
        (await gateway.ValueAsync("restic_session_success", "namespace=\"other\"", "job=\"other-files\"")).ShouldBe(1);
        Directory.Exists(folder.In("scratch", "restic-cache")).ShouldBeTrue();
    }

    [Fact]
    public async Task Without_a_usable_state_folder_the_backup_runs_all_the_same()
    {
        using RunnerFolder folder = new();
        await using var gateway = await Pushgateway.StartAsync();
        File.WriteAllText(folder.In("file"), "");

        var (code, _, error) = await folder.BackupAsync(folder.Write(RunnerFolder.Restic("files")), gateway.Address, "--state-dir", folder.In("file", "state"));

        code.ShouldBe(0, error);
        error.ShouldContain(string.Create(CultureInfo.InvariantCulture, $"The state folder {folder.In("file", "state")} cannot be written"));
        (await gateway.ValueAsync("restic_session_success")).ShouldBe(1);
    }
}
