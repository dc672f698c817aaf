using System.Collections.Concurrent;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Stash.Console.Operator;
using Stash.Console.Tests.Support;

namespace Stash.Console.Tests.Operator;

public sealed class LiveFeedTests
{
    [Fact]
    public async Task Tells_every_subscriber_of_sessions_running_ones_and_settings()
    {
        await using var operatorDouble = await OperatorDouble.StartAsync();
        var client = operatorDouble.NewClient();
        using var feed = FeedOf(client);
        ConcurrentQueue<LiveChange> one = new(), two = new();
        using var first = feed.Subscribe(one.Enqueue);
        using var second = feed.Subscribe(two.Enqueue);
        await StartAsync(feed, operatorDouble);

        var session = Sessions.Succeeded();
        operatorDouble.Report(Sessions.Running());
        await operatorDouble.PushAsync(session);
        operatorDouble.End("running-1");
        operatorDouble.ChangeSettings(s => s with { Spec = s.Spec with { Backup = true } });

        foreach (var heard in new[] { one, two })
        {
            await Eventually.Holds(() => heard.OfType<LiveChange.SettingsChanged>().Any(), "the last change is heard");
            heard.Where(c => c is not LiveChange.StateChanged).Select(c => c.GetType()).ShouldBe(
                [typeof(LiveChange.SessionRunning), typeof(LiveChange.SessionAdded), typeof(LiveChange.SessionEnded), typeof(LiveChange.SettingsChanged)]);
            heard.OfType<LiveChange.SessionAdded>().Single().Session.Id.ShouldBe(session.Id);
        }

        operatorDouble.OpenStreams.ShouldBe(1, "one connection serves every page");
        await feed.StopAsync(TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task A_disposed_subscription_hears_no_more()
    {
        await using var operatorDouble = await OperatorDouble.StartAsync();
        var client = operatorDouble.NewClient();
        using var feed = FeedOf(client);
        ConcurrentQueue<LiveChange> gone = new(), stays = new();
        var subscription = feed.Subscribe(gone.Enqueue);
        using var other = feed.Subscribe(stays.Enqueue);
        await StartAsync(feed, operatorDouble);
        subscription.Dispose();

        await operatorDouble.PushAsync(Sessions.Succeeded());

        await Eventually.Holds(() => stays.OfType<LiveChange.SessionAdded>().Any(), "the other hears");
        gone.OfType<LiveChange.SessionAdded>().ShouldBeEmpty();
        await feed.StopAsync(TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task One_failing_subscriber_does_not_stop_the_others()
    {
        await using var operatorDouble = await OperatorDouble.StartAsync();
        var client = operatorDouble.NewClient();
        using var feed = FeedOf(client);
        ConcurrentQueue<LiveChange> heard = new();
        using var failing = feed.Subscribe(_ => throw new InvalidOperationException("a page's mistake"));
        using var other = feed.Subscribe(heard.Enqueue);
        await StartAsync(feed, operatorDouble);

        await operatorDouble.PushAsync(Sessions.Succeeded());

        await Eventually.Holds(() => heard.OfType<LiveChange.SessionAdded>().Any(), "the other hears");
        await feed.StopAsync(TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Says_that_the_operator_is_away_and_comes_back_with_the_last_event_id_and_a_reset()
    {
        await using var operatorDouble = await OperatorDouble.StartAsync();
        var client = operatorDouble.NewClient();
        using var feed = FeedOf(client);
        ConcurrentQueue<LiveChange> heard = new();
        using var subscription = feed.Subscribe(heard.Enqueue);
        await StartAsync(feed, operatorDouble);
        await operatorDouble.PushAsync(Sessions.Succeeded());
        await Eventually.Holds(() => heard.OfType<LiveChange.SessionAdded>().Any(), "the session is heard");

        await operatorDouble.DownAsync();
        await Eventually.Holds(() => feed.State.Reason?.Contains("does not answer", StringComparison.Ordinal) == true, "the operator is away");
        await operatorDouble.UpAsync();

        await Eventually.Holds(() => feed.State.Connection == LiveConnection.Connected, "the operator is back");
        operatorDouble.Openings.Last().ShouldBe("1");
        heard.OfType<LiveChange.Reset>().ShouldNotBeEmpty("what has no event id may have changed meanwhile");
        heard.OfType<LiveChange.StateChanged>().Select(c => c.State.Connection).First(c => c != LiveConnection.Connecting).ShouldBe(LiveConnection.Connected);
        await feed.StopAsync(TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task An_operator_that_says_that_it_stops_is_named_so_and_found_again()
    {
        await using var operatorDouble = await OperatorDouble.StartAsync();
        var client = operatorDouble.NewClient();
        using var feed = FeedOf(client);
        ConcurrentQueue<LiveChange> heard = new();
        using var subscription = feed.Subscribe(heard.Enqueue);
        await StartAsync(feed, operatorDouble);

        operatorDouble.Stops();

        await Eventually.Holds(() => heard.OfType<LiveChange.StateChanged>().Any(c => c.State.Reason?.EndsWith(" stops.", StringComparison.Ordinal) == true), "it is told");
        await Eventually.Holds(() => feed.State.Connection == LiveConnection.Connected && heard.OfType<LiveChange.Reset>().Any(), "it is found again");
        operatorDouble.Openings.Count.ShouldBe(2);
        await feed.StopAsync(TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task A_connection_that_falls_silent_is_given_up()
    {
        await using var operatorDouble = await OperatorDouble.StartAsync();
        var time = new FakeTimeProvider(DateTimeOffset.UtcNow);
        var client = operatorDouble.NewClient(time);
        using var feed = new LiveFeed(client, time, NullLogger<LiveFeed>.Instance);
        ConcurrentQueue<LiveChange> heard = new();
        using var subscription = feed.Subscribe(heard.Enqueue);
        await StartAsync(feed, operatorDouble);
        // The first ping has been read where a session that follows it has.
        await operatorDouble.PushAsync(Sessions.Succeeded());
        await Eventually.Holds(() => heard.OfType<LiveChange.SessionAdded>().Any(), "the session is heard");

        time.Advance(LiveFeed.Silence + TimeSpan.FromSeconds(1));

        await Eventually.Holds(() => feed.State.IsDisconnected, "the silent connection is given up");
        feed.State.Reason.ShouldNotBeNull().ShouldContain("fallen silent");
        await feed.StopAsync(TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Waits_for_an_operator_that_has_never_run()
    {
        await using var operatorDouble = await OperatorDouble.StartAsync();
        File.Delete(operatorDouble.Folder.CaCertificate);
        var client = operatorDouble.NewClient();
        using var feed = FeedOf(client);
        await feed.StartAsync(TestContext.Current.CancellationToken);
        await Eventually.Holds(() => feed.State.Reason?.Contains("ca.crt is not there", StringComparison.Ordinal) == true, "the reason is told");

        operatorDouble.WriteCredentials();

        await Eventually.Holds(() => feed.State.Connection == LiveConnection.Connected, "it connects");
        await feed.StopAsync(TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task A_burst_reaches_a_page_in_few_batches_and_whole()
    {
        await using var operatorDouble = await OperatorDouble.StartAsync();
        var client = operatorDouble.NewClient();
        using var feed = FeedOf(client);
        ConcurrentQueue<IReadOnlyList<LiveChange>> batches = new();
        using var live = new LiveBatch(feed, TimeProvider.System, batch =>
        {
            batches.Enqueue(batch);
            return Task.CompletedTask;
        });
        await StartAsync(feed, operatorDouble);

        for (var i = 0; i < 300; i++)
        {
            operatorDouble.Report(Sessions.Running($"running-{i}"));
        }

        await Eventually.Holds(() => batches.SelectMany(b => b).OfType<LiveChange.SessionRunning>().Count() == 300, "all are handed over");
        batches.SelectMany(b => b).OfType<LiveChange.SessionRunning>().Select(c => c.Session.Id).ShouldBe(Enumerable.Range(0, 300).Select(i => $"running-{i}"));
        batches.Count.ShouldBeLessThan(150);
        await feed.StopAsync(TestContext.Current.CancellationToken);
    }

    private static async Task StartAsync(LiveFeed feed, OperatorDouble operatorDouble)
    {
        await feed.StartAsync(TestContext.Current.CancellationToken);
        await Eventually.Holds(() => feed.State.Connection == LiveConnection.Connected && operatorDouble.OpenStreams == 1, "the feed connects");
    }

    private static LiveFeed FeedOf(OperatorClient client) => new(client, TimeProvider.System, NullLogger<LiveFeed>.Instance);
}
