using System.Security.Claims;
using Microsoft.AspNetCore.Authentication.Cookies;
using Stash.Console.Operator;
using Stash.Console.SignIn;
using Stash.Core.Api;
using Stash.Core.Configuration;

namespace Stash.Console.People;

/// <summary>What came of a sign-in.</summary>
/// <param name="Person">Who is signed in; null where nobody is.</param>
/// <param name="Problem">Why nobody is.</param>
/// <param name="Detail">More of it, a sentence for a person; empty for none.</param>
public sealed record Arrival(Person? Person, SignInProblem Problem = SignInProblem.None, string Detail = "");

/// <summary>Lets in who shows a token that the operator knows and that may look at something.</summary>
public sealed class Arrivals(OperatorConnection connection, PersonStore people, StashOptions options, TimeProvider time)
{
    /// <param name="tokens">What is shown.</param>
    /// <param name="name">What the pages call them; null for the name that the cluster gives.</param>
    /// <param name="renewal">Where the next tokens come from.</param>
    /// <param name="cancellationToken">Ends the asking.</param>
    public async Task<Arrival> AdmitAsync(PersonTokens tokens, string? name, TokenRenewal? renewal, CancellationToken cancellationToken)
    {
        WhoAmI who;
        try
        {
            who = await new OperatorClient(connection, new Newcomer(tokens.Bearer)).WhoAmIAsync(cancellationToken);
        }
        catch (OperatorException e)
        {
            return e.Failure == OperatorFailure.Unauthorized ? new Arrival(null, SignInProblem.Wrong) : new Arrival(null, SignInProblem.Unavailable, e.Message);
        }

        if (who.May is { ViewSessions: false, ViewSettings: false })
        {
            return new Arrival(null, SignInProblem.NotAllowed, who.Name);
        }

        var person = new Person(SignOuts.NewId().Value, name is { Length: > 0 } ? name : ShortOf(who.Name), who, tokens, renewal, time);
        people.Add(person);
        return new Arrival(person);
    }

    /// <summary>What the cookie holds of somebody: no token.</summary>
    public ClaimsPrincipal PrincipalOf(Person person) => new(new ClaimsIdentity(
        [new Claim(ClaimTypes.Name, person.UserName), SignOuts.IdClaimOf(person.Id), SignOuts.MethodClaim(options.Console.SignIn)],
        CookieAuthenticationDefaults.AuthenticationScheme));

    /// <summary>A service account by its namespace and name alone.</summary>
    private static string ShortOf(string name)
    {
        const string ServiceAccount = "system:serviceaccount:";
        return name.StartsWith(ServiceAccount, StringComparison.Ordinal) ? name[ServiceAccount.Length..].Replace(':', '/') : name;
    }

    private sealed class Newcomer(string token) : IOperatorToken
    {
        public ValueTask<string> ReadAsync(CancellationToken cancellationToken) => ValueTask.FromResult(token);

        public OperatorException Refused(string token, string address) => new(OperatorFailure.Unauthorized, "The token is not known.");
    }
}
