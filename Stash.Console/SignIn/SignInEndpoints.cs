using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Authentication;
using Stash.Console.People;
using Stash.Console.SignIn.Oidc;
using Stash.Core.Configuration;

namespace Stash.Console.SignIn;

/// <summary>Signing in, in the way that the options say, and signing out.</summary>
public static class SignInEndpoints
{
    public const string Path = "/sign-in";
    public const string SignOutPath = "/sign-out";
    public const string ReturnParameter = "returnUrl";

    /// <summary>Says that a sign-in has come to its end.</summary>
    public const string EndedParameter = "ended";

    /// <summary>An open page asks for this now and then: its live connection alone would let the cookie run out.</summary>
    public const string KeepPath = "/signed-in";

    public static IEndpointRouteBuilder MapSignIn(this IEndpointRouteBuilder endpoints, ConsoleOptions options)
    {
        switch (options.SignIn)
        {
            case ConsoleOptions.TokenSignIn:
                endpoints.MapGet(Path, OpenAsync).AllowAnonymous();
                endpoints.MapPost(Path, TokenSignIn.PasteAsync).AllowAnonymous();
                break;
            case ConsoleOptions.OidcSignIn:
                endpoints.MapGet(Path, OpenAsync).AllowAnonymous();
                endpoints.MapGet(OidcSignIn.Path, OidcSignIn.Begin).AllowAnonymous();
                break;
            default:
                endpoints.MapGet(Path, LinkSignIn.OpenAsync).AllowAnonymous();
                endpoints.MapPost(Path, LinkSignIn.PasteAsync).AllowAnonymous();
                break;
        }

        endpoints.MapPost(SignOutPath, SignOutAsync);
        endpoints.MapGet(KeepPath, () => Results.NoContent());
        return endpoints;
    }

    /// <summary>The page for whoever is not signed in.</summary>
    internal static Task<IResult> OpenAsync(HttpContext context, string? returnUrl, bool? ended)
    {
        return Task.FromResult(context.User.Identity?.IsAuthenticated == true && !CrossSite.IsFrom(context.Request)
            ? Results.LocalRedirect(SignInAnswers.Local(returnUrl))
            : SignInAnswers.Page(context, ended == true ? SignInProblem.Expired : SignInProblem.None, returnUrl));
    }

    private static async Task<IResult> SignOutAsync(HttpContext context, IAntiforgery antiforgery, SignOuts signOuts, PersonStore people, StashOptions options)
    {
        if (!await antiforgery.IsRequestValidAsync(context))
        {
            return Results.StatusCode(StatusCodes.Status400BadRequest);
        }

        await context.SignOutAsync();
        var user = context.User;
        var person = options.Console.IsPersonal ? people.Find(user) : null;
        // After the answer: the page that signs out must not be led away before its browser has dropped the cookie.
        context.Response.OnCompleted(() =>
        {
            if (person is not null)
            {
                people.End(person, SignInProblem.None);
            }

            signOuts.End(user);
            return Task.CompletedTask;
        });
        return options.Console.SignIn == ConsoleOptions.OidcSignIn ? await OidcSignIn.EndAsync(context, person) : Results.LocalRedirect(Path);
    }
}
