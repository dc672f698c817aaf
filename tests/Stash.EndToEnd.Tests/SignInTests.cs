using Microsoft.Playwright;
using Stash.EndToEnd.Tests.Support;
using static Microsoft.Playwright.Assertions;

namespace Stash.EndToEnd.Tests;

/// <summary>The one-time link in a real browser.</summary>
public sealed class SignInTests(BrowserFixture browser)
{
    [Fact]
    public async Task A_link_signs_in_once_and_leads_back_to_where_one_wanted_to_go()
    {
        await using var product = await Product.StartAsync();
        var link = await product.SignInLinkAsync();
        var stranger = await browser.NewPageAsync();
        await stranger.GotoAsync($"{product.ConsoleUrl}/settings");
        stranger.Url.ShouldContain("/sign-in");
        await Expect(stranger.GetByText("console-link").First).ToBeVisibleAsync();

        var page = await browser.NewPageAsync();
        await page.GotoAsync(link);
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Overview" })).ToBeVisibleAsync();

        (await stranger.GotoAsync(link))!.Status.ShouldBe(401);
        var next = await product.SignInLinkAsync();
        next.ShouldNotBe(link);
        (await stranger.GotoAsync(next))!.Status.ShouldBe(200);
        await Expect(stranger.GetByRole(AriaRole.Heading, new() { Name = "Overview" })).ToBeVisibleAsync();
    }

    [Fact]
    public async Task Signing_out_ends_every_open_page_of_the_browser()
    {
        await using var product = await Product.StartAsync();
        var page = await browser.SignInAsync(product);
        var other = await page.Context.NewPageAsync();
        await other.GotoAsync($"{product.ConsoleUrl}/settings");
        await Expect(other.GetByRole(AriaRole.Radio).First).ToBeEnabledAsync();

        await page.GetByRole(AriaRole.Button, new() { Name = "Sign out" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "Sign in to Stash" })).ToBeVisibleAsync();
        await Expect(other.GetByRole(AriaRole.Heading, new() { Name = "Sign in to Stash" })).ToBeVisibleAsync();
    }
}
