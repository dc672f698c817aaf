using Deque.AxeCore.Commons;
using Deque.AxeCore.Playwright;
using Microsoft.Playwright;
using Stash.EndToEnd.Tests.Support;
using static Microsoft.Playwright.Assertions;

namespace Stash.EndToEnd.Tests;

/// <summary>What holds for every page, on a desk and on a phone, light and dark.</summary>
public sealed class PageQualityTests(BrowserFixture browser)
{
    [Theory]
    [InlineData(1440, 900, ColorScheme.Light)]
    [InlineData(390, 844, ColorScheme.Dark)]
    public async Task Pages_are_accessible_fit_their_width_and_raise_no_errors(int width, int height, ColorScheme scheme)
    {
        await using var product = await Product.StartAsync();
        (await product.BackupAsync(product.WriteRestic("photos", "media"))).Code.ShouldBe(0);
        (await product.BackupAsync(product.WriteRestic("gone", path: Path.Combine(product.Folder, "no-such-folder")))).Code.ShouldBe(1);
        var failed = (await product.SessionsAsync())[0].GetProperty("id").GetString();

        var page = await browser.NewPageAsync(width, height, scheme);
        List<string> errors = [];
        page.Console += (_, message) =>
        {
            if (message.Type == "error")
            {
                errors.Add(message.Text);
            }
        };
        page.PageError += (_, error) => errors.Add(error);
        page.RequestFailed += (_, request) => errors.Add($"{request.Url}: {request.Failure}");
        await page.GotoAsync(await product.SignInLinkAsync());
        foreach (var (path, ready) in new[] { ("/", "photos"), ($"/sessions/{failed}", "no-such-folder"), ("/settings", "What is scraped"), ("/nowhere", "There is no such page") })
        {
            await page.GotoAsync(product.ConsoleUrl + path);
            await Expect(page.GetByRole(AriaRole.Main)).ToContainTextAsync(ready);
            await Expect(page.Locator(".mud-skeleton")).ToHaveCountAsync(0);
            (await page.EvaluateAsync<int>("document.documentElement.scrollWidth - document.documentElement.clientWidth")).ShouldBeLessThanOrEqualTo(0, path);

            // While the page goes over from prerendered to live its title is exchanged: what stays counts.
            List<string> violations = [];
            await Wait.UntilAsync($"axe finds nothing serious on {path}", async () => (violations = await SeriousAsync(page)).Count == 0, () => string.Join('\n', violations), TimeSpan.FromSeconds(15));
        }

        // A missing page is answered with 404, which Chromium reports as an error of its own.
        errors.Where(e => !e.Contains("404", StringComparison.Ordinal) && !e.Contains("/_blazor", StringComparison.Ordinal)).ShouldBeEmpty();
    }

    private static async Task<List<string>> SeriousAsync(IPage page)
    {
        var result = await page.RunAxe(new AxeRunOptions { ResultTypes = [ResultType.Violations] });
        return [.. result.Violations.Where(v => v.Impact is "serious" or "critical").Select(v => $"{v.Id}: {string.Join(", ", v.Nodes.Select(n => n.Html))}")];
    }
}
