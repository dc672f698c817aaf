using Stash.Operator.Tests.Support;

namespace Stash.Operator.Tests.Runner;

/// <summary><c>--run-via-cron</c>, and sessions that want the same repository.</summary>
public sealed class ScheduledTests
{
    [Fact]
    public async Task Each_Restic_runs_by_its_own_schedule_and_never_two_on_one_repository()
    {
        using RunnerFolder folder = new();
        await using var gateway = await RecordingGateway.StartAsync();
        var file = folder.Write(
            RunnerFolder.Restic("one", more: "  schedule: \"@every 1s\""),
            RunnerFolder.Restic("two", fileGroups: "[{path: source/a.txt}]", more: "  schedule: \"@every 1s\""),
            RunnerFolder.Restic("bad", more: "  schedule: \"61 * * * *\""),
            RunnerFolder.Restic("none"),
            RunnerFolder.Restic("later", more: "  schedule: \"0 0 1 1 *\""));
        await using var runner = folder.Start("backup", "--file", file, "--pushgateway-url", gateway.Address, "--run-via-cron");

        await Eventually.TrueAsync("two sessions of each", () => Of(gateway, "one").Length >= 2 && Of(gateway, "two").Length >= 2);
        runner.Signal(15);
        (await runner.WaitAsync()).ShouldBe(0, runner.Error);

        NoOverlap([.. Of(gateway, "one"), .. Of(gateway, "two")]);
        // All but one that the signal may have cut short.
        Of(gateway, "one")[..2].ShouldAllBe(p => p.Succeeded);
        var push = Of(gateway, "one")[0];
        push.Value("restic_session_next_run_time_seconds").ShouldBeGreaterThanOrEqualTo(push.Value("restic_session_end_time_seconds"));
        push.Interval.ShouldBe("1");
        Of(gateway, "bad").ShouldHaveSingleItem().Interval.ShouldBeNull();
        Of(gateway, "bad").ShouldHaveSingleItem().Message.ShouldNotBeNull().ShouldStartWith("spec.schedule \"61 * * * *\" is not a schedule");
        Of(gateway, "none").ShouldHaveSingleItem().Message.ShouldNotBeNull().ShouldStartWith("spec.schedule is missing");
        Of(gateway, "later").ShouldBeEmpty();
        runner.Error.ShouldContain("later runs next at ");
    }

    [Fact]
    public async Task Two_processes_take_turns_on_one_repository()
    {
        using RunnerFolder folder = new();
        await using var gateway = await RecordingGateway.StartAsync();
        await folder.ResticAsync("init");
        folder.SlowDown(1000);
        folder.Fill("big", 2);
        var file = folder.Write(RunnerFolder.Restic("one"));
        File.WriteAllText(folder.In("other.yaml"), RunnerFolder.Restic("two", repository: "source/../repository"));

        await using var first = folder.Start("backup", "--file", file, "--pushgateway-url", gateway.Address);
        await Eventually.TrueAsync("the first is in its session", () => first.Error.Contains("backup started", StringComparison.Ordinal));
        await using var second = folder.Start("backup", "--file", folder.In("other.yaml"), "--pushgateway-url", gateway.Address);

        (await first.WaitAsync()).ShouldBe(0, first.Error);
        (await second.WaitAsync()).ShouldBe(0, second.Error);
        second.Error.ShouldContain("two waits: another session is on the repository " + folder.Repository);
        gateway.Pushes.Count.ShouldBe(2);
        NoOverlap([.. gateway.Pushes]);
    }

    [Fact]
    public async Task While_it_waits_for_a_repository_a_signal_ends_it_without_a_session()
    {
        using RunnerFolder folder = new();
        await using var gateway = await RecordingGateway.StartAsync();
        await folder.ResticAsync("init");
        folder.SlowDown(20);
        folder.Fill("big", 20);
        var file = folder.Write(RunnerFolder.Restic("one"));
        await using var first = folder.Start("backup", "--file", file, "--pushgateway-url", gateway.Address);
        await Eventually.TrueAsync("the first is in its session", () => first.Error.Contains("backup started", StringComparison.Ordinal));
        await using var second = folder.Start("backup", "--file", file, "--pushgateway-url", gateway.Address);
        await Eventually.TrueAsync("the second waits", () => second.Error.Contains("waits: another session", StringComparison.Ordinal));

        second.Signal(15);
        (await second.WaitAsync()).ShouldBe(1);
        gateway.Pushes.ShouldBeEmpty();
        first.Signal(15);
        (await first.WaitAsync()).ShouldBe(1);
        gateway.Pushes.Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_change_of_the_file_is_taken_up_and_a_mistake_in_it_is_not()
    {
        using RunnerFolder folder = new();
        await using var gateway = await RecordingGateway.StartAsync();
        var file = folder.Write(RunnerFolder.Restic("one", fileGroups: "[]", more: "  schedule: \"@every 1s\""));
        await using var runner = folder.Start("backup", "--file", file, "--pushgateway-url", gateway.Address, "--run-via-cron");
        await Eventually.TrueAsync("the first Restic runs", () => Of(gateway, "one").Length > 0);

        folder.Write("kind: [");
        await Eventually.TrueAsync("the mistake is said", () => runner.Error.Contains("What the file said before stays in effect", StringComparison.Ordinal));
        var before = Of(gateway, "one").Length;
        await Eventually.TrueAsync("the first Restic still runs", () => Of(gateway, "one").Length > before + 1);

        folder.Write(RunnerFolder.Restic("two", fileGroups: "[]", more: "  schedule: \"@every 1s\""));
        await Eventually.TrueAsync("the second Restic runs", () => Of(gateway, "two").Length > 1);
        before = Of(gateway, "one").Length;
        var twos = Of(gateway, "two").Length;
        await Eventually.TrueAsync("the second Restic runs on", () => Of(gateway, "two").Length > twos + 1);
        Of(gateway, "one").Length.ShouldBe(before);
        runner.HasExited.ShouldBeFalse();
    }

    private static RecordedPush[] Of(RecordingGateway gateway, string restic) =>
        [.. gateway.Pushes.Where(p => p.Path.EndsWith($"/stash_config/{restic}", StringComparison.Ordinal))];

    private static void NoOverlap(RecordedPush[] pushes)
    {
        var sessions = pushes.Select(p => (Start: p.Value("restic_session_start_time_seconds"), End: p.Value("restic_session_end_time_seconds"))).Order().ToArray();
        for (var i = 1; i < sessions.Length; i++)
        {
            sessions[i].Start.ShouldBeGreaterThanOrEqualTo(sessions[i - 1].End);
        }
    }
}
