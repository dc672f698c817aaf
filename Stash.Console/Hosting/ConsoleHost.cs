using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.HttpOverrides;
using MudBlazor.Services;
using Stash.Console.Components;
using Stash.Console.Operator;
using Stash.Console.SignIn;
using Stash.Core;
using Stash.Core.Configuration;

namespace Stash.Console.Hosting;

/// <summary>Composes the console's server.</summary>
public static class ConsoleHost
{
    public const string UrlsKey = "urls";

    /// <exception cref="UserErrorException">An option is wrong, or the data folder cannot be used.</exception>
    public static WebApplication Build(IConfiguration configuration)
    {
        var options = StashOptions.Read(configuration);
        var urls = ConsoleArguments.CheckUrls(configuration[UrlsKey]);
        var folder = DataFolder.Open(options.DataDirectory);

        // The pages' files lie beside the program, wherever it is started from.
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions
        {
            ApplicationName = typeof(ConsoleHost).Assembly.GetName().Name,
            ContentRootPath = AppContext.BaseDirectory,
            WebRootPath = "wwwroot",
        });
        builder.Configuration.Sources.Clear();
        builder.Configuration.AddConfiguration(configuration);
        builder.Configuration[UrlsKey] = string.Join(';', urls);
        builder.WebHost.UseUrls(urls);
        builder.WebHost.UseStaticWebAssets();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.AddServerHeader = false);
        QuietExpectedWarnings(builder.Logging);

        var services = builder.Services;
        services.AddSingleton(options);
        services.AddSingleton(folder);
        services.AddSingleton(TimeProvider.System);
        services.AddOperator(options, folder);
        services.AddSignIn(options, folder);
        services.AddMudServices();
        services.AddRazorComponents().AddInteractiveServerComponents();
        services.AddHttpContextAccessor();

        var console = builder.Build();
        if (options.Console.KnownProxies.Count > 0)
        {
            console.UseForwardedHeaders(Forwarded(options.Console.KnownProxies));
        }

        console.UseSecurityHeaders();
        console.UseStatusCodePagesWithReExecute("/not-found", createScopeForStatusCodePages: true);
        console.Use(OnlyNotFoundHasAPageAsync);
        console.UseExceptionHandler("/error", createScopeForErrors: true);
        console.UseAuthentication();
        console.UseAuthorization();
        console.UseAntiforgery();
        console.UseWhen(
            context => context.Request.Path.StartsWithSegments("/_blazor", StringComparison.Ordinal),
            live => live.Use((context, next) => live.ApplicationServices.GetRequiredService<SignOuts>().EndConnectionAsync(context, next, TimeSpan.FromSeconds(1), TimeProvider.System)));
        console.MapStaticAssets().AllowAnonymous();
        console.MapMethods("/healthz", [HttpMethods.Get, HttpMethods.Head], () => Results.Text("ok")).AllowAnonymous();
        console.MapSignIn(options.Console);
        console.MapRazorComponents<App>().AddInteractiveServerRenderMode(server => server.ContentSecurityFrameAncestorsPolicy = null);
        return console;
    }

    private static ForwardedHeadersOptions Forwarded(IReadOnlyList<System.Net.IPNetwork> proxies)
    {
        ForwardedHeadersOptions options = new() { ForwardedHeaders = ForwardedHeaders.XForwardedProto | ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedHost };
        // Loopback is among them by itself; here it is only where it was named.
        options.KnownProxies.Clear();
        options.KnownIPNetworks.Clear();
        foreach (var proxy in proxies)
        {
            options.KnownIPNetworks.Add(proxy);
        }

        return options;
    }

    private static async Task OnlyNotFoundHasAPageAsync(HttpContext context, RequestDelegate next)
    {
        await next(context);
        if (context.Response.StatusCode != StatusCodes.Status404NotFound && context.Features.Get<IStatusCodePagesFeature>() is { } pages)
        {
            pages.Enabled = false;
        }
    }

    private static void QuietExpectedWarnings(ILoggingBuilder logging)
    {
        // Keys at rest are guarded by their folder's mode.
        logging.AddFilter("Microsoft.AspNetCore.DataProtection.KeyManagement.XmlKeyManager", LogLevel.Error);

        // Every page holds a form, so none may be kept; that is as it should be.
        logging.AddFilter("Microsoft.AspNetCore.Antiforgery", LogLevel.Error);

        // The command says it with a remedy, once.
        logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.None);
    }
}
