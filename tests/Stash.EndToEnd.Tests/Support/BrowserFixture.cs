using Microsoft.Playwright;
using Stash.EndToEnd.Tests.Support;

[assembly: AssemblyFixture(typeof(BrowserFixture))]

namespace Stash.EndToEnd.Tests.Support;

/// <summary>One Chromium for all tests; each takes a context of its own.</summary>
public sealed class BrowserFixture : IAsyncLifetime
{
    private IPlaywright? _playwright;
    private IBrowser? _browser;

    public async ValueTask InitializeAsync()
    {
        // What takes a moment here may take several on a busy machine; how long is not what these tests are about.
        Assertions.SetDefaultExpectTimeout(30_000);
        _playwright = await Playwright.CreateAsync();
        _browser = await _playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions
        {
            ExecutablePath = "/usr/bin/chromium",
            Args = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
        });
    }

    /// <summary>A page that is signed in to the console.</summary>
    internal async Task<IPage> SignInAsync(Product product, int width = 1440, int height = 900, ColorScheme scheme = ColorScheme.Light)
    {
        var page = await NewPageAsync(width, height, scheme);
        await page.GotoAsync(await product.SignInLinkAsync());
        return page;
    }

    /// <summary>A page of a browser that has no cookies.</summary>
    internal async Task<IPage> NewPageAsync(int width = 1440, int height = 900, ColorScheme scheme = ColorScheme.Light)
    {
        var context = await _browser!.NewContextAsync(new BrowserNewContextOptions
        {
            ViewportSize = new ViewportSize { Width = width, Height = height },
            ColorScheme = scheme,
            Locale = "en-GB",
            TimezoneId = "Europe/Berlin",
        });
        context.SetDefaultTimeout(30_000);
        return await context.NewPageAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (_browser is not null)
        {
            await _browser.DisposeAsync();
        }

        _playwright?.Dispose();
    }
}
