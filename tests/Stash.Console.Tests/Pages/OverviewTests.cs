using Bunit;
using Microsoft.AspNetCore.Components;
using Stash.Console.Components.Pages;
using Stash.Console.Tests.Support;
using Stash.Core.Api;

namespace Stash.Console.Tests.Pages;

public sealed class OverviewTests
{
    private static readonly string[] Ranges = ["Last hour", "Last 6 hours", "Last 24 hours", "Last 7 days", "Last 30 days", "Last 90 days", "Last year"];

    [Fact]
    public async Task Shows_skeletons_until_the_operator_has_answered()
    {
        await using var context = await ConsoleContext.StartAsync(Sessions.Succeeded());
        var gate = new TaskCompletionSource();
        context.Operator.Gate = gate.Task;

        var page = context.Render<Overview>();
        page.FindAll(".mud-skeleton").Count.ShouldBeGreaterThan(5);
        page.FindAll(".tile-value").ShouldBeEmpty();

        gate.SetResult();
        page.WaitForAssertion(() => Tile(page, "Successful").ShouldBe("1"));
        page.FindAll(".mud-skeleton").ShouldBeEmpty();
    }

    [Fact]
    public async Task Shows_the_six_panels_of_the_dashboard()
    {
        await using var context = await ConsoleContext.StartAsync(
            Sessions.Succeeded("web", ago: TimeSpan.FromMinutes(30)), Sessions.Succeeded("web"), Sessions.Failed("db", message: "Fatal: wrong password or no key found"));

        var page = context.Render<Overview>();

        page.WaitForAssertion(() => Tile(page, "Failed").ShouldBe("1"));
        Tile(page, "Successful").ShouldBe("2");
        Rows(page, "Success list").Count.ShouldBe(2);
        var failed = Rows(page, "Fail list").ShouldHaveSingleItem();
        failed.ShouldContain("Fatal: wrong password or no key found");
        page.Find("section[aria-label='Fail list'] tbody tr").ClassList.ShouldContain("row-failed");
        context.WaitForCharts(3).Select(c => (c.Kind, c.Series.Count)).ShouldBe([("bars", 1), ("bars", 1), ("lines", 4)], ignoreOrder: true);
    }

    [Fact]
    public async Task Links_each_session_to_its_page()
    {
        var session = Sessions.Failed();
        await using var context = await ConsoleContext.StartAsync(session);

        var page = context.Render<Overview>();

        page.WaitForElement("section[aria-label='Fail list'] tbody a").GetAttribute("href").ShouldBe($"/sessions/{session.Id}");
    }

    [Fact]
    public async Task With_no_session_ever_says_what_to_do()
    {
        await using var context = await ConsoleContext.StartAsync();

        var page = context.Render<Overview>();

        page.WaitForAssertion(() => page.Markup.ShouldContain("No session yet"));
        page.WaitForAssertion(() => page.Markup.ShouldContain("stash backup --file restic.yaml --run-via-cron --pushgateway-url https://127.0.0.1:59091"));
        page.Markup.ShouldContain("stash exec --name nightly");
    }

    [Fact]
    public async Task The_first_session_ever_replaces_the_first_steps()
    {
        await using var context = await ConsoleContext.StartAsync();
        var page = context.Render<Overview>();
        page.WaitForAssertion(() => page.Markup.ShouldContain("No session yet"));

        await context.Operator.PushAsync(Sessions.Succeeded(ago: TimeSpan.Zero));

        page.WaitForAssertion(() => Rows(page, "Success list").Count.ShouldBe(1));
        page.Markup.ShouldNotContain("No session yet");
    }

    [Fact]
    public async Task A_filter_that_nothing_matches_says_so()
    {
        await using var context = await ConsoleContext.StartAsync(Sessions.Succeeded());
        context.Navigation.NavigateTo("/?namespace=elsewhere");

        var page = context.Render<Overview>();

        page.WaitForAssertion(() => page.Find("[role=status]").TextContent.ShouldContain("No session matches this filter. Choose a longer time range, or show all namespaces and apps."));
    }

    [Fact]
    public async Task A_new_session_appears_without_a_reload_and_counts()
    {
        await using var context = await ConsoleContext.StartAsync(Sessions.Succeeded("web"));
        var page = context.Render<Overview>();
        page.WaitForAssertion(() => Rows(page, "Success list").Count.ShouldBe(1));

        await context.Operator.PushAsync(Sessions.Failed("web", ago: TimeSpan.Zero, message: "Fatal: repository is locked"));

        page.WaitForAssertion(() => Rows(page, "Fail list").ShouldHaveSingleItem().ShouldContain("Fatal: repository is locked"));
        page.WaitForAssertion(() => Tile(page, "Failed").ShouldBe("1"));
        page.Find("section[aria-label='Fail list'] tbody tr").ClassList.ShouldContain("row-new");
        page.WaitForAssertion(() => page.Find(".app-table .health").TextContent.ShouldBe("Failing"));
    }

    [Fact]
    public async Task A_check_that_succeeds_does_not_hide_a_backup_that_fails()
    {
        await using var context = await ConsoleContext.StartAsync(
            Sessions.Succeeded(ago: TimeSpan.FromMinutes(30)), Sessions.Failed(ago: TimeSpan.FromMinutes(20)), Sessions.Succeeded(ago: TimeSpan.FromMinutes(10), operation: "check"));
        var page = context.Render<Overview>();

        page.WaitForAssertion(() => page.FindAll(".app-table tbody tr").Select(r => (r.QuerySelector(".health")!.TextContent, r.QuerySelector(".operation")?.TextContent))
            .ShouldBe([("Failing", null), ("Healthy", "check")]));
        page.Find("section[aria-label='Failed']").TextContent.ShouldContain("1 app fails now");
        page.FindAll("section[aria-label='Success list'] .operation").ShouldHaveSingleItem().TextContent.ShouldBe("check");
        context.WaitForCharts(3).Single(c => c.Kind == "bars" && c.Series.Count == 2).Series.Select(l => l.Name).ShouldBe(["shop - web", "shop - web (check)"]);

        // A check that fails as well is the same app; its name is in the picker once.
        await context.Operator.PushAsync(Sessions.Failed(ago: TimeSpan.Zero, operation: "check"));
        page.WaitForAssertion(() => page.FindAll(".app-table .health").Select(h => h.TextContent).ShouldBe(["Failing", "Failing"]));
        page.Find("section[aria-label='Failed']").TextContent.ShouldContain("1 app fails now");
        await Click(page, ".picker-button", 1);
        context.Popovers.WaitForElements(".picker-item").ShouldHaveSingleItem().TextContent.Trim().ShouldBe("web");
    }

    [Fact]
    public async Task A_running_check_does_not_excuse_an_overdue_backup()
    {
        await using var context = await ConsoleContext.StartAsync(
            Sessions.Succeeded(ago: TimeSpan.FromHours(3), next: DateTimeOffset.UtcNow.AddMinutes(-100)), Sessions.Succeeded(ago: TimeSpan.FromMinutes(5), operation: "check"));
        context.Operator.Report(Sessions.Running(operation: "check"));
        var page = context.Render<Overview>();

        page.WaitForAssertion(() => page.FindAll(".running-item .operation").ShouldHaveSingleItem().TextContent.ShouldBe("check"));
        page.FindAll(".app-table .health").Select(h => h.TextContent).ShouldBe(["Overdue", "Healthy"]);
    }

    [Fact]
    public async Task A_session_delivered_twice_shows_once()
    {
        await using var context = await ConsoleContext.StartAsync();
        var page = context.Render<Overview>();
        var session = Sessions.Succeeded(ago: TimeSpan.FromSeconds(1));
        page.WaitForAssertion(() => page.Markup.ShouldContain("No session yet"));
        await context.Operator.PushAsync(session);
        page.WaitForAssertion(() => Rows(page, "Success list").Count.ShouldBe(1));

        context.Operator.SendAgain(session);
        await context.Operator.PushAsync(Sessions.Succeeded("after", ago: TimeSpan.Zero));

        page.WaitForAssertion(() => Rows(page, "Success list").Count.ShouldBe(2));
    }

    [Fact]
    public async Task A_session_outside_the_filter_does_not_show()
    {
        await using var context = await ConsoleContext.StartAsync(Sessions.Succeeded("web"));
        context.Navigation.NavigateTo("/?app=web");
        var page = context.Render<Overview>();
        page.WaitForAssertion(() => Rows(page, "Success list").Count.ShouldBe(1));

        await context.Operator.PushAsync(Sessions.Succeeded("other", ago: TimeSpan.Zero));
        await context.Operator.PushAsync(Sessions.Succeeded("web", ago: TimeSpan.Zero));

        page.WaitForAssertion(() => Rows(page, "Success list").Count.ShouldBe(2));
        page.Find("section[aria-label='Success list']").TextContent.ShouldNotContain("other");
    }

    [Fact]
    public async Task Running_sessions_show_progress_and_go_when_they_end()
    {
        await using var context = await ConsoleContext.StartAsync(Sessions.Succeeded());
        var page = context.Render<Overview>();
        page.WaitForAssertion(() => page.Find("section[aria-label='Running sessions']").TextContent.ShouldContain("None at the moment."));

        context.Operator.Report(Sessions.Running(progress: 0.42));

        page.WaitForAssertion(() => page.FindAll(".running-item").Count.ShouldBe(1));
        page.Find(".running-item a").GetAttribute("href").ShouldBe("/running/running-1");
        var item = page.Find(".running-item").TextContent;
        item.ShouldContain("42 %");
        item.ShouldContain("backup /source/data");
        item.ShouldContain("42.0 MiB of 100 MiB");
        item.ShouldContain("1 min 35 s left");
        page.Find("[role=progressbar]").GetAttribute("aria-valuenow").ShouldBe("42");

        context.Operator.End("running-1");
        page.WaitForAssertion(() => page.FindAll(".running-item").ShouldBeEmpty());
    }

    [Fact]
    public async Task Sample_workloads_are_marked_wherever_they_show()
    {
        await using var context = await ConsoleContext.StartAsync(Sessions.Succeeded("photos", sample: true), Sessions.Failed("photos", sample: true));
        context.Operator.Report(Sessions.Running(app: "photos", sample: true));

        var page = context.Render<Overview>();

        page.WaitForAssertion(() => page.FindAll(".running-item .sample-mark").Count.ShouldBe(1));
        foreach (var panel in new[] { "Apps", "Fail list", "Success list" })
        {
            page.Find($"section[aria-label='{panel}'] .sample-mark").TextContent.ShouldBe("Sample");
        }
    }

    [Fact]
    public async Task Filters_come_from_the_url()
    {
        await using var context = await ConsoleContext.StartAsync(Sessions.Succeeded("web", "shop"), Sessions.Succeeded("db", "shop"), Sessions.Succeeded("photos", "media"));
        context.Navigation.NavigateTo("/?namespace=shop&app=db&app=photos&range=7d");

        var page = context.Render<Overview>();

        page.WaitForAssertion(() => Rows(page, "Success list").ShouldHaveSingleItem().ShouldContain("db"));
        page.FindAll(".picker-value").Select(v => v.TextContent).ShouldBe(["shop", "2 of 2", "Last 7 days"]);
    }

    [Fact]
    public async Task Picking_a_namespace_goes_into_the_url_and_going_back_undoes_it()
    {
        await using var context = await ConsoleContext.StartAsync(Sessions.Succeeded("web", "shop"), Sessions.Succeeded("photos", "media"));
        var page = context.Render<Overview>();
        page.WaitForAssertion(() => Rows(page, "Success list").Count.ShouldBe(2));

        await Click(page, ".picker-button");
        context.Popovers.WaitForElement(".picker-search");
        await context.Popovers.InvokeAsync(() => context.Popovers.Find(".picker-search").Input("ME"));
        var names = context.Popovers.WaitForElements(".picker-item");
        names.ShouldHaveSingleItem().TextContent.Trim().ShouldBe("media");
        await context.Popovers.InvokeAsync(() => context.Popovers.Find(".picker-item input").ChangeAsync(new ChangeEventArgs { Value = true }));

        page.WaitForAssertion(() => Rows(page, "Success list").ShouldHaveSingleItem().ShouldContain("photos"));
        context.Navigation.Uri.ShouldEndWith("/?namespace=media");

        await page.InvokeAsync(() => context.Navigation.NavigateTo("/"));
        page.WaitForAssertion(() => Rows(page, "Success list").Count.ShouldBe(2));
    }

    [Fact]
    public async Task Choosing_a_range_goes_into_the_url()
    {
        await using var context = await ConsoleContext.StartAsync(Sessions.Succeeded("old", ago: TimeSpan.FromHours(3)), Sessions.Succeeded("new"));
        var page = context.Render<Overview>();
        page.WaitForAssertion(() => Rows(page, "Success list").Count.ShouldBe(2));

        await Click(page, ".picker-button", 2);
        var presets = context.Popovers.WaitForElements(".range-presets button");
        presets.Select(p => p.TextContent.Trim()).ShouldBe(Ranges);
        await Click(context.Popovers, ".range-presets button");

        page.WaitForAssertion(() => Rows(page, "Success list").ShouldHaveSingleItem().ShouldContain("new"));
        context.Navigation.Uri.ShouldEndWith("/?range=1h");
    }

    [Fact]
    public async Task A_range_of_two_times_is_taken_in_the_browsers_zone()
    {
        await using var context = await ConsoleContext.StartAsync(Sessions.Succeeded());
        context.JSInterop.Setup<string?>("stashTime.toLocal", _ => true).SetResult("2026-11-23T09:00");
        context.JSInterop.Setup<string?>("stashTime.toInstant", i => (string?)i.Arguments[0] == "2026-11-23T09:00:00").SetResult("2026-11-23T08:00:00Z");
        context.JSInterop.Setup<string?>("stashTime.toInstant", i => (string?)i.Arguments[0] == "2026-11-23T12:30:00").SetResult("2026-11-23T11:30:00Z");
        var page = context.Render<Overview>();

        await Click(page, ".picker-button", 2);
        context.Popovers.WaitForElement(".range-fixed button");
        await Click(context.Popovers, ".range-fixed button");
        context.Popovers.WaitForElement(".range-problem").TextContent.ShouldBe("The start has to be before the end.");
        await context.Popovers.InvokeAsync(() => context.Popovers.FindAll(".range-fixed input")[1].ChangeAsync(new ChangeEventArgs { Value = "2026-11-23T12:30:00" }));
        await Click(context.Popovers, ".range-fixed button");

        page.WaitForAssertion(() => context.Navigation.Uri.ShouldEndWith("/?from=2026-11-23T08%3A00%3A00Z&to=2026-11-23T11%3A30%3A00Z"));
        page.WaitForAssertion(() => context.Operator.Requests.ShouldContain(r => r.StartsWith(ApiPaths.Aggregates, StringComparison.Ordinal) && r.Contains("to=2026-11-23T11%3A30%3A00.000Z", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Older_sessions_are_read_page_by_page()
    {
        await using var context = await ConsoleContext.StartAsync([.. Enumerable.Range(1, 60).Select(i => Sessions.Succeeded($"app-{i}", ago: TimeSpan.FromMinutes(i)))]);
        var page = context.Render<Overview>();
        page.WaitForAssertion(() => Rows(page, "Success list").Count.ShouldBe(25));

        await Click(page, ".more");
        page.WaitForAssertion(() => Rows(page, "Success list").Count.ShouldBe(50));
        await Click(page, ".more");

        page.WaitForAssertion(() => Rows(page, "Success list").Count.ShouldBe(60));
        page.FindAll(".more").ShouldBeEmpty();
        Rows(page, "Success list")[^1].ShouldContain("app-60");
    }

    [Fact]
    public async Task Paused_it_stands_still_and_counts_what_waits()
    {
        await using var context = await ConsoleContext.StartAsync(Sessions.Succeeded());
        var page = context.Render<Overview>();
        page.WaitForAssertion(() => Rows(page, "Success list").Count.ShouldBe(1));

        await Click(page, ".live-button");
        await context.Operator.PushAsync(Sessions.Succeeded(ago: TimeSpan.Zero));

        page.WaitForAssertion(() => page.Find(".live-button").TextContent.Trim().ShouldBe("Paused: 1 new"));
        Rows(page, "Success list").Count.ShouldBe(1);

        await Click(page, ".live-button");
        page.WaitForAssertion(() => Rows(page, "Success list").Count.ShouldBe(2));
        page.Find(".live-button").TextContent.Trim().ShouldBe("Pause");
    }

    [Fact]
    public async Task With_the_operator_away_it_keeps_what_it_has_and_recovers()
    {
        await using var context = await ConsoleContext.StartAsync(Sessions.Succeeded());
        var page = context.Render<Overview>();
        page.WaitForAssertion(() => Rows(page, "Success list").Count.ShouldBe(1));

        await context.Operator.DownAsync();
        await Eventually.Holds(() => context.Feed.State.IsDisconnected, "the feed notices");
        Rows(page, "Success list").Count.ShouldBe(1);
        await context.Operator.PushAsync(Sessions.Succeeded("meanwhile", ago: TimeSpan.Zero));
        await context.Operator.UpAsync();

        page.WaitForAssertion(() => Rows(page, "Success list").Count.ShouldBe(2));
    }

    [Fact]
    public async Task Opened_while_the_operator_is_away_it_loads_once_it_is_back()
    {
        await using var context = await ConsoleContext.StartAsync(Sessions.Succeeded());
        await context.Operator.DownAsync();
        await Eventually.Holds(() => context.Feed.State.IsDisconnected, "the feed notices");

        var page = context.Render<Overview>();
        page.WaitForAssertion(() => page.Markup.ShouldContain("Try again"));
        page.FindAll(".mud-skeleton").ShouldNotBeEmpty();
        await context.Operator.UpAsync();

        page.WaitForAssertion(() => Rows(page, "Success list").Count.ShouldBe(1));
        page.Markup.ShouldNotContain("Try again");
    }

    [Fact]
    public async Task A_failing_operator_is_reported_in_its_words_and_can_be_asked_again()
    {
        await using var context = await ConsoleContext.StartAsync(Sessions.Succeeded());
        context.Operator.Refuse = request => request.Path == ApiPaths.Aggregates ? new KubernetesStatus { Code = 500, Reason = "InternalError", Message = "the request failed in the operator" } : null;

        var page = context.Render<Overview>();
        page.WaitForElement("[role=alert]").TextContent.ShouldContain("The request failed in the operator.");

        context.Operator.Refuse = _ => null;
        await page.InvokeAsync(() => page.FindAll("button").Single(b => b.TextContent.Trim() == "Try again").ClickAsync(new()));

        page.WaitForAssertion(() => Tile(page, "Successful").ShouldBe("1"));
        page.FindAll("[role=alert]").ShouldBeEmpty();
    }

    [Fact]
    public async Task An_app_whose_next_session_has_not_come_is_overdue()
    {
        await using var context = await ConsoleContext.StartAsync(
            Sessions.Succeeded("late", ago: TimeSpan.FromHours(5), next: DateTimeOffset.UtcNow.AddHours(-4) + TimeSpan.FromMinutes(30)), Sessions.Succeeded("fine", next: DateTimeOffset.UtcNow.AddHours(1)));

        var page = context.Render<Overview>();

        page.WaitForAssertion(() => Tile(page, "Overdue").ShouldBe("1"));
        page.FindAll(".app-table .health").Select(h => h.TextContent).ShouldBe(["Overdue", "Healthy"]);
    }

    [Fact]
    public async Task New_chart_data_reaches_the_chart_without_rendering_it_again()
    {
        await using var context = await ConsoleContext.StartAsync(Sessions.Succeeded("web"));
        var page = context.Render<Overview>();
        context.WaitForCharts(3);
        var chart = page.FindComponents<Console.Components.Controls.TimeChart>()[0];
        var before = chart.RenderCount;

        await context.Operator.PushAsync(Sessions.Succeeded("web", ago: TimeSpan.Zero));

        page.WaitForAssertion(() => context.DrawnCharts.ShouldContain(c => c.Kind == "bars" && c.Series.SelectMany(l => l.Values).Sum() == 2));
        chart.RenderCount.ShouldBe(before);
    }

    [Fact]
    public async Task A_chart_can_be_read_as_a_table()
    {
        await using var context = await ConsoleContext.StartAsync(Sessions.Succeeded("web", "shop"));
        var page = context.Render<Overview>();
        context.WaitForCharts(3);

        await Click(page, "[aria-label='Show Success over time as a table']");

        var table = page.WaitForElement(".chart-table");
        table.TextContent.ShouldContain("1 session succeeded, of 1 app; most of shop - web (1).");
        table.QuerySelectorAll("tbody tr").ShouldHaveSingleItem().QuerySelectorAll("td").Skip(1).Select(c => c.TextContent.Trim()).ShouldBe(["shop - web", "1"]);
    }

    /// <summary>Finds and clicks with nothing rendering in between.</summary>
    private static Task Click<T>(IRenderedComponent<T> component, string selector, int index = 0)
        where T : IComponent =>
        component.InvokeAsync(() => component.FindAll(selector)[index].ClickAsync(new()));

    private static string Tile(IRenderedComponent<Overview> page, string title) => page.Find($"section[aria-label='{title}'] .tile-value").TextContent;

    private static List<string> Rows(IRenderedComponent<Overview> page, string title) =>
        [.. page.FindAll($"section[aria-label='{title}'] tbody tr").Select(r => r.TextContent)];
}
