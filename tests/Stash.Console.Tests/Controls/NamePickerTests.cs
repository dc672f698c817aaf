using System.Globalization;
using Bunit;
using Stash.Console.Components.Controls;
using Stash.Console.Tests.Support;

namespace Stash.Console.Tests.Controls;

public sealed class NamePickerTests
{
    [Fact]
    public async Task A_picked_name_that_nothing_has_any_more_can_be_let_go()
    {
        await using var context = await ConsoleContext.StartAsync();
        IReadOnlyList<string>? chosen = null;
        var picker = context.Render<NamePicker>(p => p.Add(c => c.Label, "Apps").Add(c => c.Options, ["web"]).Add(c => c.Selected, ["gone"]).Add(c => c.SelectedChanged, names => chosen = names));
        picker.Find(".picker-value").TextContent.ShouldBe("gone");

        await OpenAsync(picker);
        context.Popovers.WaitForElements(".picker-item").Select(i => i.TextContent.Trim()).ShouldBe(["gone", "web"]);
        await context.Popovers.InvokeAsync(() => context.Popovers.Find(".picker-item input").Change(false));

        chosen.ShouldBe([]);
    }

    [Fact]
    public async Task Says_how_many_of_how_many_are_picked()
    {
        await using var context = await ConsoleContext.StartAsync();

        var picker = context.Render<NamePicker>(p => p.Add(c => c.Label, "Apps").Add(c => c.Options, Names(100)).Add(c => c.Selected, ["app-001", "app-002"]));

        picker.Find(".picker-value").TextContent.ShouldBe("2 of 100");
        picker.Find(".picker-button").ClassList.ShouldContain("picker-set");
    }

    [Fact]
    public async Task Before_the_first_session_it_says_when_names_come()
    {
        await using var context = await ConsoleContext.StartAsync();
        var picker = context.Render<NamePicker>(p => p.Add(c => c.Label, "Apps").Add(c => c.Options, []).Add(c => c.Selected, []));

        await OpenAsync(picker);

        context.Popovers.WaitForElement(".picker-none").TextContent.ShouldBe("None yet: they come with the first session.");
    }

    [Fact]
    public async Task Escape_closes_it()
    {
        await using var context = await ConsoleContext.StartAsync();
        var picker = context.Render<NamePicker>(p => p.Add(c => c.Label, "Apps").Add(c => c.Options, Names(3)).Add(c => c.Selected, []));
        await OpenAsync(picker);
        context.Popovers.WaitForElement(".picker-body");

        await context.Popovers.InvokeAsync(() => context.Popovers.Find(".picker-body").KeyDown("Escape"));

        context.Popovers.WaitForAssertion(() => context.Popovers.FindAll(".picker-body").ShouldBeEmpty());
    }

    private static Task OpenAsync(IRenderedComponent<NamePicker> picker) => picker.InvokeAsync(() => picker.Find(".picker-button").ClickAsync(new()));

    private static IReadOnlyList<string> Names(int count) => [.. Enumerable.Range(1, count).Select(i => string.Create(CultureInfo.InvariantCulture, $"app-{i:000}"))];
}
