using System.Text;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Authentication.OpenIdConnect;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Stash.Console.Operator;
using Stash.Core;
using Stash.Core.Configuration;

namespace Stash.Console.SignIn.Oidc;

/// <summary>Composes signing in by OpenID Connect: authorization code with PKCE, whose <c>id_token</c> is what the cluster is shown, as by kubectl.</summary>
internal static class OidcServices
{
    private static readonly TimeSpan ProviderTimeout = TimeSpan.FromSeconds(10);

    /// <exception cref="UserErrorException">A file that is named cannot be used.</exception>
    public static void AddOidcSignIn(this AuthenticationBuilder authentication, OidcOptions options)
    {
        var secret = options.ClientSecretFile is { } path
            ? new WatchedFile<string>(path, static bytes => Encoding.UTF8.GetString(bytes).Trim() is { Length: > 0 } text ? text : throw new FormatException())
            : null;
        if (secret is not null && secret.Read() is null)
        {
            throw new UserErrorException($"{secret.Path} cannot be read, or is empty: Stash:Console:Oidc:ClientSecretFile names the file with the client's secret.");
        }

        var authorities = options.CaFile is { } file ? new TrustedCertificates(file) : null;
        if (authorities is not null && authorities.Read() is null)
        {
            throw new UserErrorException($"{authorities.Path} cannot be read, or holds no certificate: Stash:Console:Oidc:CaFile names a PEM file of the provider's authorities.");
        }

        authentication.Services.AddSingleton<OidcProvider>();
        authentication.AddOpenIdConnect(OidcSignIn.Scheme, oidc =>
        {
            // The issuer as it is written: kube-apiserver and the discovery compare it letter by letter.
            oidc.Authority = options.Authority!.OriginalString;
            oidc.ClientId = options.ClientId;
            oidc.ClientSecret = secret?.Read();
            oidc.SignInScheme = CookieAuthenticationDefaults.AuthenticationScheme;
            oidc.CallbackPath = OidcSignIn.CallbackPath;
            oidc.RemoteSignOutPath = PathString.Empty;
            oidc.ResponseType = OpenIdConnectResponseType.Code;
            // Answered in the address, by a plain navigation: lax cookies come with it, also over http.
            oidc.ResponseMode = OpenIdConnectResponseMode.Query;
            oidc.UsePkce = true;
            oidc.MapInboundClaims = false;
            oidc.SaveTokens = false;
            oidc.DisableTelemetry = true;
            foreach (var cookie in new[] { oidc.NonceCookie, oidc.CorrelationCookie })
            {
                cookie.SameSite = SameSiteMode.Lax;
                cookie.SecurePolicy = CookieSecurePolicy.SameAsRequest;
                cookie.Path = SignInEndpoints.Path;
            }

            oidc.Scope.Clear();
            foreach (var scope in options.Scopes.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            {
                oidc.Scope.Add(scope);
            }

            oidc.BackchannelTimeout = ProviderTimeout;
            oidc.BackchannelHttpHandler = new SocketsHttpHandler
            {
                ConnectTimeout = TimeSpan.FromSeconds(5),
                PooledConnectionLifetime = TimeSpan.FromMinutes(10),
                UseCookies = false,
                SslOptions = { RemoteCertificateValidationCallback = authorities is null ? null : (_, certificate, chain, errors) => authorities.Trust(certificate, chain, errors) },
            };
            oidc.Events = new OpenIdConnectEvents
            {
                OnRedirectToIdentityProvider = context =>
                {
                    context.Options.ClientSecret = secret?.Read();
                    return Task.CompletedTask;
                },
                OnAuthorizationCodeReceived = context =>
                {
                    context.TokenEndpointRequest!.ClientSecret = context.Options.ClientSecret = secret?.Read();
                    return Task.CompletedTask;
                },
                OnTokenValidated = OidcSignIn.ArriveAsync,
                OnTicketReceived = OidcSignIn.WelcomeAsync,
                OnAccessDenied = OidcSignIn.DeniedAsync,
                OnRemoteFailure = OidcSignIn.FailedAsync,
            };
        });
    }
}
