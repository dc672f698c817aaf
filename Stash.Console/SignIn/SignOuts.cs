using System.Collections.Concurrent;
using System.Security.Claims;

namespace Stash.Console.SignIn;

/// <summary>
/// Which sign-ins have been ended by signing out. Each sign-in has an id in its cookie: a page that is open elsewhere, or a copy of the
/// cookie, ends with it. In memory: no page outlives this process, and the browser that signed out has dropped its cookie.
/// </summary>
public sealed class SignOuts
{
    private const string IdClaim = ClaimTypes.Sid;

    // One for each sign-in that was seen, and a sign-in takes a link or a token of its own: these stay few.
    private readonly ConcurrentDictionary<string, CancellationTokenSource> _signIns = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, SignInProblem> _reasons = new(StringComparer.Ordinal);

    /// <summary>What a new sign-in's cookie carries.</summary>
    public static Claim NewId() => IdClaimOf(Guid.NewGuid().ToString("N"));

    public static Claim IdClaimOf(string id) => new(IdClaim, id);

    /// <summary>How the sign-in came about: a cookie is good for this way alone, so that nobody keeps another right than they had.</summary>
    public static Claim MethodClaim(string method) => new(ClaimTypes.AuthenticationMethod, method);

    /// <summary>The way of a sign-in; null where its cookie does not say.</summary>
    public static string? MethodOf(ClaimsPrincipal user) => user.FindFirst(ClaimTypes.AuthenticationMethod)?.Value;

    public static string? IdOf(ClaimsPrincipal user) => user.FindFirst(IdClaim)?.Value;

    /// <summary>Cancelled when this sign-in is ended.</summary>
    public CancellationToken EndOf(ClaimsPrincipal user) => Of(user)?.Token ?? CancellationToken.None;

    /// <summary>Ends a sign-in, with all of its pages.</summary>
    public void End(ClaimsPrincipal user) => Of(user)?.Cancel();

    /// <summary>Ends a sign-in for a reason that is told to whoever comes with its cookie.</summary>
    public void End(string id, SignInProblem why)
    {
        _reasons[id] = why;
        Of(id).Cancel();
    }

    /// <summary>Why a sign-in was ended: <see cref="SignInProblem.None"/> where somebody signed out.</summary>
    public SignInProblem ReasonOf(ClaimsPrincipal user) => IdOf(user) is { } id && _reasons.TryGetValue(id, out var why) ? why : SignInProblem.None;

    /// <summary>Ends a live connection some time after its sign-in, where its page has not gone by itself.</summary>
    public async Task EndConnectionAsync(HttpContext context, RequestDelegate next, TimeSpan grace, TimeProvider time)
    {
        using var timer = time.CreateTimer(_ => context.Abort(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        await using var registration = EndOf(context.User).Register(() => timer.Change(grace, Timeout.InfiniteTimeSpan));
        await next(context);
    }

    private CancellationTokenSource? Of(ClaimsPrincipal user) => IdOf(user) is { } id ? Of(id) : null;

    private CancellationTokenSource Of(string id) => _signIns.GetOrAdd(id, _ => new CancellationTokenSource());
}
