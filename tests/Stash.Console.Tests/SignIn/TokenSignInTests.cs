using System.Net;
using Stash.Console.People;
using Stash.Console.SignIn;
using Stash.Console.Tests.Support;
using Stash.Core.Api;
using Stash.Core.Configuration;

namespace Stash.Console.Tests.SignIn;

/// <summary>Signing in with a token that the cluster knows, on the whole console.</summary>
public sealed class TokenSignInTests : IDisposable
{
    private const string Alice = "system:serviceaccount:people:alice";

    private readonly TempFolder _data = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => _data.Dispose();

    [Fact]
    public async Task A_token_signs_in_as_its_owner_and_stays_on_the_server()
    {
        await using var operatorDouble = await OperatorDouble.StartAsync();
        var token = Jwt.Of("alice", DateTimeOffset.UtcNow.AddHours(1));
        operatorDouble.Know(token, Alice);
        await using var console = await StartAsync(operatorDouble);
        using var browser = console.Browser();

        using var answer = await PasteAsync(browser, $"  Bearer {token[..40]}\n{token[40..]} ", "/settings");

        answer.StatusCode.ShouldBe(HttpStatusCode.Redirect);
        answer.Headers.Location!.OriginalString.ShouldBe("/settings");
        answer.Headers.ToString().ShouldNotContain(token[^20..]);
        operatorDouble.Asked.ShouldContain((ApiPaths.WhoAmI, token));
        using var page = await browser.GetAsync("/", Stop);
        var html = await page.Content.ReadAsStringAsync(Stop);
        html.ShouldContain("people/alice");
        html.ShouldContain($"title=\"{Alice}\"");
        html.ShouldNotContain(token[^20..]);
        var end = token[^20..];
        Directory.EnumerateFiles(_data.FullPath, "*", SearchOption.AllDirectories).ShouldAllBe(f => !File.ReadAllText(f).Contains(end, StringComparison.Ordinal));
        File.Exists(console.LinkFile).ShouldBeFalse();
    }

    [Fact]
    public async Task The_page_says_how_to_get_a_token_and_takes_none_from_its_address()
    {
        await using var operatorDouble = await OperatorDouble.StartAsync();
        operatorDouble.Know("good-token", Alice);
        await using var console = await StartAsync(operatorDouble);
        using var browser = console.Browser();

        using var answer = await browser.GetAsync("/sign-in?token=good-token", Stop);

        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        var html = await answer.Content.ReadAsStringAsync(Stop);
        html.ShouldContain("data-copy=\"kubectl create token SERVICE_ACCOUNT --namespace NAMESPACE --duration 8h\"");
        html.ShouldNotContain("good-token");
        using var page = await browser.GetAsync("/", Stop);
        page.StatusCode.ShouldBe(HttpStatusCode.Redirect);
    }

    [Theory]
    [InlineData("stash.example.com", "http", true)]
    [InlineData("stash.example.com", "https", false)]
    [InlineData("localhost", "http", false)]
    public async Task A_page_that_others_could_read_says_so(string host, string scheme, bool says)
    {
        await using var operatorDouble = await OperatorDouble.StartAsync();
        await using var console = await ConsoleServer.StartAsync(_data.FullPath, operatorDouble, ConsoleOptions.TokenSignIn, ("Stash:Console:KnownProxies", "127.0.0.1"));
        using var browser = console.Browser();
        browser.DefaultRequestHeaders.Add("X-Forwarded-Proto", scheme);
        browser.DefaultRequestHeaders.Add("X-Forwarded-Host", host);
        (await browser.GetStringAsync("/sign-in", Stop)).Contains("This page came without TLS", StringComparison.Ordinal).ShouldBe(says);
    }

    [Fact]
    public async Task Wrong_tokens_are_told_so_and_limited()
    {
        await using var operatorDouble = await OperatorDouble.StartAsync();
        operatorDouble.Know("good-token", Alice);
        await using var console = await StartAsync(operatorDouble);
        using var browser = console.Browser();
        foreach (var wrong in new[] { "wrong", "", "<b>", new string('a', 20_000), "tök" })
        {
            using var refused = await PasteAsync(browser, wrong);
            refused.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
            (await refused.Content.ReadAsStringAsync(Stop)).ShouldContain("The cluster does not know this token, or it has expired.");
        }

        for (var i = 5; i < WrongTokenLimiter.PerMinute; i++)
        {
            (await PasteAsync(browser, "wrong")).Dispose();
        }

        using var limited = await PasteAsync(browser, "good-token");
        limited.StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
        (await limited.Content.ReadAsStringAsync(Stop)).ShouldContain("Too many wrong tokens");
    }

    [Fact]
    public async Task Who_may_look_at_nothing_is_told_whom_the_cluster_knows_them_as()
    {
        await using var operatorDouble = await OperatorDouble.StartAsync();
        operatorDouble.Know("good-token", "bob", view: false);
        await using var console = await StartAsync(operatorDouble);
        using var browser = console.Browser();

        using var answer = await PasteAsync(browser, "good-token");

        answer.StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        (await answer.Content.ReadAsStringAsync(Stop)).ShouldContain("The cluster knows you as bob, and you may look at nothing here.");
    }

    [Fact]
    public async Task With_the_operator_away_nobody_is_let_in_and_no_try_is_counted()
    {
        await using var operatorDouble = await OperatorDouble.StartAsync();
        operatorDouble.Know("good-token", Alice);
        await using var console = await StartAsync(operatorDouble);
        using var browser = console.Browser();
        await operatorDouble.DownAsync();
        for (var i = 0; i <= WrongTokenLimiter.PerMinute; i++)
        {
            using var refused = await PasteAsync(browser, "good-token");
            refused.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
            (await refused.Content.ReadAsStringAsync(Stop)).ShouldContain("does not answer");
        }

        await operatorDouble.UpAsync();
        using var answer = await PasteAsync(browser, "good-token");
        answer.StatusCode.ShouldBe(HttpStatusCode.Redirect);
    }

    [Fact]
    public async Task A_token_that_comes_to_its_end_ends_the_sign_in_and_says_so()
    {
        await using var operatorDouble = await OperatorDouble.StartAsync();
        var token = Jwt.Of("alice", DateTimeOffset.UtcNow.AddSeconds(2));
        operatorDouble.Know(token, Alice);
        await using var console = await StartAsync(operatorDouble);
        using var browser = console.Browser();
        (await PasteAsync(browser, token)).Dispose();

        var target = "";
        await Eventually.Holds(() =>
        {
            using var answer = browser.GetAsync("/settings", Stop).GetAwaiter().GetResult();
            target = answer.Headers.Location?.PathAndQuery ?? "";
            return answer.StatusCode == HttpStatusCode.Redirect;
        }, "the sign-in ends");
        target.ShouldBe("/sign-in?returnUrl=%2Fsettings&ended=true");
        (await browser.GetStringAsync(target, Stop)).ShouldContain("Your sign-in has ended: the token came to its end");
    }

    [Fact]
    public async Task A_restart_of_the_console_ends_it_and_says_so()
    {
        await using var operatorDouble = await OperatorDouble.StartAsync();
        operatorDouble.Know("good-token", Alice);
        CookieContainer cookies = new();
        await using (var console = await StartAsync(operatorDouble))
        {
            using var browser = console.Browser(cookies);
            using var answer = await PasteAsync(browser, "good-token");
            answer.StatusCode.ShouldBe(HttpStatusCode.Redirect);
        }

        await using var again = await StartAsync(operatorDouble);
        using var same = again.Browser(cookies);
        using var page = await same.GetAsync("/", Stop);
        page.Headers.Location!.PathAndQuery.ShouldBe("/sign-in?returnUrl=%2F&ended=true");
    }

    [Fact]
    public async Task A_cookie_of_somebody_is_no_link_to_everything()
    {
        await using var operatorDouble = await OperatorDouble.StartAsync();
        operatorDouble.Know("good-token", Alice);
        CookieContainer cookies = new();
        await using (var console = await StartAsync(operatorDouble))
        {
            using var browser = console.Browser(cookies);
            (await PasteAsync(browser, "good-token")).Dispose();
        }

        await using var other = await ConsoleServer.StartAsync(_data.FullPath);
        using var same = other.Browser(cookies);
        using var page = await same.GetAsync("/", Stop);
        page.StatusCode.ShouldBe(HttpStatusCode.Redirect);
    }

    [Fact]
    public async Task Signing_out_forgets_the_token()
    {
        await using var operatorDouble = await OperatorDouble.StartAsync();
        operatorDouble.Know("good-token", Alice);
        await using var console = await StartAsync(operatorDouble);
        using var browser = console.Browser();
        (await PasteAsync(browser, "good-token")).Dispose();
        using var page = await browser.GetAsync("/", Stop);

        using var form = new FormUrlEncodedContent([await ConsoleServer.FormTokenAsync(page)]);
        using var answer = await browser.PostAsync("/sign-out", form, Stop);

        answer.Headers.Location!.OriginalString.ShouldBe("/sign-in");
        await Eventually.Holds(() => ((PersonStore)console.Services.GetService(typeof(PersonStore))!).All.Count == 0, "it is forgotten");
        using var after = await browser.GetAsync("/", Stop);
        after.Headers.Location!.PathAndQuery.ShouldBe("/sign-in?returnUrl=%2F");
    }

    private static async Task<HttpResponseMessage> PasteAsync(HttpClient browser, string token, string returnUrl = "/")
    {
        using var page = await browser.GetAsync("/sign-in", Stop);
        using var form = new FormUrlEncodedContent([await ConsoleServer.FormTokenAsync(page), new("token", token), new("returnUrl", returnUrl)]);
        return await browser.PostAsync("/sign-in", form, Stop);
    }

    private Task<ConsoleServer> StartAsync(OperatorDouble operatorDouble) => ConsoleServer.StartAsync(_data.FullPath, operatorDouble, ConsoleOptions.TokenSignIn);
}
