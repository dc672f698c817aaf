using Microsoft.IdentityModel.JsonWebTokens;

namespace Stash.Console.People;

/// <summary>What somebody has signed in with. It stays in this process: no cookie, page or log has any of it.</summary>
public sealed class PersonTokens
{
    /// <summary>Of a token that lasts this long or longer, it is renewed as long before its end.</summary>
    private static readonly TimeSpan LongestMargin = TimeSpan.FromMinutes(1);

    private readonly TimeSpan _margin;

    /// <param name="bearer">What the operator is shown.</param>
    /// <param name="refresh">With which a next one can be had; null where none can.</param>
    /// <param name="now">When they were given.</param>
    public PersonTokens(string bearer, string? refresh, DateTimeOffset now)
    {
        Bearer = bearer;
        Refresh = refresh;
        Ends = EndOf(bearer);
        _margin = Ends is { } ends && (ends - now) / 4 is var quarter && quarter < LongestMargin ? quarter : LongestMargin;
    }

    public string Bearer { get; }

    public string? Refresh { get; }

    /// <summary>When <see cref="Bearer"/> ends; null where it does not say.</summary>
    public DateTimeOffset? Ends { get; }

    public bool HasEnded(DateTimeOffset now) => Ends <= now;

    public bool IsDue(DateTimeOffset now) => Refresh is not null && Ends - _margin <= now;

    /// <summary>A JSON web token says its end (<c>exp</c>); whether it is true is for the cluster to say.</summary>
    private static DateTimeOffset? EndOf(string bearer)
    {
        try
        {
            var handler = new JsonWebTokenHandler();
            return handler.CanReadToken(bearer) && handler.ReadJsonWebToken(bearer).ValidTo is var to && to != DateTime.MinValue ? new DateTimeOffset(to, TimeSpan.Zero) : null;
        }
        catch (Exception e) when (e is ArgumentException or Microsoft.IdentityModel.Tokens.SecurityTokenException)
        {
            return null;
        }
    }
}
