using System.Globalization;
using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http.HttpResults;
using Stash.Console.Components.Pages;
using Stash.Console.People;

namespace Stash.Console.SignIn;

/// <summary>What a browser is answered that signs in, in whichever way.</summary>
internal static class SignInAnswers
{
    private const int RetrySeconds = 60;

    /// <summary>Gives the cookie and leads to where one was going.</summary>
    public static async Task<IResult> WelcomeAsync(HttpContext context, ClaimsPrincipal user, string? returnUrl)
    {
        await context.SignInAsync(user, new AuthenticationProperties { IsPersistent = true });
        context.Response.Headers.CacheControl = "no-store";
        return CrossSite.IsFrom(context.Request) ? CrossSite.Refresh(Local(returnUrl)) : Results.LocalRedirect(Local(returnUrl));
    }

    /// <summary>Lets in who has arrived, and tells others why not.</summary>
    public static Task<IResult> OfAsync(HttpContext context, Arrival arrival, string? returnUrl) => arrival.Person is { } person
        ? WelcomeAsync(context, context.RequestServices.GetRequiredService<Arrivals>().PrincipalOf(person), returnUrl)
        : Task.FromResult(Page(context, arrival.Problem, returnUrl, arrival.Detail));

    public static IResult Page(HttpContext context, SignInProblem problem, string? returnUrl, string detail = "")
    {
        context.Response.Headers.CacheControl = "no-store";
        if (problem == SignInProblem.TooMany)
        {
            context.Response.Headers.RetryAfter = RetrySeconds.ToString(CultureInfo.InvariantCulture);
        }

        return new RazorComponentResult<SignInPage>(new Dictionary<string, object?>(StringComparer.Ordinal)
        {
            [nameof(SignInPage.Problem)] = problem,
            [nameof(SignInPage.Detail)] = detail,
            [nameof(SignInPage.ReturnUrl)] = Local(returnUrl),
        })
        {
            StatusCode = problem switch
            {
                SignInProblem.None or SignInProblem.Expired => StatusCodes.Status200OK,
                SignInProblem.TooMany => StatusCodes.Status429TooManyRequests,
                SignInProblem.NotAllowed => StatusCodes.Status403Forbidden,
                SignInProblem.Unavailable => StatusCodes.Status503ServiceUnavailable,
                SignInProblem.ProviderFailed => StatusCodes.Status502BadGateway,
                _ => StatusCodes.Status401Unauthorized,
            },
        };
    }

    /// <summary>A path of this console, whatever was asked for.</summary>
    public static string Local(string? url) =>
        url is ['/', ..] and not ['/', '/' or '\\', ..] && !url.Any(char.IsControl) && Uri.IsWellFormedUriString(url, UriKind.Relative) ? url : "/";
}
