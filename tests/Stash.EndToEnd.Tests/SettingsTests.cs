using Microsoft.Playwright;
using Stash.EndToEnd.Tests.Support;
using static Microsoft.Playwright.Assertions;

namespace Stash.EndToEnd.Tests;

/// <summary>Monitoring settings: by the page, by hand, and both at once.</summary>
public sealed class SettingsTests(BrowserFixture browser)
{
    [Fact]
    public async Task What_is_saved_is_in_the_file_and_makes_the_scrape_configuration_and_off_removes_it()
    {
        await using var product = await Product.StartAsync();
        var page = await OpenAsync(product);
        var save = page.GetByRole(AriaRole.Button, new() { Name = "Save", Exact = true });
        await Expect(save).ToBeDisabledAsync();

        await page.GetByRole(AriaRole.Radio).Nth(1).CheckAsync();
        await page.GetByRole(AriaRole.Switch).Nth(0).CheckAsync();
        await Expect(page.GetByText("prometheus/stash-scrape.yml").First).ToBeVisibleAsync();
        await save.ClickAsync();
        await Wait.UntilAsync("the settings are in the file", () => File.ReadAllText(SettingsFile(product)).Contains("agent: prometheus.io/builtin\n  backup: true", StringComparison.Ordinal));
        await Wait.UntilAsync("the scrape configuration is written", () => File.Exists(Snippet(product)));
        (await File.ReadAllTextAsync(Snippet(product), TestContext.Current.CancellationToken)).ShouldContain("job_name: stash-pushgateway");
        // The files are written before the page hears that it has saved.
        await Expect(save).ToBeDisabledAsync();

        await page.GetByRole(AriaRole.Radio).Nth(0).CheckAsync();
        await save.ClickAsync();
        await Wait.UntilAsync("the scrape configuration is gone", () => !File.Exists(Snippet(product)));
    }

    [Fact]
    public async Task A_bad_label_key_is_named_and_cannot_be_saved()
    {
        await using var product = await Product.StartAsync();
        var page = await OpenAsync(product);
        await page.GetByRole(AriaRole.Radio).Nth(2).CheckAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Add a label" }).ClickAsync();
        await Expect(page.GetByLabel("Key")).ToHaveCountAsync(2);
        await page.GetByLabel("Key").Last.FillAsync("-team");
        await page.GetByLabel("Value").Last.FillAsync("storage");
        await Expect(page.GetByText("\"-team\" is not a label key").First).ToBeVisibleAsync();
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Save", Exact = true })).ToBeDisabledAsync();

        await page.GetByLabel("Key").Last.FillAsync("example.com/team");
        await page.GetByRole(AriaRole.Button, new() { Name = "Save", Exact = true }).ClickAsync();
        await Wait.UntilAsync("the label is in the file", () => File.ReadAllText(SettingsFile(product)).Contains("example.com/team: storage", StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_edit_by_hand_shows_at_once_and_is_not_lost_to_one_on_the_page()
    {
        await using var product = await Product.StartAsync();
        var page = await OpenAsync(product);
        var backup = page.GetByRole(AriaRole.Switch).Nth(0);
        await Expect(backup).Not.ToBeCheckedAsync();
        await EditAsync(product, "backup: false", "backup: true");
        await Expect(backup).ToBeCheckedAsync();

        // Now both: the page has a change of its own, the file gets another.
        await page.GetByRole(AriaRole.Switch).Nth(1).CheckAsync();
        // The browser has checked it at once; the console knows of it later.
        await Expect(page.GetByText("Changes are not saved yet.")).ToBeVisibleAsync();
        await EditAsync(product, "backup: true", "backup: false");
        await page.GetByRole(AriaRole.Button, new() { Name = "Keep theirs and put my changes on top" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Save", Exact = true }).ClickAsync();
        await Wait.UntilAsync("both changes are in the file", () => File.ReadAllText(SettingsFile(product)).Contains("backup: false\n  operator: true", StringComparison.Ordinal),
            () => File.ReadAllText(SettingsFile(product)));
    }

    private async Task<IPage> OpenAsync(Product product)
    {
        var page = await browser.SignInAsync(product);
        await page.GotoAsync($"{product.ConsoleUrl}/settings");
        await Expect(page.GetByRole(AriaRole.Radio).First).ToBeEnabledAsync();
        // Prerendered, the page is there before it listens.
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Save", Exact = true })).ToBeVisibleAsync();
        return page;
    }

    private static string SettingsFile(Product product) => Path.Combine(product.DataFolder, "monitoring.yaml");

    private static string Snippet(Product product) => Path.Combine(product.DataFolder, "prometheus", "stash-scrape.yml");

    /// <summary>As an editor saves: a new file in the old one's place.</summary>
    private static async Task EditAsync(Product product, string before, string after)
    {
        var file = SettingsFile(product);
        var text = await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken);
        text.ShouldContain(before);
        await File.WriteAllTextAsync($"{file}~", text.Replace(before, after, StringComparison.Ordinal), TestContext.Current.CancellationToken);
        File.Move($"{file}~", file, overwrite: true);
    }
}
