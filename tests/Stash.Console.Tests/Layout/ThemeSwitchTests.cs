using Bunit;
using Stash.Console.Components.Layout;
using Stash.Console.Tests.Support;

namespace Stash.Console.Tests.Layout;

public sealed class ThemeSwitchTests
{
    [Fact]
    public async Task Shows_the_remembered_choice_and_tells_the_browser_of_a_new_one()
    {
        await using var context = await ConsoleContext.StartAsync();
        context.JSInterop.Setup<string?>("stashTheme.choice").SetResult("dark");
        var choose = context.JSInterop.SetupVoid("stashTheme.choose", _ => true).SetVoidResult();

        var themes = context.Render<ThemeSwitch>();
        themes.WaitForAssertion(() => themes.Find("button").GetAttribute("aria-label").ShouldBe("Theme: dark"));

        await themes.InvokeAsync(() => themes.Find("button").ClickAsync(new()));
        var items = context.Popovers.WaitForElements(".mud-menu-item");
        items.Select(i => i.TextContent.Trim()).ShouldBe(["Light", "Dark", "As the system"]);
        await context.Popovers.InvokeAsync(() => context.Popovers.FindAll(".mud-menu-item")[0].ClickAsync(new()));

        themes.WaitForAssertion(() => choose.Invocations.ShouldHaveSingleItem().Arguments.ShouldBe(["light"]));
        themes.WaitForAssertion(() => themes.Find("button").GetAttribute("aria-label").ShouldBe("Theme: light"));
    }
}
