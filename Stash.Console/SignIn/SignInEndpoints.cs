using System.Security.Claims;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.WebUtilities;
using Stash.Console.Components.Pages;

namespace Stash.Console.SignIn;

/// <summary>Signing in by link or by pasted link, and signing out.</summary>
public static class SignInEndpoints
{
    public const string Path = "/sign-in";
    public const string SignOutPath = "/sign-out";
    public const string ReturnParameter = "returnUrl";

    /// <summary>An open page asks for this now and then: its live connection alone would let the cookie run out.</summary>
    public const string KeepPath = "/signed-in";

    public static IEndpointRouteBuilder MapSignIn(this IEndpointRouteBuilder endpoints)
    {
        endpoints.MapGet(Path, OpenAsync).AllowAnonymous();
        endpoints.MapPost(Path, PasteAsync).AllowAnonymous();
        endpoints.MapPost(SignOutPath, SignOutAsync);
        endpoints.MapGet(KeepPath, () => Results.NoContent());
        return endpoints;
    }

    private static async Task<IResult> OpenAsync(HttpContext context, SignInLink link, WrongTokenLimiter limiter, string? token, string? returnUrl)
    {
        if (token is null)
        {
            return context.User.Identity?.IsAuthenticated == true && !CrossSite.IsFrom(context.Request)
                ? Results.LocalRedirect(Local(returnUrl))
                : Page(context, SignInProblem.None, returnUrl);
        }

        // A browser that loads the link ahead must not spend it.
        if (context.Request.Headers["Sec-Purpose"].ToString().Contains("prefetch", StringComparison.Ordinal))
        {
            return Results.StatusCode(StatusCodes.Status503ServiceUnavailable);
        }

        return await SignInAsync(context, link, limiter, token, returnUrl);
    }

    private static Task<IResult> PasteAsync(HttpContext context, SignInLink link, WrongTokenLimiter limiter, [FromForm] string? pasted, [FromForm] string? returnUrl) =>
        SignInAsync(context, link, limiter, TokenIn(pasted), returnUrl);

    private static async Task<IResult> SignInAsync(HttpContext context, SignInLink link, WrongTokenLimiter limiter, string token, string? returnUrl)
    {
        var address = context.Connection.RemoteIpAddress;
        if (limiter.IsExhausted(address))
        {
            context.Response.Headers.RetryAfter = "60";
            return Page(context, SignInProblem.TooMany, returnUrl);
        }

        if (!link.TrySpend(token))
        {
            limiter.Count(address);

            // Going back to a link that has just been used is no reason to complain.
            return context.User.Identity?.IsAuthenticated == true ? Results.LocalRedirect(Local(returnUrl)) : Page(context, SignInProblem.Wrong, returnUrl);
        }

        var identity = new ClaimsIdentity([new Claim(ClaimTypes.Name, "admin"), SignOuts.NewId()], CookieAuthenticationDefaults.AuthenticationScheme);
        await context.SignInAsync(new ClaimsPrincipal(identity), new AuthenticationProperties { IsPersistent = true });
        context.Response.Headers.CacheControl = "no-store";
        return CrossSite.IsFrom(context.Request) ? CrossSite.Refresh(Local(returnUrl)) : Results.LocalRedirect(Local(returnUrl));
    }

    private static async Task<IResult> SignOutAsync(HttpContext context, IAntiforgery antiforgery, SignOuts signOuts)
    {
        if (!await antiforgery.IsRequestValidAsync(context))
        {
            return Results.StatusCode(StatusCodes.Status400BadRequest);
        }

        await context.SignOutAsync();
        var user = context.User;
        // After the answer: the page that signs out must not be led away before its browser has dropped the cookie.
        context.Response.OnCompleted(() =>
        {
            signOuts.End(user);
            return Task.CompletedTask;
        });
        return Results.LocalRedirect(Path);
    }

    private static RazorComponentResult<SignInPage> Page(HttpContext context, SignInProblem problem, string? returnUrl)
    {
        context.Response.Headers.CacheControl = "no-store";
        return new RazorComponentResult<SignInPage>(new Dictionary<string, object?>(StringComparer.Ordinal)
        {
            [nameof(SignInPage.Problem)] = problem,
            [nameof(SignInPage.ReturnUrl)] = Local(returnUrl),
        })
        {
            StatusCode = problem switch
            {
                SignInProblem.None => StatusCodes.Status200OK,
                SignInProblem.TooMany => StatusCodes.Status429TooManyRequests,
                _ => StatusCodes.Status401Unauthorized,
            },
        };
    }

    /// <summary>The token of a pasted link, or a token pasted alone.</summary>
    private static string TokenIn(string? pasted)
    {
        var text = pasted?.Trim() ?? "";
        var query = text.IndexOf('?', StringComparison.Ordinal);
        return query < 0 ? text : QueryHelpers.ParseQuery(text[query..]).TryGetValue("token", out var token) ? token.ToString() : "";
    }

    /// <summary>A path of this console, whatever was asked for.</summary>
    private static string Local(string? url) =>
        url is ['/', ..] and not ['/', '/' or '\\', ..] && !url.Any(char.IsControl) && Uri.IsWellFormedUriString(url, UriKind.Relative) ? url : "/";
}
