using System.Net;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.WebUtilities;

namespace Stash.Console.SignIn;

/// <summary>A request whose cookie is of a sign-in that has come to its end: a feature of it.</summary>
internal sealed class EndedSignIn;

/// <summary>
/// A strict cookie is not sent where a link on another site leads here. A page that refreshes itself once is then a request of
/// our own site, with the cookie.
/// </summary>
internal static class CrossSite
{
    public static bool IsFrom(HttpRequest request) => request.Headers["Sec-Fetch-Site"] == "cross-site";

    public static Task ChallengeAsync(RedirectContext<CookieAuthenticationOptions> context)
    {
        var request = context.Request;
        if (request.Path.StartsWithSegments("/_blazor", StringComparison.Ordinal))
        {
            context.Response.StatusCode = StatusCodes.Status401Unauthorized;
            return Task.CompletedTask;
        }

        if (HttpMethods.IsGet(request.Method) && IsFrom(request))
        {
            return Refresh($"{request.PathBase}{request.Path}{request.QueryString}").ExecuteAsync(context.HttpContext);
        }

        context.Response.Redirect(context.HttpContext.Features.Get<EndedSignIn>() is null ? context.RedirectUri : QueryHelpers.AddQueryString(context.RedirectUri, SignInEndpoints.EndedParameter, "true"));
        return Task.CompletedTask;
    }

    public static IResult Refresh(string target) =>
        Results.Content(
            $"<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>Stash</title><meta http-equiv=\"refresh\" content=\"0;url={WebUtility.HtmlEncode(target)}\"></head><body><a href=\"{WebUtility.HtmlEncode(target)}\">Go on to Stash</a></body></html>",
            "text/html; charset=utf-8");
}
