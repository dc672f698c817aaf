using System.Collections.Concurrent;
using System.Net;
using System.Security.Claims;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OpenIddict.Abstractions;
using OpenIddict.Server.AspNetCore;
using static OpenIddict.Abstractions.OpenIddictConstants;
using static OpenIddict.Server.OpenIddictServerEvents;

namespace Stash.Console.Tests.Support;

/// <summary>A real OpenID Connect provider (OpenIddict), over HTTPS on loopback; whoever comes is <see cref="Subject"/>, without a page in between.</summary>
internal sealed class OidcServer : IAsyncDisposable
{
    public const string ClientId = "kubernetes";
    public const string Secret = "the-clients-secret";

    private readonly TestAuthority _authority = new();
    private readonly WebApplication _server;

    private OidcServer()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.UseHttps(_authority.ServerCertificate(IPAddress.Loopback))));
        builder.Services.AddLogging(logging => logging.SetMinimumLevel(LogLevel.None)).AddRoutingCore().AddAuthenticationCore();
        builder.Services.AddDataProtection().UseEphemeralDataProtectionProvider();
        builder.Services.AddOpenIddict().AddServer(Configure);
        _server = builder.Build();
        _server.UseAuthentication();
    }

    public Uri Address { get; private set; } = null!;

    public string CaPem => _authority.Pem;

    public string Subject { get; set; } = "alice";

    /// <summary>In place of a code: an error of OAuth, as <c>access_denied</c>.</summary>
    public string? Refusal { get; set; }

    /// <summary>Refresh tokens are good for nothing any more.</summary>
    public bool IsRevoked { get; set; }

    /// <summary>The tokens that it was asked to revoke.</summary>
    public ConcurrentQueue<string> Revoked { get; } = new();

    /// <summary>What each request to the token endpoint asked for.</summary>
    public ConcurrentQueue<string> Grants { get; } = new();

    public static async Task<OidcServer> StartAsync()
    {
        var made = new OidcServer();
        await made._server.StartAsync(Xunit.TestContext.Current.CancellationToken);
        made.Address = new Uri(made._server.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
        // Its first answers take long on a busy machine: longer than the console waits for a provider.
        using var client = made.Browser(new CookieContainer());
        foreach (var document in new[] { ".well-known/openid-configuration", ".well-known/jwks" })
        {
            await client.GetStringAsync(new Uri(made.Address, document), Xunit.TestContext.Current.CancellationToken);
        }

        return made;
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        _authority.Dispose();
    }

    /// <summary>A browser that trusts it, keeps cookies and follows nothing by itself.</summary>
    public HttpClient Browser(CookieContainer cookies)
    {
        var authority = System.Security.Cryptography.X509Certificates.X509Certificate2.CreateFromPem(CaPem);
        return new HttpClient(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            CookieContainer = cookies,
            SslOptions =
            {
                CertificateChainPolicy = new()
                {
                    TrustMode = System.Security.Cryptography.X509Certificates.X509ChainTrustMode.CustomRootTrust,
                    CustomTrustStore = { authority },
                    RevocationMode = System.Security.Cryptography.X509Certificates.X509RevocationMode.NoCheck,
                },
            },
        });
    }

    private void Configure(OpenIddictServerBuilder server)
    {
        server.SetAuthorizationEndpointUris("connect/authorize").SetTokenEndpointUris("connect/token").SetEndSessionEndpointUris("connect/logout").SetRevocationEndpointUris("connect/revoke");
        server.AllowAuthorizationCodeFlow().AllowRefreshTokenFlow().RequireProofKeyForCodeExchange();
        server.RegisterScopes(Scopes.Email, Scopes.Profile, Scopes.OfflineAccess);
        server.AddEphemeralEncryptionKey().AddEphemeralSigningKey();
        // No database: whoever knows the client's secret is the client.
        server.EnableDegradedMode();
        server.UseAspNetCore();
        server.AddEventHandler<ValidateAuthorizationRequestContext>(b => b.UseInlineHandler(context => Validate(context, context.ClientId == ClientId)));
        server.AddEventHandler<ValidateTokenRequestContext>(b => b.UseInlineHandler(context =>
        {
            Grants.Enqueue(context.Request.GrantType!);
            return Validate(context, context.ClientId == ClientId && context.ClientSecret == Secret && !(IsRevoked && context.Request.IsRefreshTokenGrantType()));
        }));
        server.AddEventHandler<ValidateRevocationRequestContext>(b => b.UseInlineHandler(context => Validate(context, context.ClientId == ClientId && context.ClientSecret == Secret)));
        server.AddEventHandler<ValidateEndSessionRequestContext>(b => b.UseInlineHandler(_ => default));
        server.AddEventHandler<HandleAuthorizationRequestContext>(b => b.UseInlineHandler(context =>
        {
            if (Refusal is { } error)
            {
                context.Reject(error, "<b>not for you</b>");
                return default;
            }

            var identity = new ClaimsIdentity(OpenIddictServerAspNetCoreDefaults.AuthenticationScheme);
            identity.SetClaim(Claims.Subject, Subject).SetClaim(Claims.Email, $"{Subject}@example.com");
            identity.SetScopes(context.Request.GetScopes());
            identity.SetDestinations(_ => [Destinations.IdentityToken, Destinations.AccessToken]);
            context.SignIn(new ClaimsPrincipal(identity));
            return default;
        }));
        server.AddEventHandler<HandleRevocationRequestContext>(b => b.UseInlineHandler(context =>
        {
            Revoked.Enqueue(context.Request.Token!);
            context.HandleRequest();
            return default;
        }));
        server.AddEventHandler<HandleEndSessionRequestContext>(b => b.UseInlineHandler(context =>
        {
            context.SignOut();
            return default;
        }));
    }

    private static ValueTask Validate(BaseValidatingContext context, bool good)
    {
        if (!good)
        {
            context.Reject(Errors.InvalidGrant, "no");
        }

        return default;
    }
}
