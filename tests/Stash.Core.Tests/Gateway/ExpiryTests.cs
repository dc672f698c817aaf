using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Stash.Core.Configuration;
using Stash.Core.Events;
using Stash.Core.Exposition;
using Stash.Core.Gateway;
using Stash.Core.Sessions;
using Stash.Core.Sessions.Journal;

namespace Stash.Core.Tests.Gateway;

/// <summary>Groups whose time is over.</summary>
public sealed class ExpiryTests : IDisposable
{
    private static readonly DateTimeOffset Start = new(2026, 11, 24, 3, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    private readonly TempFolder _folder = new();
    private readonly FakeTimeProvider _time = new(Start);

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Without_any_time_to_live_a_group_stays_for_ever()
    {
        await using var store = await OpenAsync();
        await PushAsync(store, "a");
        _time.Advance(TimeSpan.FromDays(4000));
        (await store.ExpireAsync(null, Cancelled)).ShouldBe(0);
        Groups(store).ShouldBe(["a"]);
    }

    [Fact]
    public async Task A_group_s_own_time_stands_over_the_one_for_all()
    {
        await using var store = await OpenAsync();
        await PushAsync(store, "short", Hour);
        await PushAsync(store, "for-ever", TimeSpan.MaxValue);
        await PushAsync(store, "other");

        _time.Advance(Hour - TimeSpan.FromTicks(1));
        (await store.ExpireAsync(5 * Hour, Cancelled)).ShouldBe(0);
        _time.Advance(TimeSpan.FromTicks(1));
        (await store.ExpireAsync(5 * Hour, Cancelled)).ShouldBe(1);
        Groups(store).ShouldBe(["for-ever", "other"]);
        _time.Advance(5 * Hour);
        (await store.ExpireAsync(5 * Hour, Cancelled)).ShouldBe(1);
        Groups(store).ShouldBe(["for-ever"]);
        store.Statistics.Expired.ShouldBe(2);
    }

    [Fact]
    public async Task The_last_push_that_replaces_the_group_decides_and_one_that_adds_to_it_only_puts_it_off()
    {
        await using var store = await OpenAsync();
        await PushAsync(store, "by-hand", Hour);
        await PushAsync(store, "added-to", Hour);
        _time.Advance(Hour / 2);
        await PushAsync(store, "by-hand");
        await PushAsync(store, "added-to", replace: false);
        _time.Advance(Hour - TimeSpan.FromSeconds(1));
        (await store.ExpireAsync(null, Cancelled)).ShouldBe(0);
        _time.Advance(TimeSpan.FromSeconds(1));
        (await store.ExpireAsync(null, Cancelled)).ShouldBe(1);
        Groups(store).ShouldBe(["by-hand"]);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(32 << 20)]
    public async Task It_is_as_durable_as_the_group_whether_from_the_log_or_from_a_snapshot(long segmentBytes)
    {
        await using (var store = await OpenAsync(segmentBytes))
        {
            await PushAsync(store, "a", Hour);
            await PushAsync(store, "b", 3 * Hour);
        }

        _time.Advance(2 * Hour);
        await using (var store = await OpenAsync(segmentBytes))
        {
            // Its time ran out while there was no gateway to push to.
            (await store.ExpireAsync(null, Cancelled)).ShouldBe(0);
            _time.Advance(TimeSpan.FromMinutes(14));
            (await store.ExpireAsync(null, Cancelled)).ShouldBe(0);
            _time.Advance(TimeSpan.FromMinutes(1));
            (await store.ExpireAsync(null, Cancelled)).ShouldBe(1);
        }

        await using (var store = await OpenAsync(segmentBytes))
        {
            Groups(store).ShouldBe(["b"]);
        }
    }

    [Fact]
    public async Task A_push_at_the_last_moment_keeps_its_group_whichever_of_the_two_is_first()
    {
        await using var store = await OpenAsync();
        for (var round = 0; round < 50; round++)
        {
            await PushAsync(store, "a", Hour);
            _time.Advance(Hour);
            var expire = Task.Run(() => store.ExpireAsync(null, Cancelled), Cancelled);
            await PushAsync(store, "a", Hour);
            await expire;
            Groups(store).ShouldBe(["a"]);
        }
    }

    [Fact]
    public async Task The_journal_still_tells_of_a_backup_that_is_missing()
    {
        await using var store = await OpenAsync();
        await using var journal = await SessionJournal.OpenAsync(_folder.In("journal.db"), new JournalOptions { MaxAge = TimeSpan.FromDays(400), MaxSessions = 1000 }, _time, Cancelled);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancelled);
        JournalFollower follower = new(journal, new EventHub(), _time, NullLogger<JournalFollower>.Instance);
        TaskCompletionSource<long> after = new();
        var next = Start.AddDays(1);
        await PushAsync(store, "shop-daily", Hour, text: $"restic_session_success 1\nrestic_session_next_run_time_seconds {next.ToUnixTimeSeconds()}\n");
        _time.Advance(Hour);
        (await store.ExpireAsync(null, Cancelled)).ShouldBe(1);
        var last = store.Position;
        var run = follower.RunAsync(store.Position, () => store.Position, store.FollowAsync, p => _ = p == last && after.TrySetResult(p), stop.Token);
        await after.Task.WaitAsync(Cancelled);

        Groups(store).ShouldBeEmpty();
        follower.Progress.LagRecords(store.Position).ShouldBe(0);
        var app = (await journal.Reader.AppsAsync(Cancelled)).ShouldHaveSingleItem();
        (app.App, app.NextRunTime, app.LastOutcome).ShouldBe(("shop-daily", next, SessionOutcome.Succeeded));
        await stop.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(run);
    }

    private static string[] Groups(GroupStore store) => [.. store.Summaries().Select(g => g.Labels["app"])];

    private static async Task PushAsync(GroupStore store, string app, TimeSpan? life = null, bool replace = true, string text = "x 1\n") =>
        (await store.PushAsync(
            new Push { Group = new GroupKey([new Label("job", "j"), new Label("app", app)]), Replace = replace, Text = Encoding.UTF8.GetBytes(text), TimeToLive = life },
            Cancelled)).ShouldBe(PushVerdict.Accepted);

    private Task<GroupStore> OpenAsync(long segmentBytes = 32 << 20) =>
        GroupStore.OpenAsync(new GroupStoreOptions { Directory = _folder.In("gateway"), SegmentBytes = segmentBytes }, _time, NullLogger<GroupStore>.Instance, Cancelled);
}
