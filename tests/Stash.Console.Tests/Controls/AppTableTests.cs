using Bunit;
using Stash.Console.Components.Controls;
using Stash.Console.Dashboard;
using Stash.Console.Tests.Support;
using Stash.Core.Sessions;

namespace Stash.Console.Tests.Controls;

public sealed class AppTableTests
{
    [Fact]
    public async Task What_needs_a_look_comes_first()
    {
        await using var context = await ConsoleContext.StartAsync();
        Dictionary<string, AppHealth> health = new(StringComparer.Ordinal) { ["a"] = AppHealth.Healthy, ["b"] = AppHealth.Overdue, ["c"] = AppHealth.Missing, ["d"] = AppHealth.Failing };

        var table = context.Render<AppTable>(p => p.Add(c => c.Apps, [.. health.Keys.Select(a => App(a))]).Add(c => c.HealthOf, a => health[a.App]).Add(c => c.Filter, new OverviewFilter()));

        table.FindAll(".health").Select(h => h.TextContent).ShouldBe(["Missing", "Failing", "Overdue", "Healthy"]);
        table.FindAll(".row-failed").Count.ShouldBe(2);
    }

    [Fact]
    public async Task An_app_that_never_succeeded_and_has_no_schedule_is_told_in_words()
    {
        await using var context = await ConsoleContext.StartAsync();

        var table = context.Render<AppTable>(p => p.Add(c => c.Apps, [App("web") with { FailuresSinceSuccess = 3, Count = 3, Failures = 3 }]).Add(c => c.HealthOf, _ => AppHealth.Failing).Add(c => c.Filter, new OverviewFilter()));

        var cells = table.FindAll("tbody td").Select(c => string.Join(' ', c.TextContent.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))).ToList();
        cells[2].ShouldBe("never");
        cells[3].ShouldBe("3");
        cells[4].ShouldBe("not told");
        cells[5].ShouldBe("3 (3 failed)");
        cells[6].ShouldBe("–");
    }

    [Fact]
    public async Task An_apps_link_narrows_the_filter_and_keeps_its_range()
    {
        await using var context = await ConsoleContext.StartAsync();

        var table = context.Render<AppTable>(p => p.Add(c => c.Apps, [App("web")]).Add(c => c.HealthOf, _ => AppHealth.Healthy).Add(c => c.Filter, new OverviewFilter { Apps = ["x", "web"], Range = TimeRange.Presets[3] }));

        table.Find("a").GetAttribute("href").ShouldBe("/?namespace=shop&app=web&range=7d");
    }

    [Fact]
    public async Task Of_many_apps_the_first_fifty_show_until_more_are_asked_for()
    {
        await using var context = await ConsoleContext.StartAsync();
        var apps = Enumerable.Range(1, 120).Select(i => App(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"app-{i:000}"))).ToList();
        var table = context.Render<AppTable>(p => p.Add(c => c.Apps, apps).Add(c => c.HealthOf, _ => AppHealth.Healthy).Add(c => c.Filter, new OverviewFilter()));
        table.FindAll("tbody tr").Count.ShouldBe(50);
        table.Find(".more-apps").TextContent.Trim().ShouldBe("Show 50 more of 120 apps");

        await table.Find(".more-apps").ClickAsync(new());
        await table.Find(".more-apps").ClickAsync(new());

        table.FindAll("tbody tr").Count.ShouldBe(120);
        table.FindAll(".more-apps").ShouldBeEmpty();
    }

    [Fact]
    public async Task An_apps_checks_have_a_row_of_their_own_after_its_backups()
    {
        await using var context = await ConsoleContext.StartAsync();
        AppSummary[] apps = [App("web") with { Operation = "check" }, App("web"), App("db")];

        var table = context.Render<AppTable>(p => p.Add(c => c.Apps, apps).Add(c => c.HealthOf, _ => AppHealth.Healthy).Add(c => c.Filter, new OverviewFilter()));

        table.FindAll("tbody tr").Select(r => (r.QuerySelector(".name-app")!.TextContent, r.QuerySelector(".operation")?.TextContent)).ShouldBe([("db", null), ("web", null), ("web", "check")]);
    }

    private static AppSummary App(string name) => new()
    {
        Namespace = "shop",
        App = name,
        Count = 0,
        Failures = 0,
        LastSessionTime = DateTimeOffset.UtcNow,
        LastOutcome = SessionOutcome.Failed,
        FailuresSinceSuccess = 0,
    };
}
