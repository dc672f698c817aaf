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
        using var journal = await OpenAsync();
        var hub = new EventHub();
        using var subscription = hub.Subscribe();
        var log = Channel.CreateUnbounded<PushRecord>();
        var released = Channel.CreateUnbounded<long>();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var run = Follower(journal, hub).RunAsync(() => 0, (_, ct) => log.Reader.ReadAllAsync(ct), p => released.Writer.TryWrite(p), stop.Token);

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
        using var journal = await OpenAsync();
        await journal.AppendAsync([], 40, TestContext.Current.CancellationToken);

        (await FollowedFromAsync(journal, lastPosition: 55)).ShouldBe(40);
        (await FollowedFromAsync(journal, lastPosition: 12)).ShouldBe(0);
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

        var run = Follower(journal, new EventHub()).RunAsync(() => lastPosition, Follow, _ => { }, stop.Token);
        var result = await from.Task.WaitAsync(stop.Token);
        await stop.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(run);
        return result;
    }

    private static JournalFollower Follower(SessionJournal journal, EventHub hub) => new(journal, hub, TimeProvider.System, NullLogger<JournalFollower>.Instance);

    private Task<SessionJournal> OpenAsync() =>
        SessionJournal.OpenAsync(_folder.In("journal.db"), new JournalOptions { MaxAge = TimeSpan.FromDays(400), MaxSessions = 1000 }, TimeProvider.System, TestContext.Current.CancellationToken);
}
