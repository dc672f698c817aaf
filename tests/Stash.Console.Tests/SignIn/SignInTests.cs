using System.Net;
using System.Net.WebSockets;
using Stash.Console.Hosting;
using Stash.Console.SignIn;
using Stash.Console.Tests.Support;

namespace Stash.Console.Tests.SignIn;

public sealed class SignInTests : IDisposable
{
    private readonly TempFolder _data = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _data.Dispose();

    [Fact]
    public async Task The_link_signs_in_once_and_is_then_replaced()
    {
        await using var console = await StartAsync();
        using var first = console.Browser();
        using var second = console.Browser();
        var link = console.Link;

        using var answer = await first.GetAsync(link, Token);
        answer.StatusCode.ShouldBe(HttpStatusCode.Redirect);
        answer.Headers.Location!.OriginalString.ShouldBe("/");
        using var page = await first.GetAsync("/", Token);
        page.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await page.Content.ReadAsStringAsync(Token)).ShouldContain("Overview");

        using var again = await second.GetAsync(link, Token);
        again.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        (await again.Content.ReadAsStringAsync(Token)).ShouldContain("each link signs in once");

        console.Link.ShouldNotBe(link);
        using var renewed = await second.GetAsync(console.Link, Token);
        renewed.StatusCode.ShouldBe(HttpStatusCode.Redirect);
    }

    [Fact]
    public async Task The_cookie_is_of_this_site_alone_and_lasts_as_configured()
    {
        await using var console = await StartAsync();
        using var browser = console.Browser();

        using var answer = await browser.GetAsync(console.Link, Token);

        var cookie = answer.Headers.GetValues("Set-Cookie").Single(c => c.StartsWith("stash-console=", StringComparison.Ordinal));
        cookie.ShouldContain("httponly", Case.Insensitive);
        cookie.ShouldContain("samesite=strict", Case.Insensitive);
        var expires = DateTimeOffset.Parse(cookie.Split("expires=")[1].Split(';')[0], System.Globalization.CultureInfo.InvariantCulture);
        (expires - DateTimeOffset.UtcNow).TotalDays.ShouldBe(14, 0.1);
    }

    [Fact]
    public async Task A_console_that_stops_leaves_the_link_of_another_in_its_place()
    {
        var console = await StartAsync();
        await using (var second = await StartAsync())
        {
            await console.DisposeAsync();
            second.Link.ShouldStartWith(second.Address.ToString());
        }

        File.Exists(console.LinkFile).ShouldBeFalse("the second took its own away");
    }

    [Fact]
    public async Task Link_and_keys_are_for_their_owner_alone_and_the_link_goes_with_the_console()
    {
        string link;
        await using (var console = await StartAsync())
        {
            link = console.LinkFile;
            File.GetUnixFileMode(link).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
            File.GetUnixFileMode(_data.In("console-keys")).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        File.Exists(link).ShouldBeFalse();
    }

    [Fact]
    public async Task A_signed_in_browser_stays_so_over_a_restart_of_the_console()
    {
        var cookies = new CookieContainer();
        await using (var console = await StartAsync())
        {
            using var browser = console.Browser(cookies);
            using var signedIn = await browser.GetAsync(console.Link, Token);
        }

        await using var restarted = await StartAsync();
        using var same = restarted.Browser(cookies);

        using var page = await same.GetAsync("/signed-in", Token);
        page.StatusCode.ShouldBe(HttpStatusCode.NoContent);
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/sessions/abc?x=1")]
    [InlineData("/settings")]
    [InlineData("/signed-in")]
    [InlineData("/nothing-here")]
    public async Task Every_page_asks_to_sign_in_first(string path)
    {
        await using var console = await StartAsync();
        using var browser = console.Browser();

        using var answer = await browser.GetAsync(path, Token);

        answer.StatusCode.ShouldBe(HttpStatusCode.Redirect);
        answer.Headers.Location!.PathAndQuery.ShouldBe($"/sign-in?returnUrl={Uri.EscapeDataString(path)}");
    }

    [Fact]
    public async Task The_live_connection_is_refused_without_a_sign_in()
    {
        await using var console = await StartAsync();
        using var browser = console.Browser();

        using var answer = await browser.PostAsync("/_blazor/negotiate?negotiateVersion=1", null, Token);

        answer.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Theory]
    [InlineData("/healthz", "text/plain")]
    [InlineData("/css/app.css", "text/css")]
    [InlineData("/js/theme.js", "text/javascript")]
    [InlineData("/lib/uplot/uPlot.esm.js", "text/javascript")]
    [InlineData("/lib/inter/wght.css", "text/css")]
    [InlineData("/_framework/blazor.web.js", "text/javascript")]
    [InlineData("/_content/MudBlazor/MudBlazor.min.css", "text/css")]
    public async Task Health_and_files_are_open(string path, string type)
    {
        await using var console = await StartAsync();
        using var browser = console.Browser();

        using var answer = await browser.GetAsync(path, Token);

        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        answer.Content.Headers.ContentType!.MediaType.ShouldBe(type);
    }

    [Fact]
    public async Task The_page_for_those_without_a_link_says_how_to_get_one()
    {
        await using var console = await StartAsync();
        using var browser = console.Browser();

        var page = await browser.GetStringAsync("/sign-in", Token);

        page.ShouldContain($"cat {console.LinkFile}");
        page.ShouldNotContain(console.Link.Split("token=")[1]);
    }

    [Fact]
    public async Task A_pasted_link_signs_in_and_leads_to_where_one_was_going()
    {
        await using var console = await StartAsync();
        using var browser = console.Browser();
        using var page = await browser.GetAsync("/sign-in?returnUrl=%2Fsettings", Token);

        using var form = new FormUrlEncodedContent([await ConsoleServer.FormTokenAsync(page), new("pasted", $"  {console.Link}\n"), new("returnUrl", "/settings")]);
        using var answer = await browser.PostAsync("/sign-in", form, Token);

        answer.StatusCode.ShouldBe(HttpStatusCode.Redirect);
        answer.Headers.Location!.OriginalString.ShouldBe("/settings");
    }

    [Fact]
    public async Task A_form_from_elsewhere_is_refused_and_spends_nothing()
    {
        await using var console = await StartAsync();
        using var browser = console.Browser();
        var link = console.Link;

        using var form = new FormUrlEncodedContent([new("pasted", link)]);
        using var answer = await browser.PostAsync("/sign-in", form, Token);

        answer.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        console.Link.ShouldBe(link);
    }

    [Theory]
    [InlineData("https://elsewhere.example/")]
    [InlineData("//elsewhere.example/")]
    [InlineData("/\\elsewhere.example/")]
    [InlineData("javascript:alert(1)")]
    public async Task Nobody_is_led_elsewhere_after_signing_in(string target)
    {
        await using var console = await StartAsync();
        using var browser = console.Browser();

        using var answer = await browser.GetAsync($"{console.Link}&returnUrl={Uri.EscapeDataString(target)}", Token);

        answer.Headers.Location!.OriginalString.ShouldBe("/");
    }

    [Fact]
    public async Task Too_many_wrong_tokens_close_the_door_for_a_minute_to_the_right_one_too()
    {
        await using var console = await StartAsync();
        using var browser = console.Browser();
        for (var i = 0; i < WrongTokenLimiter.PerMinute; i++)
        {
            using var wrong = await browser.GetAsync("/sign-in?token=wrong", Token);
            wrong.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        }

        using var answer = await browser.GetAsync(console.Link, Token);

        answer.StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
        answer.Headers.RetryAfter!.Delta.ShouldBe(TimeSpan.FromSeconds(60));
        (await answer.Content.ReadAsStringAsync(Token)).ShouldContain("Wait a minute");
    }

    [Fact]
    public async Task Loading_the_link_ahead_does_not_spend_it()
    {
        await using var console = await StartAsync();
        using var browser = console.Browser();
        using var ahead = new HttpRequestMessage(HttpMethod.Get, console.Link);
        ahead.Headers.Add("Sec-Purpose", "prefetch;prerender");

        using var refused = await browser.SendAsync(ahead, Token);
        using var answer = await browser.GetAsync(console.Link, Token);

        refused.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        answer.StatusCode.ShouldBe(HttpStatusCode.Redirect);
    }

    [Fact]
    public async Task A_link_on_another_site_reaches_the_page_by_a_refresh_of_our_own()
    {
        await using var console = await StartAsync();
        using var browser = console.Browser();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/sessions/a?b=\"<c>");
        request.Headers.Add("Sec-Fetch-Site", "cross-site");

        using var answer = await browser.SendAsync(request, Token);

        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await answer.Content.ReadAsStringAsync(Token)).ShouldContain("http-equiv=\"refresh\" content=\"0;url=/sessions/a?b=%22%3Cc%3E\"");
    }

    [Fact]
    public async Task Signing_out_wants_the_pages_own_form_and_ends_the_sign_in()
    {
        await using var console = await StartAsync();
        using var browser = console.Browser();
        using var signedIn = await browser.GetAsync(console.Link, Token);
        using var page = await browser.GetAsync("/", Token);

        using var foreign = new FormUrlEncodedContent([]);
        using var refused = await browser.PostAsync("/sign-out", foreign, Token);
        refused.StatusCode.ShouldBe(HttpStatusCode.BadRequest);

        using var form = new FormUrlEncodedContent([await ConsoleServer.FormTokenAsync(page)]);
        using var answer = await browser.PostAsync("/sign-out", form, Token);
        answer.Headers.Location!.OriginalString.ShouldBe("/sign-in");
        using var after = await browser.GetAsync("/", Token);
        after.StatusCode.ShouldBe(HttpStatusCode.Redirect);
    }

    [Fact]
    public async Task Signing_out_ends_the_live_connections_of_all_its_tabs_and_copies_of_its_cookie()
    {
        await using var console = await StartAsync();
        var cookies = new CookieContainer();
        var others = new CookieContainer();
        using var browser = console.Browser(cookies);
        using var other = console.Browser(others);
        using var signedIn = await browser.GetAsync(console.Link, Token);
        using var otherSignedIn = await other.GetAsync(console.Link, Token);
        using var copy = console.Browser(Copy(cookies, console.Address));
        using var page = await browser.GetAsync("/", Token);
        // The other's connection is the older one: what ends by time ends there first.
        using var otherTab = await ConnectAsync(console, others);
        using var tab = await ConnectAsync(console, cookies);

        using var form = new FormUrlEncodedContent([await ConsoleServer.FormTokenAsync(page)]);
        using var answer = await browser.PostAsync("/sign-out", form, Token);

        // Its own tabs are cut off.
        await ReadToEndAsync(tab);
        using var after = await copy.GetAsync("/signed-in", Token);
        after.StatusCode.ShouldBe(HttpStatusCode.Redirect);
        using var negotiation = await copy.PostAsync("/_blazor/negotiate?negotiateVersion=1", null, Token);
        negotiation.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);

        // Another sign-in goes on: its connection still answers.
        using var otherAfter = await other.GetAsync("/signed-in", Token);
        otherAfter.StatusCode.ShouldBe(HttpStatusCode.NoContent);
        await otherTab.SendAsync("{\"protocol\":\"blazorpack\",\"version\":1}\u001e"u8.ToArray(), WebSocketMessageType.Text, true, Token);
        (await otherTab.ReceiveAsync(new byte[1024], Token)).MessageType.ShouldNotBe(WebSocketMessageType.Close);
    }

    [Theory]
    [InlineData("/healthz")]
    [InlineData("/sign-in")]
    [InlineData("/")]
    [InlineData("/css/app.css")]
    public async Task Every_answer_carries_the_security_headers(string path)
    {
        await using var console = await StartAsync();
        using var browser = console.Browser();

        using var answer = await browser.GetAsync(path, Token);

        answer.Headers.GetValues("Content-Security-Policy").ShouldBe([SecurityHeaders.Policy]);
        answer.Headers.GetValues("X-Content-Type-Options").ShouldBe(["nosniff"]);
        answer.Headers.GetValues("X-Frame-Options").ShouldBe(["DENY"]);
        answer.Headers.GetValues("Referrer-Policy").ShouldBe(["no-referrer"]);
        answer.Headers.Contains("Server").ShouldBeFalse();
    }

    [Fact]
    public async Task Pages_have_no_inline_script_and_are_not_kept()
    {
        await using var console = await StartAsync();
        using var browser = console.Browser();
        using var signedIn = await browser.GetAsync(console.Link, Token);

        using var page = await browser.GetAsync("/", Token);

        var html = await page.Content.ReadAsStringAsync(Token);
        html.Split("<script").Skip(1).ShouldAllBe(s => s.Contains("src=", StringComparison.Ordinal) && s.Contains("></script>", StringComparison.Ordinal));
        html.ShouldNotContain(" onclick=");
        page.Headers.CacheControl!.NoStore.ShouldBeTrue();
    }

    [Fact]
    public async Task An_unknown_page_says_so()
    {
        await using var console = await StartAsync();
        using var browser = console.Browser();
        using var signedIn = await browser.GetAsync(console.Link, Token);

        using var page = await browser.GetAsync("/nothing-here", Token);

        page.StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await page.Content.ReadAsStringAsync(Token)).ShouldContain("There is no such page");
    }

    private static CookieContainer Copy(CookieContainer cookies, Uri address)
    {
        var copy = new CookieContainer();
        copy.Add(cookies.GetCookies(address));
        return copy;
    }

    private static async Task<ClientWebSocket> ConnectAsync(ConsoleServer console, CookieContainer cookies)
    {
        var socket = new ClientWebSocket();
        socket.Options.Cookies = cookies;
        await socket.ConnectAsync(new UriBuilder(console.Address) { Scheme = "ws", Path = "/_blazor" }.Uri, Token);
        return socket;
    }

    /// <summary>Until the other side has gone.</summary>
    private static async Task ReadToEndAsync(ClientWebSocket socket)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Token);
        limit.CancelAfter(TimeSpan.FromSeconds(30));
        var buffer = new byte[1024];
        try
        {
            while ((await socket.ReceiveAsync(buffer, limit.Token)).MessageType != WebSocketMessageType.Close)
            {
            }
        }
        catch (WebSocketException)
        {
            // Cut off without a goodbye.
        }
    }

    private Task<ConsoleServer> StartAsync() => ConsoleServer.StartAsync(_data.FullPath);
}
