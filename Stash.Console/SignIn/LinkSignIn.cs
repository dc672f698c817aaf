using System.Security.Claims;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.WebUtilities;
using Stash.Core.Configuration;

namespace Stash.Console.SignIn;

/// <summary>By the one-time link, opened or pasted.</summary>
internal static class LinkSignIn
{
    public static async Task<IResult> OpenAsync(HttpContext context, SignInLink link, WrongTokenLimiter limiter, string? token, string? returnUrl)
    {
        if (token is null)
        {
            return await SignInEndpoints.OpenAsync(context, returnUrl, ended: false);
        }

        // A browser that loads the link ahead must not spend it.
        if (context.Request.Headers["Sec-Purpose"].ToString().Contains("prefetch", StringComparison.Ordinal))
        {
            return Results.StatusCode(StatusCodes.Status503ServiceUnavailable);
        }

        return await SignInAsync(context, link, limiter, token, returnUrl);
    }

    public static Task<IResult> PasteAsync(HttpContext context, SignInLink link, WrongTokenLimiter limiter, [FromForm] string? pasted, [FromForm] string? returnUrl) =>
        SignInAsync(context, link, limiter, TokenIn(pasted), returnUrl);

    private static async Task<IResult> SignInAsync(HttpContext context, SignInLink link, WrongTokenLimiter limiter, string token, string? returnUrl)
    {
        var address = context.Connection.RemoteIpAddress;
        if (limiter.IsExhausted(address))
        {
            return SignInAnswers.Page(context, SignInProblem.TooMany, returnUrl);
        }

        if (!link.TrySpend(token))
        {
            limiter.Count(address);

            // Going back to a link that has just been used is no reason to complain.
            return context.User.Identity?.IsAuthenticated == true ? Results.LocalRedirect(SignInAnswers.Local(returnUrl)) : SignInAnswers.Page(context, SignInProblem.Wrong, returnUrl);
        }

        var identity = new ClaimsIdentity([new Claim(ClaimTypes.Name, "admin"), SignOuts.NewId(), SignOuts.MethodClaim(ConsoleOptions.LinkSignIn)], CookieAuthenticationDefaults.AuthenticationScheme);
        return await SignInAnswers.WelcomeAsync(context, new ClaimsPrincipal(identity), returnUrl);
    }

    /// <summary>The token of a pasted link, or a token pasted alone.</summary>
    private static string TokenIn(string? pasted)
    {
        var text = pasted?.Trim() ?? "";
        var query = text.IndexOf('?', StringComparison.Ordinal);
        return query < 0 ? text : QueryHelpers.ParseQuery(text[query..]).TryGetValue("token", out var token) ? token.ToString() : "";
    }
}
