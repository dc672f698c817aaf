using Bunit;
using MudBlazor;
using Stash.Console.Components.Controls;
using Stash.Console.Components.Pages;
using Stash.Console.Tests.Support;
using Stash.Core.Api;
using Stash.Core.Sessions;

namespace Stash.Console.Tests.Pages;

public sealed class SessionPageTests
{
    private const string Words = "Fatal: unable to create lock in backend: repository is already locked exclusively\nthe `unlock` command can be used to remove stale locks";

    [Fact]
    public async Task Shows_a_skeleton_until_the_operator_has_answered()
    {
        var session = Sessions.Succeeded();
        await using var context = await ConsoleContext.StartAsync(session);
        var gate = new TaskCompletionSource();
        context.Operator.Gate = gate.Task;

        var page = Open(context, session.Id);
        page.FindAll(".mud-skeleton").Count.ShouldBeGreaterThan(3);
        page.Find("[role=status]").GetAttribute("aria-label").ShouldBe("Loading the session");
        page.FindAll(".facts").ShouldBeEmpty();

        gate.SetResult();
        page.WaitForElement(".facts");
        page.WaitForAssertion(() => page.FindAll(".mud-skeleton").ShouldBeEmpty());
    }

    [Fact]
    public async Task Shows_all_facts_of_a_session()
    {
        var next = DateTimeOffset.UtcNow.AddMinutes(40);
        var session = Sessions.Succeeded(next: next, sample: true);
        await using var context = await ConsoleContext.StartAsync(session);

        var page = Open(context, session.Id);

        page.WaitForElement(".facts");
        Fact(page, "Outcome").ShouldBe("Succeeded");
        Fact(page, "Namespace").ShouldBe("shop");
        Fact(page, "App").ShouldStartWith("web");
        Fact(page, "Operation").ShouldBe("backup");
        page.FindAll(".session-title .operation").ShouldBeEmpty();
        Fact(page, "Kind").ShouldBe("Deployment");
        Fact(page, "Restic").ShouldBe("web-backup");
        Fact(page, "Job").ShouldBe("shop-web-backup");
        Fact(page, "Started").ShouldBe($"{session.StartTime.UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC");
        Fact(page, "Ended").ShouldBe($"{session.EndTime.UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC");
        Fact(page, "Duration").ShouldBe("13 s");
        Fact(page, "Last success").ShouldStartWith($"{session.EndTime.UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC");
        Fact(page, "Next run").ShouldStartWith($"{next.UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC");
        Fact(page, "Id").ShouldBe(session.Id);
        page.FindAll(".session-title .sample-mark").Count.ShouldBe(1);
        page.FindAll(".message").ShouldBeEmpty();
    }

    [Fact]
    public async Task Says_where_nothing_was_pushed()
    {
        var session = Sessions.Failed() with { Kind = "", Restic = "", Namespace = "" };
        await using var context = await ConsoleContext.StartAsync(session);

        var page = Open(context, session.Id);

        page.WaitForElement(".facts");
        Fact(page, "Namespace").ShouldBe("–");
        Fact(page, "Kind").ShouldBe("–");
        Fact(page, "Last success").ShouldBe("None that the push knew of");
        Fact(page, "Next run").ShouldBe("No schedule was pushed");
        page.FindAll(".sample-mark").ShouldBeEmpty();
    }

    [Fact]
    public async Task A_next_run_in_the_past_was_due()
    {
        var session = Sessions.Succeeded(next: DateTimeOffset.UtcNow.AddMinutes(-2));
        await using var context = await ConsoleContext.StartAsync(session);

        var page = Open(context, session.Id);

        page.WaitForElement(".facts");
        Fact(page, "Next run").ShouldStartWith("was due");
    }

    [Fact]
    public async Task Shows_restics_words_whole_and_to_copy()
    {
        var session = Sessions.Failed(message: Words);
        await using var context = await ConsoleContext.StartAsync(session);

        var page = Open(context, session.Id);

        page.WaitForElement("pre.message-text").TextContent.ShouldBe(Words);
        page.Find(".message h2").TextContent.ShouldBe("Why it failed");
        page.Find(".message button.copy").GetAttribute("data-copy").ShouldBe(Words);
        page.Find(".session-state").TextContent.ShouldContain("Failed");
    }

    [Fact]
    public async Task A_failure_without_words_says_where_to_look()
    {
        var session = Sessions.Failed(message: null);
        await using var context = await ConsoleContext.StartAsync(session);

        var page = Open(context, session.Id);

        page.WaitForElement(".message-none").TextContent.ShouldContain("see the log of job shop-web-backup");
        page.FindAll(".message .copy").ShouldBeEmpty();
    }

    [Fact]
    public async Task Shows_each_operation_of_each_file_group_with_a_bar()
    {
        var session = Sessions.Succeeded() with
        {
            FileGroups =
            [
                new FileGroupOperation("/source/data", "backup", 8), new FileGroupOperation("/source/data", "forget", 2),
                new FileGroupOperation("/etc", "backup", 0.25),
            ],
        };
        await using var context = await ConsoleContext.StartAsync(session);

        var page = Open(context, session.Id);

        page.WaitForElement(".groups");
        page.FindAll(".groups-path").Select(p => p.TextContent).ShouldBe(["/source/data", "/etc"]);
        page.FindAll("tbody .groups-op").Select(o => o.TextContent).ShouldBe(["backup", "forget", "backup"]);
        page.FindAll("tbody .groups-took").Select(o => o.TextContent).ShouldBe(["8.0 s", "2.0 s", "250 ms"]);
        page.FindAll(".groups-bar div").Select(b => b.GetAttribute("style")).ShouldBe(["width: 100%", "width: 25%", "width: 3.13%"]);
        page.Find(".groups tfoot .groups-took").TextContent.ShouldBe("10 s");
    }

    [Fact]
    public async Task Shows_restics_summary_of_a_file_group()
    {
        var session = Sessions.Succeeded() with
        {
            Summaries = [new FileGroupSummary { Path = "/source/data", FilesNew = 1, FilesChanged = 3, FilesUnmodified = 12_034, BytesAdded = 4_404_019, BytesProcessed = 44_040_192 }],
        };
        await using var context = await ConsoleContext.StartAsync(session);

        var page = Open(context, session.Id);

        page.WaitForElement(".groups-summary");
        page.FindAll(".groups-summary > div").Select(d => string.Join(' ', d.Children.Select(c => c.TextContent)))
            .ShouldBe(["New 1 file", "Changed 3 files", "Unmodified 12,034 files", "Processed 42.0 MiB", "Added 4.2 MiB 10 %"]);
    }

    [Fact]
    public async Task A_session_without_file_groups_says_so()
    {
        var session = Sessions.Failed() with { FileGroups = [] };
        await using var context = await ConsoleContext.StartAsync(session);

        var page = Open(context, session.Id);

        page.WaitForElement(".facts");
        page.Markup.ShouldContain("The session failed before restic worked on a file group.");
    }

    [Fact]
    public async Task Links_to_its_neighbours_and_back_to_the_overview_of_its_app()
    {
        var before = Sessions.Failed(ago: TimeSpan.FromMinutes(30));
        var session = Sessions.Succeeded(ago: TimeSpan.FromMinutes(20));
        var after = Sessions.Succeeded(ago: TimeSpan.FromMinutes(10));
        await using var context = await ConsoleContext.StartAsync(before, session, after, Sessions.Succeeded("other", ago: TimeSpan.FromMinutes(15)));

        var page = Open(context, session.Id);

        page.WaitForAssertion(() => page.FindAll("a.neighbour").Count.ShouldBe(2));
        page.FindAll("a.neighbour").Select(a => a.GetAttribute("href")).ShouldBe([$"/sessions/{before.Id}", $"/sessions/{after.Id}"]);
        page.FindAll("a.neighbour")[0].GetAttribute("aria-label").ShouldBe("Previous session, failed");
        page.FindAll(".session-trail a").Select(a => a.GetAttribute("href")).ShouldBe(["/", "/?namespace=shop&app=web"]);
        page.Find(".history-link").GetAttribute("href").ShouldBe("/?namespace=shop&app=web");
    }

    [Fact]
    public async Task Where_there_is_no_neighbour_says_why()
    {
        var session = Sessions.Succeeded();
        await using var context = await ConsoleContext.StartAsync(session);

        var page = Open(context, session.Id);

        page.WaitForAssertion(() => page.FindAll(".neighbour-none").Select(n => n.GetAttribute("title")).ShouldBe(["This is the oldest session kept", "This is the newest session"]));
    }

    [Fact]
    public async Task Goes_to_another_session_in_place()
    {
        var first = Sessions.Failed(ago: TimeSpan.FromMinutes(20), message: Words);
        var second = Sessions.Succeeded(ago: TimeSpan.FromMinutes(10));
        await using var context = await ConsoleContext.StartAsync(first, second);
        var page = Open(context, first.Id);
        page.WaitForElement("pre.message-text");

        page.Render(parameters => parameters.Add(p => p.Id, second.Id));

        page.WaitForAssertion(() => Fact(page, "Id").ShouldBe(second.Id));
        page.FindAll("pre.message-text").ShouldBeEmpty();
    }

    [Fact]
    public async Task Draws_the_apps_sessions_with_this_one_marked()
    {
        var sessions = Enumerable.Range(0, 40).Select(i => Sessions.Succeeded(ago: TimeSpan.FromMinutes(50 - i)) with { DurationSeconds = i + 1 }).ToArray();
        sessions[38] = sessions[38] with { Outcome = SessionOutcome.Failed };
        await using var context = await ConsoleContext.StartAsync(sessions);

        var page = Open(context, sessions[30].Id);

        page.WaitForAssertion(() => page.Find(".history-note").TextContent.ShouldBe("The last 30 sessions: 1 failed, median 25 s, this one 31 s."));
        var chart = page.FindComponent<MudChart<double>>().Instance;
        chart.ChartLabels.Count(l => l == "▲").ShouldBe(1);
        chart.ChartLabels[20].ShouldBe("▲");
        chart.ChartSeries[2].Data.Values[20].ShouldBe(31_000);
        chart.ChartSeries[0].Data.Values[20].ShouldBe(0);
        chart.ChartSeries[1].Data.Values[28].ShouldBe(39_000);
    }

    [Fact]
    public async Task A_check_is_named_so_and_compared_with_checks_alone()
    {
        Session[] sessions =
        [
            Sessions.Succeeded(ago: TimeSpan.FromMinutes(30), operation: "check") with { DurationSeconds = 300 },
            Sessions.Succeeded(ago: TimeSpan.FromMinutes(20)),
            Sessions.Failed(ago: TimeSpan.FromMinutes(10), operation: "check") with { DurationSeconds = 420 },
        ];
        await using var context = await ConsoleContext.StartAsync(sessions);

        var page = Open(context, sessions[2].Id);

        page.WaitForAssertion(() => page.Find(".history-note").TextContent.ShouldBe("The last 2 sessions: 1 failed, median 5 min, this one 7 min."));
        page.Find("#history-title").TextContent.ShouldBe("Sessions of this app: check");
        page.Find(".session-title .operation").TextContent.ShouldBe("check");
        Fact(page, "Operation").ShouldBe("check");
        page.Find("a.neighbour").GetAttribute("href").ShouldBe($"/sessions/{sessions[0].Id}");

        await context.Operator.PushAsync(Sessions.Succeeded(ago: TimeSpan.FromSeconds(1)));
        await context.Operator.PushAsync(Sessions.Succeeded(ago: TimeSpan.Zero, operation: "check"));
        page.WaitForAssertion(() => page.Find(".history-note").TextContent.ShouldStartWith("The last 3 sessions"));
    }

    [Fact]
    public async Task A_new_session_of_the_app_becomes_the_next_one_live()
    {
        var session = Sessions.Succeeded(ago: TimeSpan.FromMinutes(10));
        await using var context = await ConsoleContext.StartAsync(session);
        var page = Open(context, session.Id);
        page.WaitForElement(".history-note");

        var next = Sessions.Failed(ago: TimeSpan.Zero);
        await context.Operator.PushAsync(next);

        page.WaitForAssertion(() => page.Find("a.neighbour").GetAttribute("href").ShouldBe($"/sessions/{next.Id}"));
        page.Find(".history-note").TextContent.ShouldStartWith("The last 2 sessions: 1 failed");
    }

    [Fact]
    public async Task An_unknown_id_says_so_and_what_to_do()
    {
        await using var context = await ConsoleContext.StartAsync(Sessions.Succeeded());

        var page = Open(context, "not-there");

        page.WaitForElement(".page-message h2").TextContent.ShouldBe("There is no session of this id");
        page.Find(".page-message").TextContent.ShouldContain("not-there");
        page.Find(".page-message a").GetAttribute("href").ShouldBe("/");
    }

    [Fact]
    public async Task An_unknown_id_that_then_begins_to_run_shows()
    {
        await using var context = await ConsoleContext.StartAsync();
        var page = Open(context, "running-1");
        page.WaitForElement(".page-message");

        context.Operator.Report(Sessions.Running());

        page.WaitForElement(".progress-facts");
    }

    [Fact]
    public async Task With_the_operator_away_says_why_and_comes_back_by_itself()
    {
        var session = Sessions.Succeeded();
        await using var context = await ConsoleContext.StartAsync(session);
        await context.Operator.DownAsync();

        var page = Open(context, session.Id);

        page.WaitForElement(".page-message [role=alert]").TextContent.ShouldContain("does not answer");

        await context.Operator.UpAsync();
        page.WaitForElement(".facts");
    }

    [Fact]
    public async Task Tries_again_when_asked()
    {
        var session = Sessions.Succeeded();
        await using var context = await ConsoleContext.StartAsync(session);
        context.Operator.Refuse = _ => new KubernetesStatus { Code = 500, Reason = "InternalError", Message = "the journal is being repaired" };
        var page = Open(context, session.Id);
        page.WaitForElement(".page-message [role=alert]").TextContent.ShouldContain("the journal is being repaired", Case.Insensitive);

        context.Operator.Refuse = _ => null;
        await page.InvokeAsync(() => page.Find(".page-message button").ClickAsync(new()));

        page.WaitForElement(".facts");
    }

    [Fact]
    public async Task Keeps_what_it_shows_while_the_operator_is_away()
    {
        var session = Sessions.Failed(message: Words);
        await using var context = await ConsoleContext.StartAsync(session);
        var page = Open(context, session.Id);
        page.WaitForElement(".history-note");

        await context.Operator.DownAsync();
        await Eventually.Holds(() => context.Feed.State.IsDisconnected, "the feed notices");
        page.Find("pre.message-text").TextContent.ShouldBe(Words);

        await context.Operator.UpAsync();
        var next = Sessions.Succeeded(ago: TimeSpan.Zero);
        await Eventually.Holds(() => context.Operator.OpenStreams == 1, "the feed comes back");
        await context.Operator.PushAsync(next);
        page.WaitForAssertion(() => page.Find("a.neighbour").GetAttribute("href").ShouldBe($"/sessions/{next.Id}"));
    }

    [Fact]
    public async Task Without_the_apps_other_sessions_still_shows_the_session()
    {
        var session = Sessions.Succeeded();
        await using var context = await ConsoleContext.StartAsync(session);
        context.Operator.Refuse = request => request.Path == ApiPaths.Sessions ? new KubernetesStatus { Code = 503, Reason = "ServiceUnavailable", Message = "busy" } : null;

        var page = Open(context, session.Id);

        page.WaitForElement(".facts");
        page.WaitForAssertion(() => page.Find(".history-body").TextContent.ShouldContain("Busy."));
    }

    [Fact]
    public async Task A_running_session_shows_its_progress_live()
    {
        var before = Sessions.Succeeded();
        await using var context = await ConsoleContext.StartAsync(before);
        context.Operator.Report(Sessions.Running() with { FilesDone = 1200, FilesTotal = 12_049 });

        var page = Open(context, "running-1");

        page.WaitForElement(".progress-facts");
        page.Find(".session-state").TextContent.ShouldContain("Running");
        page.FindAll(".progress-facts dd").Take(3).Select(d => d.TextContent).ShouldBe(["42.0 MiB of 100 MiB", "1,200 of 12,049", "about 1 min 35 s"]);
        page.Find("#progress-title").TextContent.ShouldBe("Operation: backup");
        page.Find("[role=progressbar]").GetAttribute("aria-valuenow").ShouldBe("42");

        context.Operator.Report(Sessions.Running(progress: 0.9) with { SecondsRemaining = null });

        page.WaitForAssertion(() => page.Find("[role=progressbar]").GetAttribute("aria-valuenow").ShouldBe("90"));
        page.FindAll(".progress-facts dd")[2].TextContent.ShouldBe("–");
        page.WaitForAssertion(() => page.Find(".history-note").TextContent.ShouldBe("The only session of this app that is kept: succeeded after 13 s."));
        page.Find("a.neighbour").GetAttribute("href").ShouldBe($"/sessions/{before.Id}");
        page.Find(".neighbour-none").GetAttribute("title").ShouldBe("This one still runs");
    }

    [Fact]
    public async Task A_running_session_of_unknown_length_has_no_percentage()
    {
        await using var context = await ConsoleContext.StartAsync();
        context.Operator.Report(Sessions.Running(progress: null) with { Op = null, Path = null, BytesDone = null, BytesTotal = null });

        var page = Open(context, "running-1");

        page.WaitForElement(".progress-facts");
        page.Find("#progress-title").TextContent.ShouldBe("Getting ready");
        page.FindComponent<SessionProgress>().Find("strong").TextContent.ShouldBe("");
        page.FindComponent<MudProgressLinear>().Instance.Indeterminate.ShouldBeTrue();
        page.WaitForAssertion(() => page.Find(".history-body").TextContent.ShouldContain("No session of this app has ended yet."));
    }

    [Fact]
    public async Task A_running_session_turns_into_the_ended_one_by_itself()
    {
        var before = Sessions.Succeeded(ago: TimeSpan.FromMinutes(10));
        await using var context = await ConsoleContext.StartAsync(before);
        context.Operator.Report(Sessions.Running());
        var page = Open(context, "running-1");
        page.WaitForElement(".history-note");

        await context.Operator.PushAsync(Sessions.Failed(ago: TimeSpan.Zero, message: Words) with { Id = "running-1" });
        context.Operator.End("running-1");

        page.WaitForElement("pre.message-text").TextContent.ShouldBe(Words);
        page.FindAll(".progress-facts").ShouldBeEmpty();
        page.Find("a.neighbour").GetAttribute("href").ShouldBe($"/sessions/{before.Id}");
        page.Find(".history-note").TextContent.ShouldContain("this one 13 s");
    }

    [Fact]
    public async Task A_running_session_that_falls_silent_waits_for_its_result()
    {
        await using var context = await ConsoleContext.StartAsync();
        context.Operator.Report(Sessions.Running());
        var page = Open(context, "running-1");
        page.WaitForElement(".progress-facts");

        context.Operator.End("running-1");

        page.WaitForAssertion(() => page.Find(".session-state").TextContent.ShouldContain("no result yet"));
        page.Find("#progress-title").TextContent.ShouldBe("Waiting for the result");
        page.Find(".progress-note").TextContent.ShouldContain("shop-web-backup");

        context.Operator.Report(Sessions.Running(progress: 0.5));
        page.WaitForAssertion(() => page.Find(".session-state").TextContent.ShouldContain("Running"));

        context.Operator.End("running-1");
        await context.Operator.PushAsync(Sessions.Succeeded(ago: TimeSpan.Zero) with { Id = "running-1" });
        page.WaitForAssertion(() => page.Find(".session-state").TextContent.ShouldContain("Succeeded"));
    }

    private static IRenderedComponent<SessionPage> Open(ConsoleContext context, string id) =>
        context.Render<SessionPage>(parameters => parameters.Add(p => p.Id, id));

    private static string Fact(IRenderedComponent<SessionPage> page, string name) =>
        page.FindAll(".facts dt").Single(dt => dt.TextContent == name).NextElementSibling!.TextContent.Trim();
}
