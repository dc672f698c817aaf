using System.Security.Claims;

namespace Stash.Operator.Access;

/// <summary>Who sends a request, as Kubernetes' <c>UserInfo</c> says it.</summary>
internal sealed record Caller
{
    /// <summary>The group of everybody who is known.</summary>
    public const string Authenticated = "system:authenticated";

    private const string Unauthenticated = "system:unauthenticated";
    private const string UidClaim = "uid";
    private const string ExtraPrefix = "extra/";

    /// <summary>Who shows nothing.</summary>
    public static Caller Anonymous { get; } = new() { Name = "system:anonymous", Groups = [Unauthenticated] };

    public required string Name { get; init; }

    public string Uid { get; init; } = "";

    public IReadOnlyList<string> Groups { get; init; } = [];

    public IReadOnlyDictionary<string, IReadOnlyList<string>> Extra { get; init; } = new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal);

    /// <summary>Of an authenticated request; else <see cref="Anonymous"/>.</summary>
    public static Caller Of(ClaimsPrincipal? user)
    {
        if (user?.Identity is not ClaimsIdentity { IsAuthenticated: true, Name: { } name } identity)
        {
            return Anonymous;
        }

        Dictionary<string, IReadOnlyList<string>> extra = new(StringComparer.Ordinal);
        foreach (var claims in identity.Claims.Where(c => c.Type.StartsWith(ExtraPrefix, StringComparison.Ordinal)).GroupBy(c => c.Type[ExtraPrefix.Length..], StringComparer.Ordinal))
        {
            extra[claims.Key] = [.. claims.Select(c => c.Value)];
        }

        return new Caller
        {
            Name = name,
            Uid = identity.FindFirst(UidClaim)?.Value ?? "",
            Groups = [.. identity.FindAll(ClaimTypes.Role).Select(c => c.Value)],
            Extra = extra,
        };
    }

    /// <summary>The token that a request shows; null where it shows none.</summary>
    public static string? BearerToken(HttpRequest request)
    {
        const string Bearer = "Bearer ";
        var header = request.Headers.Authorization.ToString();
        return header.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase) && header[Bearer.Length..].Trim() is { Length: > 0 } token ? token : null;
    }

    /// <summary>With the group that Kubernetes adds to everybody who is known.</summary>
    public Caller AsAuthenticated() =>
        Groups.Contains(Authenticated, StringComparer.Ordinal) || Groups.Contains(Unauthenticated, StringComparer.Ordinal) ? this : this with { Groups = [.. Groups, Authenticated] };

    /// <param name="scheme">How it was found out: <c>token</c>, <c>certificate</c>, <c>proxy</c>.</param>
    public ClaimsPrincipal ToPrincipal(string scheme)
    {
        List<Claim> claims = [new(ClaimTypes.Name, Name)];
        if (Uid.Length > 0)
        {
            claims.Add(new Claim(UidClaim, Uid));
        }

        claims.AddRange(Groups.Select(g => new Claim(ClaimTypes.Role, g)));
        claims.AddRange(Extra.SelectMany(e => e.Value.Select(v => new Claim(ExtraPrefix + e.Key, v))));
        return new ClaimsPrincipal(new ClaimsIdentity(claims, scheme));
    }
}
