using Microsoft.AspNetCore.Mvc;
using Stash.Console.People;

namespace Stash.Console.SignIn;

/// <summary>By a token that the operator's cluster knows, pasted into the form. No address ever has it.</summary>
internal static class TokenSignIn
{
    /// <summary>More is no token of any cluster; headers of requests have no room for it.</summary>
    private const int LongestToken = 16 * 1024;

    public static async Task<IResult> PasteAsync(
        HttpContext context, Arrivals arrivals, WrongTokenLimiter limiter, TimeProvider time, [FromForm] string? token, [FromForm] string? returnUrl)
    {
        var address = context.Connection.RemoteIpAddress;
        if (limiter.IsExhausted(address))
        {
            return SignInAnswers.Page(context, SignInProblem.TooMany, returnUrl);
        }

        var arrival = TokenIn(token) is { } shown
            ? await arrivals.AdmitAsync(new PersonTokens(shown, null, time.GetUtcNow()), null, null, context.RequestAborted)
            : new Arrival(null, SignInProblem.Wrong);
        if (arrival.Problem == SignInProblem.Wrong)
        {
            limiter.Count(address);
        }

        return await SignInAnswers.OfAsync(context, arrival, returnUrl);
    }

    /// <summary>A token as it was pasted, perhaps as a header has it and over several lines; null where it can be none.</summary>
    private static string? TokenIn(string? pasted)
    {
        const string Bearer = "Bearer ";
        var text = pasted?.Trim() ?? "";
        text = text.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase) ? text[Bearer.Length..] : text;
        var token = string.Concat(text.Where(c => !char.IsWhiteSpace(c)));
        return token.Length is > 0 and <= LongestToken && token.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.' or '_' or '~' or '+' or '/' or '=' or ':') ? token : null;
    }
}
