using System.Net.Http.Json;
using Stash.Core.Api;
using Stash.Core.Sessions;
using Stash.Operator.Tests.Support;

namespace Stash.Operator.Tests.Runner;

/// <summary>The whole way: real restic, the runner, the real operator's gateway and its journal.</summary>
public sealed class OperatorTests
{
    [Fact]
    public async Task A_session_is_seen_running_and_then_in_the_journal_with_its_summary()
    {
        await using var it = await OperatorProcess.StartAsync();
        using RunnerFolder folder = new();
        folder.SlowDown(12_000);
        folder.Fill("big", 60);
        await using var backup = folder.Start("backup", "--file", folder.Write(RunnerFolder.Restic("files", more: "  schedule: \"@hourly\"")), "--pushgateway-url", it.GatewayAddress.ToString());

        var running = await Eventually.GetAsync("the session is in progress", async () =>
            (await GetAsync<RunningList>(it, "running")).Items.FirstOrDefault(r => r is { Op: "backup", BytesTotal: 60_000_006, Progress: > 0 }));
        (await backup.WaitAsync()).ShouldBe(0, backup.Error);

        var session = (await Eventually.GetAsync("the session is in the journal", async () =>
            await GetAsync<SessionList>(it, "sessions") is { Items.Count: > 0 } list ? list : null)).Items.ShouldHaveSingleItem();
        session.Id.ShouldBe(running.Id);
        session.Outcome.ShouldBe(SessionOutcome.Succeeded);
        session.Namespace.ShouldBe("prod");
        session.App.ShouldBe("files");
        session.Kind.ShouldBe("Host");
        session.Restic.ShouldBe("files");
        session.Job.ShouldBe("prod-files");
        session.FileGroups.Select(g => (g.Path, g.Op)).ShouldBe([(folder.Source, "backup"), (folder.Source, "forget")]);
        session.Summaries.ShouldHaveSingleItem().BytesProcessed.ShouldBe(60_000_006);
        session.LastSuccessTime.ShouldBe(session.EndTime);
        session.NextRunTime.ShouldNotBeNull().Minute.ShouldBe(0);
        await Eventually.TrueAsync("it is no longer in progress", async () => (await GetAsync<RunningList>(it, "running")).Items.Count == 0);
    }

    [Fact]
    public async Task Killed_and_started_again_the_operator_has_every_session_once_and_in_order()
    {
        await using var it = await OperatorProcess.StartAsync();
        using RunnerFolder folder = new();
        var file = folder.Write(RunnerFolder.Restic("broken", fileGroups: "[{path: source, retentionPolicyName: none}]"), RunnerFolder.Restic("empty", fileGroups: "[]"));
        var gateway = it.GatewayAddress.ToString();
        (await folder.BackupAsync(file, gateway)).ExitCode.ShouldBe(1);
        await it.KillAsync();
        (await folder.BackupAsync(file, gateway, "--push-timeout", "0")).Error.ShouldContain("Not delivered: 2 reports");
        (await folder.BackupAsync(file, gateway, "--push-timeout", "0")).Error.ShouldContain("Not delivered: 4 reports");
        await it.StartAgainAsync();
        (await folder.BackupAsync(file, gateway)).Error.ShouldNotContain("Not delivered");

        var list = await Eventually.GetAsync("all sessions are in the journal", async () => await GetAsync<SessionList>(it, "sessions") is { Items.Count: >= 8 } all ? all : null);
        list.Items.Count.ShouldBe(8);
        list.Items.Select(s => s.Id).ShouldBeUnique();
        list.Items.ShouldAllBe(s => s.Outcome == SessionOutcome.Failed);
        foreach (var (restic, message) in new[] { ("broken", "names the retention policy \"none\""), ("empty", "spec.fileGroups is empty") })
        {
            var own = list.Items.Where(s => s.Restic == restic).ToArray();
            own.Length.ShouldBe(4);
            own.Select(s => s.EndTime).ShouldBeInOrder(SortDirection.Descending);
            own.ShouldAllBe(s => s.Message!.Contains(message));
        }
    }

    private static async Task<T> GetAsync<T>(OperatorProcess it, string path) =>
        (T)(await it.Api.GetFromJsonAsync(path, typeof(T), StashJson.Default, TestContext.Current.CancellationToken))!;
}
