using Stash.Console.History;
using Stash.Console.Tests.Support;
using Stash.Core.Sessions;

namespace Stash.Console.Tests.History;

public sealed class AppHistoryReaderTests
{
    [Fact]
    public async Task Reads_the_newest_sessions_where_this_one_is_among_them()
    {
        var sessions = Every(TimeSpan.FromMinutes(1), 50);
        await using var operatorDouble = await OperatorDouble.StartAsync(sessions);

        var history = await ReadAsync(operatorDouble, sessions[30]);

        history.Sessions.Select(s => s.Id).ShouldBe(sessions[20..].Select(s => s.Id));
        history.Previous!.Id.ShouldBe(sessions[29].Id);
        history.Next!.Id.ShouldBe(sessions[31].Id);
        history.ReachesPresent.ShouldBeTrue();
    }

    [Fact]
    public async Task The_oldest_of_the_newest_has_a_session_before_it()
    {
        var sessions = Every(TimeSpan.FromMinutes(1), 50);
        await using var operatorDouble = await OperatorDouble.StartAsync(sessions);

        var history = await ReadAsync(operatorDouble, sessions[20]);

        history.Previous!.Id.ShouldBe(sessions[19].Id);
    }

    [Theory]
    [InlineData(1, 100)]
    [InlineData(60, 300)]
    [InlineData(86_400, 200)]
    public async Task An_old_session_is_shown_between_its_neighbours(int seconds, int count)
    {
        var sessions = Every(TimeSpan.FromSeconds(seconds), count);
        await using var operatorDouble = await OperatorDouble.StartAsync(sessions);

        var history = await ReadAsync(operatorDouble, sessions[30]);

        history.Sessions.Select(s => s.Id).ShouldBe(sessions[10..40].Select(s => s.Id));
        history.ReachesPresent.ShouldBeFalse();
    }

    [Fact]
    public async Task The_next_session_is_found_after_a_long_pause_and_before_a_crowd()
    {
        // One session, a hundred days of nothing, then five hundred, a second apart.
        var first = Sessions.Succeeded(ago: TimeSpan.FromDays(101));
        Session[] crowd = [.. Enumerable.Range(0, 500).Select(i => Sessions.Succeeded(ago: TimeSpan.FromDays(1) - TimeSpan.FromSeconds(i)))];
        await using var operatorDouble = await OperatorDouble.StartAsync([first, .. crowd]);

        var history = await ReadAsync(operatorDouble, first);

        history.Previous.ShouldBeNull();
        history.Next!.Id.ShouldBe(crowd[0].Id);
        operatorDouble.Requests.Count.ShouldBeLessThan(60);
    }

    [Fact]
    public async Task Sessions_of_other_apps_are_left_out()
    {
        var session = Sessions.Succeeded("web", "shop");
        await using var operatorDouble = await OperatorDouble.StartAsync(session, Sessions.Succeeded("web", "blog"), Sessions.Succeeded("db", "shop"));

        var history = await ReadAsync(operatorDouble, session);

        history.Sessions.ShouldHaveSingleItem().Id.ShouldBe(session.Id);
    }

    [Fact]
    public async Task A_check_is_shown_among_checks_and_a_backup_among_backups()
    {
        Session[] backups = [.. Enumerable.Range(0, 60).Select(i => Sessions.Succeeded(ago: TimeSpan.FromMinutes(100 - i)))];
        Session[] checks = [Sessions.Succeeded(ago: TimeSpan.FromDays(20), operation: "check"), Sessions.Failed(ago: TimeSpan.FromDays(13), operation: "check"), Sessions.Succeeded(ago: TimeSpan.FromMinutes(41.5), operation: "check")];
        await using var operatorDouble = await OperatorDouble.StartAsync([.. backups, .. checks]);

        var history = await ReadAsync(operatorDouble, checks[1]);
        history.Sessions.Select(s => s.Id).ShouldBe(checks.Select(s => s.Id));
        history.ReachesPresent.ShouldBeTrue();

        (await ReadAsync(operatorDouble, backups[58])).Sessions.Select(s => s.Id).ShouldBe(backups[30..].Select(s => s.Id));
    }

    private static Session[] Every(TimeSpan interval, int count) =>
        [.. Enumerable.Range(0, count).Select(i => Sessions.Succeeded(ago: interval * (count - i)))];

    private static async Task<AppHistory> ReadAsync(OperatorDouble operatorDouble, Session session)
    {
        var client = operatorDouble.NewClient();
        return await new AppHistoryReader(client, TimeProvider.System).ReadAsync(session, TestContext.Current.CancellationToken);
    }
}
