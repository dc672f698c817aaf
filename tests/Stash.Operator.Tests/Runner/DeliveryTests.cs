using System.Globalization;
using Stash.Operator.Tests.Support;

namespace Stash.Operator.Tests.Runner;

/// <summary>Reports and gateways that are away, busy or unwilling: nothing lost, nothing twice, in order.</summary>
public sealed class DeliveryTests
{
    [Fact]
    public async Task What_a_gateway_missed_is_delivered_by_the_next_run_in_order()
    {
        using RunnerFolder folder = new();
        var port = Ports.Free();
        var address = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}");
        var file = folder.Write(RunnerFolder.Restic("one"), RunnerFolder.Restic("two", fileGroups: "[]"));

        // The exit code is the backup's; that the report did not arrive is said.
        var (code, _, error) = await folder.BackupAsync(file, address, "--push-timeout", "0", "--restic-name", "one");
        code.ShouldBe(0, error);
        error.ShouldContain("Not delivered: 1 reports wait on disk");
        (code, _, error) = await folder.BackupAsync(file, address, "--push-timeout", "0");
        code.ShouldBe(1, error);
        error.ShouldContain("Not delivered: 3 reports wait on disk");

        await using var gateway = await RecordingGateway.StartAsync(port);
        (code, _, error) = await folder.BackupAsync(file, address);
        code.ShouldBe(1, error);
        error.ShouldNotContain("Not delivered");
        gateway.Pushes.Select(p => p.Path.Split('/')[3]).ShouldBe(["prod-one", "prod-one", "prod-two", "prod-one", "prod-two"]);
        gateway.Pushes.Select(p => p.SessionId).ShouldBeUnique();
        gateway.Pushes.Select(p => p.Value("restic_session_end_time_seconds")).ShouldBeInOrder();

        (await folder.BackupAsync(file, address, "--restic-name", "two")).ExitCode.ShouldBe(1);
        gateway.Pushes.Count.ShouldBe(6);
    }

    [Fact]
    public async Task A_gateway_that_comes_back_gets_everything_from_the_same_run()
    {
        using RunnerFolder folder = new();
        var port = Ports.Free();
        var address = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}");
        var file = folder.Write(RunnerFolder.Restic("one", fileGroups: "[]", more: "  schedule: \"@every 1s\""));
        await using var runner = folder.Start("backup", "--file", file, "--pushgateway-url", address, "--run-via-cron");
        await Eventually.TrueAsync("sessions have ended", () => runner.Error.Split("backup failed").Length > 3);

        await using var gateway = await RecordingGateway.StartAsync(port);
        await Eventually.TrueAsync("the gateway has sessions from before and after", () => gateway.Pushes.Count > 4);
        runner.Signal(15);
        (await runner.WaitAsync()).ShouldBe(0, runner.Error);

        gateway.Pushes.Select(p => p.SessionId).ShouldBeUnique();
        gateway.Pushes.Select(p => p.Value("restic_session_start_time_seconds")).ShouldBeInOrder();
        gateway.Pushes.Count.ShouldBe(runner.Error.Split("backup failed").Length - 1);
        runner.Error.Split("does not take reports").Length.ShouldBe(2);
        runner.Error.ShouldContain("takes reports again");
    }

    [Fact]
    public async Task A_refused_report_is_kept_aside_and_the_next_one_goes()
    {
        using RunnerFolder folder = new();
        await using var gateway = await RecordingGateway.StartAsync();
        gateway.Answer = p => p.Path.Contains("/prod-bad/", StringComparison.Ordinal) ? 400 : 200;
        var file = folder.Write(RunnerFolder.Restic("bad", fileGroups: "[]"), RunnerFolder.Restic("good", fileGroups: "[]"));

        var (_, _, error) = await folder.BackupAsync(file, gateway.Address, "--state-dir", folder.In("state"));

        error.ShouldContain("refused the report /metrics/job/prod-bad/");
        error.ShouldContain("400 Bad Request: the reason in the answer");
        gateway.Pushes.Select(p => p.Path.Split('/')[3]).ShouldBe(["prod-bad", "prod-good"]);
        var kept = Directory.EnumerateFiles(folder.In("state"), "*.json", SearchOption.AllDirectories).ShouldHaveSingleItem();
        error.ShouldContain(kept);

        // Moved back, it is sent again.
        gateway.Answer = _ => 200;
        File.Move(kept, Path.Combine(Path.GetDirectoryName(kept)!, "..", Path.GetFileName(kept)));
        await folder.BackupAsync(file, gateway.Address, "--state-dir", folder.In("state"), "--restic-name", "good");
        gateway.Pushes.Select(p => p.Path.Split('/')[3]).ShouldBe(["prod-bad", "prod-good", "prod-bad", "prod-good"]);
        gateway.Pushes[2].SessionId.ShouldBe(gateway.Pushes[0].SessionId);
        Directory.EnumerateFiles(folder.In("state"), "*.json", SearchOption.AllDirectories).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_push_by_hand_that_leaves_the_type_out_does_not_have_the_reports_refused()
    {
        using RunnerFolder folder = new();
        await using var it = await OperatorProcess.StartAsync();
        using (StringContent text = new("restic_session_success 1\n"))
        using (var pushed = await it.Gateway.PutAsync("metrics/job/hand", text, TestContext.Current.CancellationToken))
        {
            pushed.EnsureSuccessStatusCode();
        }

        var (_, _, error) = await folder.BackupAsync(folder.Write(RunnerFolder.Restic("one", fileGroups: "[]")), it.GatewayAddress.ToString().TrimEnd('/'));

        error.ShouldNotContain("refused");
        (await it.Gateway.GetStringAsync("metrics", TestContext.Current.CancellationToken)).ShouldContain("job=\"prod-one\"");
    }

    [Fact]
    public async Task A_report_whose_metrics_another_push_has_as_another_type_says_what_to_do()
    {
        using RunnerFolder folder = new();
        await using var plain = await Pushgateway.StartAsync();
        var address = plain.Address;
        using HttpClient http = new();
        // As by curl, with no line of its type.
        using (StringContent text = new("restic_session_success 1\n"))
        using (var pushed = await http.PutAsync($"{address}/metrics/job/hand", text, TestContext.Current.CancellationToken))
        {
            pushed.EnsureSuccessStatusCode();
        }

        var file = folder.Write(RunnerFolder.Restic("one", fileGroups: "[]"));
        var (_, _, error) = await folder.BackupAsync(file, address);

        error.ShouldMatch("refused the report /metrics/job/prod-one/.*: 400 Bad Request: .*\"restic_session_success\".*(Untyped|Gauge|GAUGE|UNTYPED)");
        error.ShouldContain($"as another type, as after a push made by hand without # TYPE lines: find it with curl {address}/metrics, delete it with curl -X DELETE {address}/metrics/job/");
        error.ShouldMatch("The refused report is kept as .*/refused/.*\\.json");

        // As it says: deleted, the next one goes, and the kept one when it is moved back.
        using (var deleted = await http.DeleteAsync($"{address}/metrics/job/hand", TestContext.Current.CancellationToken))
        {
            deleted.EnsureSuccessStatusCode();
        }

        var kept = Directory.EnumerateFiles(folder.In("home"), "*.json", SearchOption.AllDirectories).ShouldHaveSingleItem();
        File.Move(kept, Path.Combine(Path.GetDirectoryName(kept)!, "..", Path.GetFileName(kept)));
        (await folder.BackupAsync(file, address)).Error.ShouldNotContain("refused");
        Directory.EnumerateFiles(folder.In("home"), "*.json", SearchOption.AllDirectories).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_busy_gateway_is_asked_again_and_a_group_keeps_its_order()
    {
        using RunnerFolder folder = new();
        await using var gateway = await RecordingGateway.StartAsync();
        var refusals = 0;
        gateway.Answer = p => p.Path.Contains("/prod-one/", StringComparison.Ordinal) && Interlocked.Increment(ref refusals) <= 2 ? 503 : 200;
        var file = folder.Write(RunnerFolder.Restic("one", fileGroups: "[]"), RunnerFolder.Restic("two", fileGroups: "[]"));

        var (_, _, error) = await folder.BackupAsync(file, gateway.Address);

        error.ShouldContain("503 Service Unavailable");
        error.ShouldNotContain("Not delivered");
        var one = gateway.Pushes.Where(p => p.Path.Contains("/prod-one/", StringComparison.Ordinal)).ToArray();
        one.Length.ShouldBe(3);
        one.Select(p => p.SessionId).Distinct(StringComparer.Ordinal).ShouldHaveSingleItem();
        gateway.Pushes.Count(p => p.Path.Contains("/prod-two/", StringComparison.Ordinal)).ShouldBe(1);
    }

    [Fact]
    public async Task A_runner_that_is_killed_before_its_report_arrives_loses_nothing()
    {
        using RunnerFolder folder = new();
        var port = Ports.Free();
        var address = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}");
        var file = folder.Write(RunnerFolder.Restic("one", fileGroups: "[]"));
        await using (var runner = folder.Start("backup", "--file", file, "--pushgateway-url", address, "--push-timeout", "600"))
        {
            await Eventually.TrueAsync("the gateway was tried", () => runner.Error.Contains("does not take reports", StringComparison.Ordinal));
            await runner.KillAsync();
        }

        await using var gateway = await RecordingGateway.StartAsync(port);
        await folder.BackupAsync(file, address);
        gateway.Pushes.Count.ShouldBe(2);
    }

    [Fact]
    public async Task A_damaged_report_does_not_stand_in_the_way()
    {
        using RunnerFolder folder = new();
        await using var gateway = await RecordingGateway.StartAsync();
        var file = folder.Write(RunnerFolder.Restic("one", fileGroups: "[]"));
        await folder.BackupAsync(file, gateway.Address, "--state-dir", folder.In("state"));
        var spool = Directory.EnumerateDirectories(folder.In("state", "spool")).ShouldHaveSingleItem();
        await File.WriteAllTextAsync(Path.Combine(spool, "000000000000001-x.json"), "{\"SessionId\":", TestContext.Current.CancellationToken);

        var (_, _, error) = await folder.BackupAsync(file, gateway.Address, "--state-dir", folder.In("state"));

        error.ShouldContain("is damaged and kept as");
        gateway.Pushes.Count.ShouldBe(2);
    }
}
