using CsCheck;
using Microsoft.Extensions.Time.Testing;
using Stash.Core.Configuration;
using Stash.Core.Gateway;
using Stash.Core.Sessions;
using Stash.Core.Sessions.Journal;
using static Stash.Core.Tests.Sessions.Pushes;

namespace Stash.Core.Tests.Sessions;

/// <summary>What a journal does, wherever its tables are.</summary>
public abstract class SessionJournalTests : IAsyncDisposable
{
    private readonly FakeTimeProvider _time = new(Noon.AddHours(1));
    private readonly List<SessionJournal> _opened = [];

    protected static CancellationToken Stop => TestContext.Current.CancellationToken;

    /// <summary>Drawn cases of the test that makes a journal for each.</summary>
    protected virtual int Cases => 60;

    public async ValueTask DisposeAsync()
    {
        foreach (var journal in _opened)
        {
            await journal.DisposeAsync();
        }

        Remove();
        GC.SuppressFinalize(this);
    }

    /// <summary>Opens the journal of a name; it is made where there is none.</summary>
    private protected abstract Task<SessionJournal> OpenAsync(string name, JournalOptions limits, TimeProvider time);

    /// <summary>All journals.</summary>
    protected abstract void Remove();

    [Fact]
    public async Task A_session_comes_back_as_it_went_in()
    {
        var journal = await OpenAsync();
        var session = Session("a", 5, failed: true, operation: "restore");
        await journal.AppendAsync([session], 7, Stop);

        // Opened again, as after a restart.
        await journal.DisposeAsync();
        journal = await OpenAsync();
        var read = (await journal.Reader.FindAsync("a", Stop))!;
        read.FileGroups.ShouldBe(session.FileGroups);
        read.Summaries.ShouldBe(session.Summaries);
        (read with { FileGroups = session.FileGroups, Summaries = session.Summaries }).ShouldBe(session);
        (await journal.FollowedAsync(Stop)).ShouldBe(7);
    }

    [Fact]
    public async Task Warming_up_leaves_nothing()
    {
        var journal = await OpenAsync();
        await journal.WarmUpAsync(Stop);
        (await ListAsync(journal, new SessionQuery())).ShouldBeEmpty();
        (await journal.AppendAsync([Session("a", 1)], 1, Stop)).ShouldHaveSingleItem().Position.ShouldBe(1);
    }

    [Fact]
    public async Task Delivered_twice_it_is_one_session()
    {
        var journal = await OpenAsync();
        (await journal.AppendAsync([Session("a", 5), Session("a", 5)], 1, Stop)).Count.ShouldBe(1);
        (await journal.AppendAsync([Session("a", 5), Session("b", 6)], 2, Stop)).Select(a => a.Session.Id).ShouldBe(["b"]);
        (await ListAsync(journal, new SessionQuery())).ShouldBe(["b", "a"]);
    }

    [Fact]
    public async Task Pages_go_back_in_time_without_gaps_though_sessions_arrive_meanwhile()
    {
        var journal = await OpenAsync();
        // Equal ends: the order of arrival decides.
        await journal.AppendAsync([.. Enumerable.Range(0, 25).Select(i => Session($"s{i:00}", i / 3))], 1, Stop);
        List<string> seen = [];
        string? next = null;
        do
        {
            var (items, token) = await journal.Reader.ListAsync(new SessionQuery(), 10, next, Stop);
            seen.AddRange(items.Select(i => i.Id));
            next = token;
            await journal.AppendAsync([Session($"late{seen.Count}", 100 + seen.Count)], 2, Stop);
        }
        while (next.Length > 0);

        seen.ShouldBe(Enumerable.Range(0, 25).Reverse().Select(i => $"s{i:00}"));
    }

    [Fact]
    public async Task Each_filter_filters()
    {
        var journal = await OpenAsync();
        await journal.AppendAsync([Session("a", 1), Session("b", 2, failed: true), Session("c", 3, app: "db"), Session("d", 4, @namespace: "mail"), Session("e", 9, operation: "check")], 1, Stop);

        (await ListAsync(journal, new SessionQuery { Outcome = SessionOutcome.Failed })).ShouldBe(["b"]);
        (await ListAsync(journal, new SessionQuery { Apps = ["db", "none"] })).ShouldBe(["c"]);
        (await ListAsync(journal, new SessionQuery { Namespaces = ["shop"] })).ShouldBe(["e", "c", "b", "a"]);
        (await ListAsync(journal, new SessionQuery { Operations = ["check", "none"] })).ShouldBe(["e"]);
        (await ListAsync(journal, new SessionQuery { Operations = ["backup"], Apps = ["web"], Namespaces = ["shop"] })).ShouldBe(["b", "a"]);
        (await ListAsync(journal, new SessionQuery { From = Noon.AddSeconds(2), To = Noon.AddSeconds(4) })).ShouldBe(["c", "b"]);
    }

    [Fact]
    public async Task Aggregates_count_and_rank_per_bucket_operation_and_app()
    {
        var journal = await OpenAsync();
        await journal.AppendAsync(
            [.. Enumerable.Range(1, 20).Select(i => Session($"w{i}", i, failed: i == 20, seconds: i)), Session("d", 65, app: "db", seconds: 8)], 1, Stop);

        var all = await journal.Reader.AggregateAsync(new SessionQuery { From = Noon }, 60, Stop);

        (all.Count, all.Failures, all.BucketSeconds).ShouldBe((21, 1, 60));
        all.Buckets.Select(b => (b.Start, b.App, b.Count, b.Failures, b.P50Seconds, b.P95Seconds, b.MaxSeconds))
            .ShouldBe([(Noon, "web", 20, 1, 10d, 19d, 20d), (Noon.AddSeconds(60), "db", 1, 0, 8d, 8d, 8d)]);
        all.Operations.Where(o => o.App == "db").Select(o => (o.Op, o.P50Seconds)).ShouldBe([("backup", 6d), ("forget", 2d)]);
        var web = all.Apps.Single(a => a.App == "web");
        (web.Count, web.Failures, web.P50Seconds, web.P95Seconds, web.MaxSeconds).ShouldBe((20, 1, 10d, 19d, 20d));
        (web.LastOutcome, web.FailuresSinceSuccess, web.LastSuccessTime).ShouldBe((SessionOutcome.Failed, 1, Noon.AddSeconds(19)));
        web.NextRunTime.ShouldBe(Noon.AddSeconds(20 + 3600));
    }

    [Fact]
    public async Task Several_file_groups_of_one_session_are_one_operation()
    {
        var journal = await OpenAsync();
        await journal.AppendAsync([Session("a", 1) with { FileGroups = [new("/a", "backup", 2), new("/b", "backup", 3)] }], 1, Stop);
        var operation = (await journal.Reader.AggregateAsync(new SessionQuery { From = Noon }, 60, Stop)).Operations.ShouldHaveSingleItem();
        (operation.Count, operation.MaxSeconds).ShouldBe((1, 5d));
    }

    [Fact]
    public async Task A_check_that_succeeds_does_not_hide_a_backup_that_no_longer_does()
    {
        var journal = await OpenAsync();
        await journal.AppendAsync(
            [Session("b1", 1), Session("b2", 2, failed: true), Session("b3", 3, failed: true), Session("c", 60, operation: "check", seconds: 90) with { NextRunTime = null }], 1, Stop);

        var apps = (await journal.Reader.AggregateAsync(new SessionQuery { From = Noon }, 60, Stop)).Apps;

        apps.Select(a => a.Operation).ShouldBe(["backup", "check"]);
        (apps[0].LastOutcome, apps[0].FailuresSinceSuccess, apps[0].LastSuccessTime, apps[0].LastSessionTime).ShouldBe((SessionOutcome.Failed, 2, Noon.AddSeconds(1), Noon.AddSeconds(3)));
        (apps[0].Count, apps[0].Failures, apps[0].MaxSeconds, apps[0].NextRunTime).ShouldBe((3, 2, 10d, Noon.AddSeconds(3 + 3600)));
        (apps[1].LastOutcome, apps[1].FailuresSinceSuccess, apps[1].LastSuccessTime, apps[1].NextRunTime).ShouldBe((SessionOutcome.Succeeded, 0, Noon.AddSeconds(60), null));
        (apps[1].Count, apps[1].MaxSeconds).ShouldBe((1, 90d));
    }

    [Fact]
    public async Task A_check_fails_until_a_check_succeeds_whatever_the_backups_do()
    {
        var journal = await OpenAsync();
        await journal.AppendAsync([Session("c1", 1, failed: true, operation: "check"), Session("b", 50)], 1, Stop);
        await journal.AppendAsync([Session("c2", 70, failed: true, operation: "check"), Session("b2", 80)], 2, Stop);
        var check = (await journal.Reader.AppsAsync(Stop)).Single(a => a.Operation == "check");
        (check.LastOutcome, check.FailuresSinceSuccess, check.LastSuccessTime).ShouldBe((SessionOutcome.Failed, 2, null));

        await journal.AppendAsync([Session("c3", 90, operation: "check")], 3, Stop);
        check = (await journal.Reader.AppsAsync(Stop)).Single(a => a.Operation == "check");
        (check.LastOutcome, check.FailuresSinceSuccess, check.LastSuccessTime).ShouldBe((SessionOutcome.Succeeded, 0, Noon.AddSeconds(90)));
    }

    [Fact]
    public async Task Buckets_tell_backups_from_what_is_none()
    {
        var journal = await OpenAsync();
        await journal.AppendAsync([Session("b", 1), Session("c", 2, failed: true, operation: "check")], 1, Stop);
        var all = await journal.Reader.AggregateAsync(new SessionQuery { From = Noon }, 60, Stop);
        all.Buckets.Select(b => (b.Operation, b.Count, b.Failures)).ShouldBe([("backup", 1, 0), ("check", 1, 1)]);
        (await journal.Reader.AggregateAsync(new SessionQuery { From = Noon, Operations = ["check"] }, 60, Stop)).Apps.ShouldHaveSingleItem().Operation.ShouldBe("check");
    }

    [Fact]
    public async Task A_session_delivered_late_does_not_hide_a_later_one()
    {
        var journal = await OpenAsync();
        await journal.AppendAsync([Session("new", 50)], 1, Stop);
        await journal.AppendAsync([Session("old", 10, failed: true)], 2, Stop);
        var app = (await journal.Reader.AppsAsync(Stop)).ShouldHaveSingleItem();
        (app.LastOutcome, app.LastSessionTime, app.FailuresSinceSuccess).ShouldBe((SessionOutcome.Succeeded, Noon.AddSeconds(50), 0));
    }

    [Fact]
    public async Task In_whatever_order_sessions_arrive_an_app_s_state_is_that_of_all_of_them()
    {
        // Few apps and moments, so that late ones, equal ones and unknown successes meet.
        var drawnCases = 0;
        var session = Gen.Select(Gen.Int[1, 12], Gen.Bool, Gen.Int[0, 12], Gen.Int[1, 2]);
        await session.Array[1, 25].SampleAsync(
            async drawn =>
            {
                await using var journal = await OpenAsync($"drawn{Interlocked.Increment(ref drawnCases)}", Limits, _time);
                Session[] sessions =
                [
                    .. drawn.Select((d, i) => Session($"s{i}", d.Item1, failed: d.Item2, app: $"app{d.Item4}") with
                    {
                        LastSuccessTime = d.Item2 && d.Item3 > 0 && d.Item3 < d.Item1 ? Noon.AddSeconds(d.Item3) : null,
                        NextRunTime = Noon.AddSeconds(1000 + i),
                    }),
                ];
                foreach (var batch in sessions.Chunk(7))
                {
                    await journal.AppendAsync(batch, 1, Stop);
                }

                foreach (var app in await journal.Reader.AppsAsync(Stop))
                {
                    Session[] own = [.. sessions.Where(s => s.App == app.App)];
                    var success = own.Max(s => s.Outcome == SessionOutcome.Succeeded ? s.EndTime : s.LastSuccessTime);
                    var last = own.MaxBy(s => (s.EndTime, Array.IndexOf(own, s)))!;
                    app.LastSuccessTime.ShouldBe(success);
                    app.FailuresSinceSuccess.ShouldBe(own.Count(s => s.Outcome == SessionOutcome.Failed && s.EndTime > (success ?? DateTimeOffset.MinValue)));
                    (app.LastSessionTime, app.LastOutcome, app.NextRunTime).ShouldBe((last.EndTime, last.Outcome, last.NextRunTime));
                }
            },
            iter: Cases,
            threads: 1);
    }

    [Fact]
    public async Task Retention_goes_by_age_then_by_count_and_the_last_success_stays_known()
    {
        var journal = await OpenAsync(new JournalOptions { MaxAge = TimeSpan.FromDays(10), MaxSessions = 3 });
        await journal.AppendAsync([Session("only-success", -20 * 86400), .. Enumerable.Range(1, 5).Select(i => Session($"f{i}", i, failed: true))], 1, Stop);

        (await journal.TrimAsync(Stop)).ShouldBe(3);

        (await ListAsync(journal, new SessionQuery())).ShouldBe(["f5", "f4", "f3"]);
        (await journal.Reader.AppsAsync(Stop)).ShouldHaveSingleItem().LastSuccessTime.ShouldBe(Noon.AddDays(-20));
    }

    [Fact]
    public async Task An_app_that_is_no_longer_backed_up_is_forgotten_by_age()
    {
        var journal = await OpenAsync(new JournalOptions { MaxAge = TimeSpan.FromDays(10), MaxSessions = 3 });
        await journal.AppendAsync([Session("old", -20 * 86400, app: "gone"), Session("new", 1)], 1, Stop);
        await journal.TrimAsync(Stop);
        (await journal.Reader.AppsAsync(Stop)).Select(a => a.App).ShouldBe(["web"]);
    }

    [Fact]
    public async Task Any_range_is_divided_into_a_bearable_number_of_buckets()
    {
        var journal = await OpenAsync();
        await journal.AppendAsync([Session("a", 1)], 1, Stop);
        var all = await journal.Reader.AggregateAsync(new SessionQuery { From = DateTimeOffset.MinValue, To = DateTimeOffset.MaxValue }, null, Stop);
        (all.Count, all.Buckets.Count).ShouldBe((1, 1));
        ((all.To - all.From).TotalSeconds / all.BucketSeconds).ShouldBeLessThan(200);

        await Should.ThrowAsync<ArgumentOutOfRangeException>(() => journal.Reader.AggregateAsync(new SessionQuery { From = Noon.AddDays(-1), To = Noon }, 1, Stop));
        (await journal.Reader.AggregateAsync(new SessionQuery { From = Noon.AddDays(1), To = Noon }, 60, Stop)).Count.ShouldBe(0);
    }

    [Fact]
    public async Task Arrivals_after_a_position_come_in_their_order()
    {
        var journal = await OpenAsync();
        var first = (await journal.AppendAsync([Session("b", 9)], 1, Stop)).ShouldHaveSingleItem().Position;
        await journal.AppendAsync([Session("a", 1), Session("c", 30)], 2, Stop);
        (await journal.Reader.SinceAsync(first, 10, Stop)).Select(s => s.Session.Id).ShouldBe(["a", "c"]);
        (await journal.Reader.LastPositionAsync(Stop)).ShouldBe((await journal.Reader.SinceAsync(first, 10, Stop))[^1].Position);
    }

    [Fact]
    public async Task Apps_that_are_known_longest_come_first_and_stay()
    {
        var journal = await OpenAsync();
        await journal.AppendAsync([Session("1", 1, app: "zeta"), Session("2", 2, app: "mu"), Session("3", 3, app: "mu", operation: "check"), Session("4", 4, app: new string('x', 21)), Session("5", 5, app: "alpha")], 5, Stop);
        await journal.AppendAsync([Session("6", 6, app: "mu", failed: true), Session("7", 7, app: "alpha")], 7, Stop);

        var (apps, others) = await journal.Reader.LongestKnownAsync(3, 20, Stop);
        apps.Select(a => (a.App, a.Operation, a.FailuresSinceSuccess)).ShouldBe([("zeta", "backup", 0), ("mu", "backup", 1), ("mu", "check", 0)]);
        others.ShouldBe(2);
        (apps, others) = await journal.Reader.LongestKnownAsync(10, 20, Stop);
        apps.Select(a => a.App).ShouldBe(["zeta", "mu", "mu", "alpha"]);
        others.ShouldBe(1);
    }

    [Fact]
    public async Task Sessions_are_counted_by_operation_and_outcome_once_each()
    {
        var journal = await OpenAsync();
        PushRecord[] pushes = [Pushed(1, "a", null, 0), Pushed(2, "b", null, 1), Pushed(3, "c", "check", 0), Pushed(4, "d", "Check", 0), Pushed(5, "b", null, 1), Of(6)];
        (await journal.TakeInAsync(pushes, (_, e) => throw e, Stop)).Count.ShouldBe(4);
        (await journal.TakeInAsync(pushes, (_, e) => throw e, Stop)).ShouldBeEmpty();

        var counts = SessionCounts.Operations.SelectMany((o, i) => Enum.GetValues<SessionOutcome>().Select(outcome => (o, outcome, journal.Counts[i, outcome]))).Where(c => c.Item3 > 0);
        counts.ShouldBe([("backup", SessionOutcome.Succeeded, 1), ("backup", SessionOutcome.Failed, 1), ("check", SessionOutcome.Succeeded, 1), (SessionCounts.OtherOperation, SessionOutcome.Succeeded, 1)]);

        static PushRecord Pushed(long position, string id, string? operation, int failed)
        {
            var push = Of(position, Sample(SessionMetrics.Success, 1 - failed), Sample(SessionMetrics.Fail, failed));
            return push with { Grouping = operation is null ? Pushes.Group : [.. Pushes.Group, new(SessionMetrics.SessionLabel, operation)], SessionId = id };
        }
    }

    protected static async Task<IEnumerable<string>> ListAsync(SessionJournal journal, SessionQuery query) =>
        (await journal.Reader.ListAsync(query, 100, null, Stop)).Items.Select(s => s.Id);

    protected static JournalOptions Limits { get; } = new() { MaxAge = TimeSpan.FromDays(400), MaxSessions = 1000 };

    private protected async Task<SessionJournal> OpenAsync(JournalOptions? limits = null)
    {
        var journal = await OpenAsync("journal", limits ?? Limits, _time);
        _opened.Add(journal);
        return journal;
    }
}
