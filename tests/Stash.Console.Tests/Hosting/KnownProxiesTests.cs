using Stash.Console.Tests.Support;

namespace Stash.Console.Tests.Hosting;

/// <summary>The console behind a proxy that does TLS.</summary>
public sealed class KnownProxiesTests : IDisposable
{
    private readonly TempFolder _data = new();

    private static CancellationToken Token => Xunit.TestContext.Current.CancellationToken;

    public void Dispose() => _data.Dispose();

    [Theory]
    [InlineData("127.0.0.1", true)]
    [InlineData("10.0.0.0/8, 127.0.0.0/8", true)]
    [InlineData("10.0.0.1", false)]
    [InlineData("", false)]
    public async Task A_known_proxys_word_is_taken_and_nobody_elses(string proxies, bool believed)
    {
        await using var console = await ConsoleServer.StartAsync(_data.FullPath, proxies);
        using var browser = console.Browser();
        browser.DefaultRequestHeaders.Add("X-Forwarded-Proto", "https");
        browser.DefaultRequestHeaders.Add("X-Forwarded-Host", "stash.example.com");
        using var home = await browser.GetAsync("/", Token);
        home.Headers.Location!.IsAbsoluteUri.ShouldBeTrue();
        home.Headers.Location.GetLeftPart(UriPartial.Authority).ShouldBe(believed ? "https://stash.example.com" : console.Address.GetLeftPart(UriPartial.Authority));
        using var signedIn = await browser.GetAsync(new Uri(console.Link).PathAndQuery, Token);
        signedIn.Headers.GetValues("Set-Cookie").Single(c => c.StartsWith("stash-console=", StringComparison.Ordinal))
            .Contains("secure", StringComparison.OrdinalIgnoreCase).ShouldBe(believed);
    }
}
