using System.Text;
using Deque.AxeCore.Commons;
using Deque.AxeCore.Playwright;
using Microsoft.Playwright;
using Stash.EndToEnd.Tests.Support;
using static Microsoft.Playwright.Assertions;

namespace Stash.EndToEnd.Tests;

/// <summary>The push gateway's own page in a browser, which may run no script there.</summary>
public sealed class GatewayPageTests(BrowserFixture browser)
{
    [Theory]
    [InlineData(1440, 900, ColorScheme.Light)]
    [InlineData(390, 844, ColorScheme.Dark)]
    public async Task Groups_are_found_read_and_deleted(int width, int height, ColorScheme scheme)
    {
        await using var product = await Product.StartAsync();
        var page = await browser.NewPageAsync(width, height, scheme);
        List<string> errors = [];
        page.Console += (_, message) =>
        {
            if (message.Type == "error")
            {
                errors.Add(message.Text);
            }
        };
        page.RequestFailed += (_, request) => errors.Add($"{request.Url}: {request.Failure}");
        await CheckAsync(page, product.GatewayUrl + "/", "No group is here.");

        await PushAsync(product, "/metrics/job/nightly/app/shop", "# HELP size_bytes How large.\n# TYPE size_bytes gauge\nsize_bytes{disk=\"a\"} 12\n# TYPE h histogram\nh_bucket{le=\"1\"} 2\n");
        await PushAsync(product, $"/metrics/job/{new string('j', 200)}/path/%2Fvar%2F{new string('p', 200)}", "x 1\n");
        await PushAsync(product, "/metrics/job/%3Cimg%20src%3Dx%3E/q/%22%27", "x 1\n");
        await CheckAsync(page, product.GatewayUrl + "/", "3 groups");
        await CheckAsync(page, product.GatewayUrl + "/status", "web.telemetry-path");
        await page.GetByRole(AriaRole.Link, new() { Name = "Groups" }).ClickAsync();
        await page.GetByRole(AriaRole.Searchbox).FillAsync("job=nightly");
        await page.GetByRole(AriaRole.Button, new() { Name = "Show" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Status)).ToHaveTextAsync("1 of them fits.");
        await Expect(page.GetByText("disk=\"a\"")).ToBeVisibleAsync();
        await Expect(page.GetByText("le=+Inf")).ToBeVisibleAsync();
        await CheckAsync(page, page.Url, "How large.");

        await page.GetByRole(AriaRole.Link, new() { Name = "Delete group…" }).ClickAsync();
        await CheckAsync(page, page.Url, "Delete this group?");
        await page.GetByRole(AriaRole.Button, new() { Name = "Delete group" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Status)).ToContainTextAsync("job=\"nightly\"");
        await Expect(page.Locator(".group")).ToHaveCountAsync(2);
        errors.ShouldBeEmpty();
    }

    private static async Task CheckAsync(IPage page, string address, string text)
    {
        await page.GotoAsync(address);
        await Expect(page.GetByRole(AriaRole.Main)).ToContainTextAsync(text);
        (await page.EvaluateAsync<int>("document.documentElement.scrollWidth - document.documentElement.clientWidth")).ShouldBeLessThanOrEqualTo(0, address);
        var result = await page.RunAxe(new AxeRunOptions { ResultTypes = [ResultType.Violations] });
        result.Violations.Select(v => $"{v.Id}: {string.Join(", ", v.Nodes.Select(n => n.Html))}").ShouldBeEmpty(address);
    }

    private static async Task PushAsync(Product product, string path, string body)
    {
        using HttpClient http = new();
        using ByteArrayContent content = new(Encoding.UTF8.GetBytes(body));
        using var answer = await http.PutAsync(new Uri(product.GatewayUrl + path), content, TestContext.Current.CancellationToken);
        answer.EnsureSuccessStatusCode();
    }
}
