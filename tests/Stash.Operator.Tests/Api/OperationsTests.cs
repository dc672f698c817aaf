using Stash.Core.Api;
using Stash.Core.Sessions;
using Stash.Operator.Tests.Support;

namespace Stash.Operator.Tests.Api;

/// <summary>Sessions that are no backup, from their push to the API.</summary>
public sealed class OperationsTests
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public async Task A_check_and_the_backups_of_an_app_do_not_mix()
    {
        await using var it = await OperatorProcess.StartAsync();
        await it.PushAsync(new SessionPush { Id = "b1", End = Noon });
        await it.PushAsync(new SessionPush { Id = "b2", End = Noon.AddMinutes(1), Failed = true });
        await it.PushAsync(new SessionPush { Id = "c1", End = Noon.AddMinutes(2), Operation = "check", Seconds = 99 });
        await Eventually.TrueAsync("all sessions are in the journal", async () => (await it.SessionsAsync()).Items.Count == 3);

        (await it.SessionsAsync()).Items.Select(s => (s.Id, s.Operation)).ShouldBe([("c1", "check"), ("b2", "backup"), ("b1", "backup")]);
        (await it.SessionsAsync("?operation=check")).Items.ShouldHaveSingleItem().Id.ShouldBe("c1");
        var apps = (await it.GetAsync("apps", StashJson.Default.AppList)).Items;
        apps.Select(a => (a.App, a.Operation, a.LastOutcome, a.FailuresSinceSuccess, a.LastSuccessTime)).ShouldBe(
        [
            ("web", "backup", SessionOutcome.Failed, 1, Noon),
            ("web", "check", SessionOutcome.Succeeded, 0, Noon.AddMinutes(2)),
        ]);
        var all = await it.GetAsync("aggregates?bucketSeconds=600", StashJson.Default.SessionAggregates);
        all.Apps.Select(a => (a.Operation, a.Count, a.MaxSeconds)).ShouldBe([("backup", 2, 10), ("check", 1, 99)]);
        all.Buckets.Select(b => (b.Operation, b.Count, b.Failures)).ShouldBe([("backup", 2, 1), ("check", 1, 0)]);
        (await it.GetAsync("aggregates?operation=check&bucketSeconds=600", StashJson.Default.SessionAggregates)).Count.ShouldBe(1);
    }
}
