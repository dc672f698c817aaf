using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.DataProtection;
using Stash.Console.People;
using Stash.Console.SignIn.Oidc;
using Stash.Core;
using Stash.Core.Configuration;

namespace Stash.Console.SignIn;

/// <summary>Composes signing in: a cookie, which a one-time link gives, or a token or a provider, asked for by everything that does not say otherwise.</summary>
public static class SignInServices
{
    public static IServiceCollection AddSignIn(this IServiceCollection services, StashOptions options, DataFolder folder)
    {
        services.AddSingleton<SignOuts>();
        services.AddSingleton<WrongTokenLimiter>();
        services.AddSingleton<PersonStore>();
        services.AddSingleton<Arrivals>();
        services.AddScoped<Visitor>();
        if (!options.Console.IsPersonal)
        {
            services.AddSingleton<SignInLink>();
            services.AddHostedService<SignInLinkService>();
        }

        services.AddDataProtection()
            .SetApplicationName("Stash.Console")
            .PersistKeysToFileSystem(KeyFolder(folder));
        var authentication = services.AddAuthentication(CookieAuthenticationDefaults.AuthenticationScheme).AddCookie(cookie =>
        {
            cookie.Cookie.Name = "stash-console";
            cookie.Cookie.HttpOnly = true;
            cookie.Cookie.SameSite = SameSiteMode.Strict;
            cookie.Cookie.SecurePolicy = CookieSecurePolicy.SameAsRequest;
            cookie.ExpireTimeSpan = TimeSpan.FromDays(options.Console.SignInDays);
            cookie.SlidingExpiration = true;
            cookie.LoginPath = SignInEndpoints.Path;
            cookie.ReturnUrlParameter = SignInEndpoints.ReturnParameter;
            cookie.Events.OnValidatePrincipal = RefuseEndedAsync;
            cookie.Events.OnRedirectToLogin = CrossSite.ChallengeAsync;
        });
        if (options.Console.SignIn == ConsoleOptions.OidcSignIn)
        {
            authentication.AddOidcSignIn(options.Console.Oidc);
        }

        services.AddAuthorizationBuilder().SetFallbackPolicy(new AuthorizationPolicyBuilder().RequireAuthenticatedUser().Build());
        services.AddCascadingAuthenticationState();
        services.AddAntiforgery(antiforgery =>
        {
            antiforgery.Cookie.Name = "stash-antiforgery";
            antiforgery.Cookie.SameSite = SameSiteMode.Strict;
            antiforgery.Cookie.SecurePolicy = CookieSecurePolicy.SameAsRequest;
        });
        return services;
    }

    private static async Task RefuseEndedAsync(CookieValidatePrincipalContext context)
    {
        if (context.Principal is not { } user)
        {
            return;
        }

        var services = context.HttpContext.RequestServices;
        var options = services.GetRequiredService<StashOptions>().Console;
        var signOuts = services.GetRequiredService<SignOuts>();
        // Cookies of earlier versions do not say how they came about: there was the link alone.
        if (signOuts.EndOf(user).IsCancellationRequested
            || (SignOuts.MethodOf(user) ?? ConsoleOptions.LinkSignIn) != options.SignIn
            || (options.IsPersonal && services.GetRequiredService<PersonStore>().Find(user) is null))
        {
            if (options.IsPersonal && (!signOuts.EndOf(user).IsCancellationRequested || signOuts.ReasonOf(user) == SignInProblem.Expired))
            {
                context.HttpContext.Features.Set(new EndedSignIn());
            }

            context.RejectPrincipal();
            await context.HttpContext.SignOutAsync();
        }
    }

    private static DirectoryInfo KeyFolder(DataFolder folder)
    {
        var path = folder.In("console-keys");
        try
        {
            const UnixFileMode ownerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
            var made = Directory.CreateDirectory(path, ownerOnly);
            File.SetUnixFileMode(path, ownerOnly);
            return made;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UserErrorException($"{path} cannot be made or is not this user's: it holds the keys of signed-in browsers. Make it writable for this user alone (mode 0700).", inner: e);
        }
    }
}
