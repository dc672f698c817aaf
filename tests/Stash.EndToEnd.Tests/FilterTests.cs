using System.Text.RegularExpressions;
using Microsoft.Playwright;
using Stash.EndToEnd.Tests.Support;
using static Microsoft.Playwright.Assertions;

namespace Stash.EndToEnd.Tests;

/// <summary>The overview's filters live in its address: a view can be linked, reloaded, gone back to.</summary>
public sealed partial class FilterTests(BrowserFixture browser)
{
    [Fact]
    public async Task A_filter_is_in_the_address_and_survives_reload_and_back()
    {
        await using var product = await Product.StartAsync();
        (await product.BackupAsync(product.WriteRestic("photos", "media"))).Code.ShouldBe(0);
        (await product.BackupAsync(product.WriteRestic("orders", "shop"))).Code.ShouldBe(0);
        var page = await browser.SignInAsync(product);
        var success = page.GetByRole(AriaRole.Region, new() { Name = "Success list" });
        await Expect(success.GetByRole(AriaRole.Link)).ToHaveCountAsync(2);

        await page.GetByRole(AriaRole.Button, new() { Name = "Namespaces" }).ClickAsync();
        await page.GetByRole(AriaRole.Checkbox, new() { Name = "shop" }).CheckAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Done" }).ClickAsync();
        await Expect(page).ToHaveURLAsync(OnlyShop());
        await Expect(success.GetByRole(AriaRole.Link)).ToHaveCountAsync(1);
        await Expect(success).ToContainTextAsync("orders");

        await page.ReloadAsync();
        await Expect(success.GetByRole(AriaRole.Link)).ToHaveCountAsync(1);
        await Expect(success).ToContainTextAsync("orders");

        await page.GetByRole(AriaRole.Button, new() { Name = "Show all" }).ClickAsync();
        await Expect(success.GetByRole(AriaRole.Link)).ToHaveCountAsync(2);
        await page.GoBackAsync();
        await Expect(page).ToHaveURLAsync(OnlyShop());
        await Expect(success.GetByRole(AriaRole.Link)).ToHaveCountAsync(1);
    }

    [GeneratedRegex(@"[?&]namespace=shop\b", RegexOptions.None, 1000)]
    private static partial Regex OnlyShop();
}
