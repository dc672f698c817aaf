using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.OpenIdConnect;
using Stash.Console.People;

namespace Stash.Console.SignIn.Oidc;

/// <summary>The way to the provider and back.</summary>
internal static class OidcSignIn
{
    public const string Scheme = "oidc";

    /// <summary>Leads to the provider.</summary>
    public const string Path = "/sign-in/provider";

    /// <summary>To which the provider leads back: the client's redirect URI.</summary>
    public const string CallbackPath = "/sign-in/callback";

    public static async Task<IResult> Begin(HttpContext context, OidcProvider provider, string? returnUrl) =>
        await provider.IsThereAsync(context.RequestAborted)
            ? Results.Challenge(new AuthenticationProperties { RedirectUri = SignInAnswers.Local(returnUrl) }, [Scheme])
            : SignInAnswers.Page(context, SignInProblem.ProviderFailed, returnUrl, provider.AwayText);

    /// <summary>Ends what the provider knows of a sign-in: its refresh token, and where it can, its own session.</summary>
    public static async Task<IResult> EndAsync(HttpContext context, Person? person)
    {
        var provider = context.RequestServices.GetRequiredService<OidcProvider>();
        var request = context.Request;
        return await provider.EndAsync(person?.Tokens, $"{request.Scheme}://{request.Host}{request.PathBase}{SignInEndpoints.Path}", context.RequestAborted) is { } address
            ? CrossSite.Refresh(address)
            : Results.LocalRedirect(SignInEndpoints.Path);
    }

    /// <summary>The provider knows them; whether the cluster does, and lets them look, is asked now.</summary>
    public static async Task ArriveAsync(TokenValidatedContext context)
    {
        var http = context.HttpContext;
        var services = http.RequestServices;
        var provider = services.GetRequiredService<OidcProvider>();
        var tokens = new PersonTokens(context.TokenEndpointResponse!.IdToken, context.TokenEndpointResponse.RefreshToken, services.GetRequiredService<TimeProvider>().GetUtcNow());
        var arrival = await services.GetRequiredService<Arrivals>().AdmitAsync(tokens, provider.NameOf(context.Principal!), provider.RenewAsync, http.RequestAborted);
        if (arrival.Person is { } person)
        {
            context.Principal = services.GetRequiredService<Arrivals>().PrincipalOf(person);
            return;
        }

        await SignInAnswers.Page(http, arrival.Problem, context.Properties?.RedirectUri, arrival.Detail).ExecuteAsync(http);
        context.HandleResponse();
    }

    /// <summary>In place of the handler's own redirect, on which a strict cookie would not be sent.</summary>
    public static async Task WelcomeAsync(TicketReceivedContext context)
    {
        var answer = await SignInAnswers.WelcomeAsync(context.HttpContext, context.Principal!, context.ReturnUri);
        await answer.ExecuteAsync(context.HttpContext);
        context.HandleResponse();
    }

    public static async Task DeniedAsync(AccessDeniedContext context)
    {
        await SignInAnswers.Page(context.HttpContext, SignInProblem.Denied, context.ReturnUrl).ExecuteAsync(context.HttpContext);
        context.HandleResponse();
    }

    public static async Task FailedAsync(RemoteFailureContext context)
    {
        context.HttpContext.RequestServices.GetRequiredService<OidcProvider>().Tell(context.Failure);
        await SignInAnswers.Page(context.HttpContext, SignInProblem.ProviderFailed, context.Properties?.RedirectUri).ExecuteAsync(context.HttpContext);
        context.HandleResponse();
    }
}
