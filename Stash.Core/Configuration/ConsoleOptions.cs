namespace Stash.Core.Configuration;

/// <summary><c>Stash:Operator:*</c>: where the console finds the operator.</summary>
public sealed record OperatorLinkOptions
{
    public required Uri Address { get; init; }

    /// <summary>The authorities of the operator's certificate, PEM; null for the files that the operator keeps in the data folder.</summary>
    public required string? CaFile { get; init; }

    /// <summary>The console's own token; null for <c>api-token</c> in the data folder.</summary>
    public required string? TokenFile { get; init; }

    internal static OperatorLinkOptions From(OptionReader link) => new()
    {
        Address = link.Https("Address", "https://127.0.0.1:8443"),
        CaFile = link.File("CaFile"),
        TokenFile = link.File("TokenFile"),
    };
}

/// <summary><c>Stash:Console:*</c>: the console.</summary>
public sealed record ConsoleOptions
{
    private static readonly string[] SignIns = [LinkSignIn, TokenSignIn, OidcSignIn];

    /// <summary>By a one-time link; the console then asks the operator with its own token for everybody.</summary>
    public const string LinkSignIn = "link";

    /// <summary>By a token that the operator's cluster knows; the console then asks with it.</summary>
    public const string TokenSignIn = "token";

    /// <summary>By OpenID Connect; the console then asks with the <c>id_token</c>.</summary>
    public const string OidcSignIn = "oidc";

    /// <summary>How people sign in, one of the constants above.</summary>
    public required string SignIn { get; init; }

    /// <summary>Days that a sign-in lasts without being used.</summary>
    public required int SignInDays { get; init; }

    /// <summary>Proxies whose word is taken for how and from where a browser came (<c>X-Forwarded-Proto</c>, <c>-For</c>, <c>-Host</c>); by default nobody's.</summary>
    public required IReadOnlyList<System.Net.IPNetwork> KnownProxies { get; init; }

    public required OidcOptions Oidc { get; init; }

    /// <summary>Whether people sign in as themselves, so that every request for somebody carries their token.</summary>
    public bool IsPersonal => SignIn != LinkSignIn;

    internal static ConsoleOptions From(OptionReader console, OptionReader oidc) => new()
    {
        SignIn = console.OneOf("SignIn", SignIns, LinkSignIn)!,
        SignInDays = (int)console.Number("SignInDays", 14, 1, 365),
        KnownProxies = console.Networks("KnownProxies"),
        Oidc = OidcOptions.From(oidc),
    };
}

/// <summary><c>Stash:Console:Oidc:*</c>: the provider that people sign in with. The secret is in a file, never in the configuration.</summary>
public sealed record OidcOptions
{
    /// <summary>The issuer, as kube-apiserver's <c>--oidc-issuer-url</c>; null where there is none.</summary>
    public required Uri? Authority { get; init; }

    /// <summary>As kube-apiserver's <c>--oidc-client-id</c>; empty where there is none.</summary>
    public required string ClientId { get; init; }

    /// <summary>Null for a public client, which has none.</summary>
    public required string? ClientSecretFile { get; init; }

    /// <summary>What is asked for, separated by spaces.</summary>
    public required string Scopes { get; init; }

    /// <summary>The claim that names a person on the pages; null for the name that the cluster gives them.</summary>
    public required string? NameClaim { get; init; }

    /// <summary>The authorities of the provider's certificate, PEM; null for those of the system.</summary>
    public required string? CaFile { get; init; }

    internal static OidcOptions From(OptionReader oidc) => new()
    {
        Authority = oidc.Issuer("Authority"),
        ClientId = oidc.Text("ClientId", ""),
        ClientSecretFile = oidc.File("ClientSecretFile"),
        Scopes = oidc.Scopes("Scopes", "openid profile email offline_access"),
        NameClaim = oidc.Text("NameClaim", "") is { Length: > 0 } claim ? claim : null,
        CaFile = oidc.File("CaFile"),
    };

    /// <summary>What is missing where people sign in with it; null where nothing is.</summary>
    internal string? Missing => Authority is null ? "Authority" : ClientId.Length == 0 ? "ClientId" : null;
}
