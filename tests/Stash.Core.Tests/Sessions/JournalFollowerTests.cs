using System.Threading.Channels;
using Microsoft.Extensions.Logging.Abstractions;
using Stash.Core.Configuration;
using Stash.Core.Events;
using Stash.Core.Gateway;
using Stash.Core.Sessions.Journal;
using static Stash.Core.Tests.Sessions.Pushes;

namespace Stash.Core.Tests.Sessions;

public sealed class JournalFollowerTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Sessions_are_durable_before_they_are_told_and_released()
    {
        await using var journal = await OpenAsync();
        var hub = new EventHub();
        using var subscription = hub.Subscribe();
        var log = Channel.CreateUnbounded<PushRecord>();
        var released = Channel.CreateUnbounded<long>();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var run = Follower(journal, hub).RunAsync(0, () => 0, (_, ct) => log.Reader.ReadAllAsync(ct), p => released.Writer.TryWrite(p), stop.Token);

        log.Writer.TryWrite(Of(3, Succeeded()));
        var added = (StashEvent.SessionAdded)await subscription.Events.ReadAsync(stop.Token);
        (await journal.Reader.FindAsync(added.Session.Id, stop.Token)).ShouldNotBeNull();
        (await journal.FollowedAsync(stop.Token)).ShouldBe(3);
        (await released.Reader.ReadAsync(stop.Token)).ShouldBe(0);
        (await released.Reader.ReadAsync(stop.Token)).ShouldBe(3);

        // A push without a session moves the position alone.
        log.Writer.TryWrite(Of(9));
        (await released.Reader.ReadAsync(stop.Token)).ShouldBe(9);
        await stop.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(run);
    }

    [Fact]
    public async Task It_goes_on_where_it_was_and_starts_over_where_the_log_is_another()
    {
        await using var journal = await OpenAsync();
        await journal.AppendAsync([], 40, TestContext.Current.CancellationToken);

        (await FollowedFromAsync(journal, lastPosition: 55)).ShouldBe(40);
        (await FollowedFromAsync(journal, lastPosition: 12)).ShouldBe(0);
    }

    [Fact]
    public async Task A_flood_is_one_batch_and_listeners_who_cannot_hold_it_are_sent_to_the_journal()
    {
        await using var journal = await OpenAsync();
        EventHub hub = new();
        using var few = hub.Subscribe(capacity: 10);
        using var many = hub.Subscribe(capacity: 1000);
        var log = Channel.CreateUnbounded<PushRecord>();
        for (var i = 1; i <= 500; i++)
        {
            log.Writer.TryWrite(Of(i, Succeeded()) with { SessionId = $"s{i}" });
        }

        // Delivered again, and no session at all.
        log.Writer.TryWrite(Of(501, Succeeded()) with { SessionId = "s7" });
        log.Writer.TryWrite(Of(502));
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        List<long> released = [];
        TaskCompletionSource done = new();
        var follower = Follower(journal, hub);
        var run = follower.RunAsync(
            opened: 0,
            () => 502,
            (_, ct) => log.Reader.ReadAllAsync(ct),
            p =>
            {
                released.Add(p);
                if (p == 502)
                {
                    done.SetResult();
                }
            },
            stop.Token);
        await done.Task.WaitAsync(stop.Token);

        released.Count.ShouldBeLessThan(20);
        for (var i = 1; i <= 500; i++)
        {
            ((StashEvent.SessionAdded)await many.Events.ReadAsync(stop.Token)).Session.Id.ShouldBe($"s{i}");
        }

        few.Overflowed.ShouldBeTrue();
        (await journal.Reader.LastPositionAsync(stop.Token)).ShouldBe(500);
        (follower.Progress.Position, follower.Progress.Sessions, follower.Progress.Failures).ShouldBe((502, 500, 0));
        await stop.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(run);
    }

    [Fact]
    public void The_lag_is_what_the_log_has_more_and_the_age_of_the_last_push_taken_in()
    {
        JournalProgress progress = new();
        progress.Begin(5);
        (progress.LagRecords(8), progress.Lag(8, Noon)).ShouldBe((3, TimeSpan.Zero));
        progress.TookIn(7, Noon, 2);
        (progress.LagRecords(8), progress.Lag(8, Noon.AddSeconds(3))).ShouldBe((1, TimeSpan.FromSeconds(3)));
        progress.Lag(8, Noon.AddSeconds(-3)).ShouldBe(TimeSpan.Zero);
        (progress.LagRecords(7), progress.Lag(7, Noon.AddHours(1))).ShouldBe((0, TimeSpan.Zero));
    }

    private static async Task<long> FollowedFromAsync(SessionJournal journal, long lastPosition)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var from = new TaskCompletionSource<long>();
        IAsyncEnumerable<PushRecord> Follow(long after, CancellationToken ct)
        {
            from.TrySetResult(after);
            return Channel.CreateUnbounded<PushRecord>().Reader.ReadAllAsync(ct);
        }

        var run = Follower(journal, new EventHub()).RunAsync(lastPosition, () => lastPosition, Follow, _ => { }, stop.Token);
        var result = await from.Task.WaitAsync(stop.Token);
        await stop.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(run);
        return result;
    }

    private static JournalFollower Follower(SessionJournal journal, EventHub hub) => new(journal, hub, TimeProvider.System, NullLogger<JournalFollower>.Instance);

    private Task<SessionJournal> OpenAsync() =>
        SessionJournal.OpenAsync(_folder.In("journal.db"), new JournalOptions { MaxAge = TimeSpan.FromDays(400), MaxSessions = 1000 }, TimeProvider.System, TestContext.Current.CancellationToken);
}
