using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.IdentityModel.JsonWebTokens;
using Stash.Console.Operator;
using Stash.Console.People;
using Stash.Console.SignIn.Oidc;
using Stash.Console.Tests.Support;
using Stash.Core.Api;
using Stash.Core.Configuration;

namespace Stash.Console.Tests.SignIn;

/// <summary>Signing in by OpenID Connect, on the whole console and a real provider.</summary>
public sealed class OidcSignInTests : IDisposable
{
    private readonly TempFolder _data = new();
    private readonly TempFolder _files = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _data.Dispose();
        _files.Dispose();
    }

    [Fact]
    public async Task The_id_token_is_what_the_operator_is_asked_with_and_is_renewed()
    {
        await using var it = await ClusterAsync();
        using var browser = it.Provider.Browser(new CookieContainer());
        (await browser.GetStringAsync(new Uri(it.Console.Address, "/sign-in?returnUrl=%2Fsettings"), Stop)).ShouldContain("href=\"/sign-in/provider?returnUrl=%2Fsettings\"");

        using var answer = await SignInAsync(browser, it, "/settings");

        answer.StatusCode.ShouldBe(HttpStatusCode.Redirect);
        answer.Headers.Location!.OriginalString.ShouldBe("/settings");
        var token = it.Operator.Asked.Single(a => a.Path == ApiPaths.WhoAmI).Token;
        var read = new JsonWebTokenHandler().ReadJsonWebToken(token);
        (read.Subject, read.Issuer, string.Join(',', read.Audiences)).ShouldBe(("alice", it.Provider.Address.ToString(), OidcServer.ClientId));
        answer.Headers.ToString().ShouldNotContain(token[^20..]);
        using var page = await browser.GetAsync(it.Console.Address, Stop);
        var html = await page.Content.ReadAsStringAsync(Stop);
        html.ShouldContain(">alice@example.com<");
        html.ShouldContain("title=\"oidc:alice\"");
        html.ShouldNotContain(token[^20..]);

        // The next one, as when this one nears its end.
        var provider = it.Console.Services.GetRequiredService<OidcProvider>();
        var person = it.Console.Services.GetRequiredService<PersonStore>().All.ShouldHaveSingleItem();
        person.Tokens.Ends.ShouldNotBeNull();
        var next = await provider.RenewAsync(person.Tokens, Stop);
        new JsonWebTokenHandler().ReadJsonWebToken(next.Bearer).Subject.ShouldBe("alice");
        it.Provider.Grants.ShouldBe(["authorization_code", "refresh_token"]);

        it.Provider.IsRevoked = true;
        (await Should.ThrowAsync<OperatorException>(provider.RenewAsync(next, Stop))).Failure.ShouldBe(OperatorFailure.Unauthorized);
        await it.Provider.DisposeAsync();
        var away = await Should.ThrowAsync<OperatorException>(provider.RenewAsync(next, Stop));
        (away.Failure, away.Message).ShouldBe((OperatorFailure.Unreachable, $"Your sign-in cannot be renewed at the moment. {provider.AwayText}"));
    }

    [Fact]
    public async Task Signing_out_ends_the_refresh_token_and_leads_to_the_providers_own_end()
    {
        await using var it = await ClusterAsync();
        using var browser = it.Provider.Browser(new CookieContainer());
        (await SignInAsync(browser, it, "/")).Dispose();
        var refresh = it.Console.Services.GetRequiredService<PersonStore>().All.Single().Tokens.Refresh;
        using var page = await browser.GetAsync(it.Console.Address, Stop);

        using var form = new FormUrlEncodedContent([await ConsoleServer.FormTokenAsync(page)]);
        using var answer = await browser.PostAsync(new Uri(it.Console.Address, "/sign-out"), form, Stop);

        // No redirect: the policy of our pages lets a form lead nowhere else.
        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        var html = WebUtility.HtmlDecode(await answer.Content.ReadAsStringAsync(Stop));
        html.ShouldContain($"url={it.Provider.Address}connect/logout?");
        html.ShouldContain($"post_logout_redirect_uri={Uri.EscapeDataString(new Uri(it.Console.Address, "/sign-in").ToString())}");
        html.ShouldNotContain("id_token_hint");
        it.Provider.Revoked.ShouldBe([refresh!]);
        using var after = await browser.GetAsync(it.Console.Address, Stop);
        after.StatusCode.ShouldBe(HttpStatusCode.Redirect);
    }

    [Fact]
    public async Task Who_is_not_let_in_is_told_why_in_our_words()
    {
        await using var it = await ClusterAsync();
        using var browser = it.Provider.Browser(new CookieContainer());

        it.Provider.Refusal = "access_denied";
        await ShouldBeToldAsync(HttpStatusCode.Unauthorized, "The provider did not let you in.");
        it.Provider.Refusal = "server_error";
        await ShouldBeToldAsync(HttpStatusCode.BadGateway, "The sign-in could not be finished");
        it.Provider.Refusal = null;

        // The provider knows them, the cluster does not; or it does, and they may not look.
        it.Provider.Subject = "mallory";
        await ShouldBeToldAsync(HttpStatusCode.Unauthorized, "The provider knows you, and the cluster does not");
        it.Provider.Subject = "bob";
        await ShouldBeToldAsync(HttpStatusCode.Forbidden, "The cluster knows you as oidc:bob, and you may look at nothing here.");
        it.Console.Services.GetRequiredService<PersonStore>().All.ShouldBeEmpty();

        // Begun nowhere.
        using var foreign = await browser.GetAsync(new Uri(it.Console.Address, "/sign-in/callback?code=x&state=y"), Stop);
        foreign.StatusCode.ShouldBe(HttpStatusCode.BadGateway);
        (await foreign.Content.ReadAsStringAsync(Stop)).ShouldContain("The sign-in could not be finished");

        async Task ShouldBeToldAsync(HttpStatusCode code, string text)
        {
            using var answer = await SignInAsync(browser, it, "/");
            answer.StatusCode.ShouldBe(code);
            var html = await answer.Content.ReadAsStringAsync(Stop);
            html.ShouldContain(text);
            html.ShouldNotContain("Exception");
            html.ShouldNotContain("not for you");
        }
    }

    [Fact]
    public async Task A_provider_that_is_away_is_named()
    {
        await using var it = await ClusterAsync();
        var cookies = new CookieContainer();
        using var browser = it.Console.Browser(cookies);
        await it.Provider.DisposeAsync();

        using var answer = await browser.GetAsync("/sign-in/provider", Stop);

        answer.StatusCode.ShouldBe(HttpStatusCode.BadGateway);
        (await answer.Content.ReadAsStringAsync(Stop)).ShouldContain($"The provider at {it.Provider.Address.GetLeftPart(UriPartial.Authority)} does not answer as it should");
    }

    [Theory]
    [InlineData("Stash:Console:Oidc:ClientSecretFile", "names the file with the client's secret")]
    [InlineData("Stash:Console:Oidc:CaFile", "names a PEM file of the provider's authorities")]
    public async Task A_file_that_is_not_there_is_told_at_start(string option, string remedy)
    {
        await using var operatorDouble = await OperatorDouble.StartAsync();
        var error = await Should.ThrowAsync<Stash.Core.UserErrorException>(ConsoleServer.StartAsync(_data.FullPath, operatorDouble, ConsoleOptions.OidcSignIn,
            ("Stash:Console:Oidc:Authority", "https://id.example.com"), ("Stash:Console:Oidc:ClientId", "x"), (option, _files.In("none"))));
        error.Message.ShouldStartWith(_files.In("none"));
        error.Message.ShouldEndWith($"{option} {remedy}.");
    }

    /// <summary>The whole way, to the last answer of the console.</summary>
    private static async Task<HttpResponseMessage> SignInAsync(HttpClient browser, Cluster it, string returnUrl)
    {
        var next = new Uri(it.Console.Address, $"/sign-in/provider?returnUrl={Uri.EscapeDataString(returnUrl)}");
        for (var hop = 0; ; hop++)
        {
            var answer = await browser.GetAsync(next, Stop);
            if (hop == 2 || answer.Headers.Location is not { IsAbsoluteUri: true } location)
            {
                return answer;
            }

            next = location;
            answer.Dispose();
        }
    }

    private async Task<Cluster> ClusterAsync()
    {
        var provider = await OidcServer.StartAsync();
        var operatorDouble = await OperatorDouble.StartAsync();
        operatorDouble.Review = token => new JsonWebTokenHandler().ReadJsonWebToken(token).Subject switch
        {
            "alice" => OperatorDouble.Who("oidc:alice"),
            "bob" => OperatorDouble.Who("oidc:bob", view: false),
            _ => null,
        };
        await File.WriteAllTextAsync(_files.In("secret"), OidcServer.Secret + "\n", Stop);
        await File.WriteAllTextAsync(_files.In("ca.crt"), provider.CaPem, Stop);
        var console = await ConsoleServer.StartAsync(_data.FullPath, operatorDouble, ConsoleOptions.OidcSignIn,
            ("Stash:Console:Oidc:Authority", provider.Address.ToString()), ("Stash:Console:Oidc:ClientId", OidcServer.ClientId), ("Stash:Console:Oidc:ClientSecretFile", _files.In("secret")),
            ("Stash:Console:Oidc:CaFile", _files.In("ca.crt")), ("Stash:Console:Oidc:NameClaim", "email"));
        return new Cluster(provider, operatorDouble, console);
    }

    private sealed record Cluster(OidcServer Provider, OperatorDouble Operator, ConsoleServer Console) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            await Console.DisposeAsync();
            await Operator.DisposeAsync();
            await Provider.DisposeAsync();
        }
    }
}
