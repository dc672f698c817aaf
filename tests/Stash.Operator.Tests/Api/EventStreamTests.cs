using System.Net;
using System.Text.Json;
using Microsoft.Extensions.Hosting.Internal;
using Microsoft.Extensions.Logging.Abstractions;
using Stash.Core.Api;
using Stash.Core.Configuration;
using Stash.Core.Events;
using Stash.Core.Sessions;
using Stash.Core.Sessions.Journal;
using Stash.Operator.Api;
using Stash.Operator.Tests.Support;

namespace Stash.Operator.Tests.Api;

/// <summary>The live stream.</summary>
public sealed class EventStreamTests
{
    [Fact]
    public async Task A_new_session_is_told_when_its_push_is_answered()
    {
        await using var it = await OperatorProcess.StartAsync();
        await using var events = await EventReader.OpenAsync(it);
        await events.NextAsync("ping");

        await it.PushAsync(new SessionPush { Id = "live", Failed = true, Message = "no such repository" });

        var next = await events.NextAsync("session");
        var session = JsonSerializer.Deserialize(next.Data, StashJson.Default.Session)!;
        (session.Id, session.Outcome, session.Message).ShouldBe(("live", SessionOutcome.Failed, "no such repository"));
        long.Parse(next.EventId!, System.Globalization.CultureInfo.InvariantCulture).ShouldBeGreaterThan(0);

        // What is told is in the journal.
        (await it.GetAsync("sessions/live", StashJson.Default.Session)).Id.ShouldBe("live");
    }

    [Fact]
    public async Task What_was_missed_comes_first_and_nothing_twice()
    {
        await using var it = await OperatorProcess.StartAsync();
        string? last;
        await using (var events = await EventReader.OpenAsync(it))
        {
            await events.NextAsync("ping");
            await it.PushAsync(new SessionPush { Id = "a" });
            last = (await events.NextAsync("session")).EventId;
        }

        await it.PushAsync(new SessionPush { Id = "b", App = "b" });
        await it.PushAsync(new SessionPush { Id = "c", App = "c" });
        await Eventually.TrueAsync("both are in the journal", async () => (await it.SessionsAsync()).Items.Count == 3);

        // Also over a restart of the operator.
        await it.StopAsync();
        await it.StartAgainAsync();
        await using var again = await EventReader.OpenAsync(it, last);
        List<string> ids = [IdOf(await again.NextAsync("session")), IdOf(await again.NextAsync("session"))];
        await it.PushAsync(new SessionPush { Id = "d", App = "d" });
        ids.Add(IdOf(await again.NextAsync("session")));
        ids.ShouldBe(["b", "c", "d"]);
    }

    [Fact]
    public async Task Who_missed_too_much_or_knows_another_journal_reads_anew()
    {
        await using var it = await OperatorProcess.StartAsync();
        await using (var events = await EventReader.OpenAsync(it, "4711"))
        {
            (await events.NextAsync()).EventType.ShouldBe("reset");
            await it.PushAsync(new SessionPush { Id = "a" });
            IdOf(await events.NextAsync()).ShouldBe("a");
        }

        await Parallel.ForEachAsync(Enumerable.Range(0, 1001), TestContext.Current.CancellationToken, async (i, _) => await it.PushAsync(new SessionPush { Id = $"many-{i}", App = $"app{i % 50}" }));
        await Eventually.TrueAsync("all are in the journal", async () => (await it.SessionsAsync("?limit=5000")).Items.Count == 1002);
        await using var late = await EventReader.OpenAsync(it, "1");
        (await late.NextAsync()).EventType.ShouldBe("reset");
        await it.PushAsync(new SessionPush { Id = "z" });
        IdOf(await late.NextAsync()).ShouldBe("z");
    }

    [Fact]
    public async Task Whom_a_flood_overtakes_reads_anew_and_goes_on_listening()
    {
        using TempFolder folder = new();
        await using var journal = await SessionJournal.OpenAsync(
            folder.In("journal.db"), new JournalOptions { MaxAge = TimeSpan.FromDays(1), MaxSessions = 10 }, TimeProvider.System, TestContext.Current.CancellationToken);
        EventHub hub = new();
        EventStream stream = new(hub, journal, TimeProvider.System, new ApplicationLifetime(NullLogger<ApplicationLifetime>.Instance));
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        await using var events = stream.EventsAsync(null, stop.Token).GetAsyncEnumerator(TestContext.Current.CancellationToken);
        async Task<string> NextAsync() => await events.MoveNextAsync() ? events.Current.EventType : "the end";
        (await NextAsync()).ShouldBe("ping");

        // Unread: more than a subscription holds.
        for (var i = 0; i < 5000; i++)
        {
            hub.Publish(new StashEvent.SessionEnded($"flood-{i}"));
        }

        string next;
        while ((next = await NextAsync()) == "ended")
        {
        }

        next.ShouldBe("reset");
        hub.Publish(new StashEvent.SessionEnded("after"));
        (await NextAsync()).ShouldBe("ended");
        events.Current.Data.ShouldContain("after");
        await stop.CancelAsync();
        (await NextAsync()).ShouldBe("the end");
    }

    [Fact]
    public async Task A_position_that_is_none_is_refused()
    {
        await using var it = await OperatorProcess.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, "events");
        request.Headers.Add("Last-Event-ID", "soon");
        using var answer = await it.Api.SendAsync(request, TestContext.Current.CancellationToken);
        (await answer.StatusAsync(HttpStatusCode.BadRequest)).Details!.Causes!.ShouldHaveSingleItem().Field.ShouldBe("Last-Event-ID");
    }

    private static string IdOf(System.Net.ServerSentEvents.SseItem<string> item) => JsonSerializer.Deserialize(item.Data, StashJson.Default.Session)!.Id;
}
