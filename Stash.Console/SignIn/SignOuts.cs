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

    // One for each sign-in that was seen, and a sign-in takes a link of its own: these stay few.
    private readonly ConcurrentDictionary<string, CancellationTokenSource> _signIns = new(StringComparer.Ordinal);

    /// <summary>What a new sign-in's cookie carries.</summary>
    public static Claim NewId() => new(IdClaim, Guid.NewGuid().ToString("N"));

    /// <summary>Cancelled when this sign-in is ended.</summary>
    public CancellationToken EndOf(ClaimsPrincipal user) => Of(user)?.Token ?? CancellationToken.None;

    /// <summary>Ends a sign-in, with all of its pages.</summary>
    public void End(ClaimsPrincipal user) => Of(user)?.Cancel();

    /// <summary>Ends a live connection some time after its sign-in, where its page has not gone by itself.</summary>
    public async Task EndConnectionAsync(HttpContext context, RequestDelegate next, TimeSpan grace, TimeProvider time)
    {
        using var timer = time.CreateTimer(_ => context.Abort(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        await using var registration = EndOf(context.User).Register(() => timer.Change(grace, Timeout.InfiniteTimeSpan));
        await next(context);
    }

    private CancellationTokenSource? Of(ClaimsPrincipal user) => user.FindFirst(IdClaim) is { } id ? _signIns.GetOrAdd(id.Value, _ => new CancellationTokenSource()) : null;
}
