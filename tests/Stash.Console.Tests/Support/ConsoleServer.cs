using System.Net;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Stash.Console.Hosting;

namespace Stash.Console.Tests.Support;

/// <summary>The whole console on a port of its own, with no operator behind it.</summary>
internal sealed partial class ConsoleServer : IAsyncDisposable
{
    private readonly WebApplication _console;

    private ConsoleServer(WebApplication console, string dataFolder)
    {
        _console = console;
        DataFolder = dataFolder;
        Address = new Uri(console.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
    }

    public Uri Address { get; }

    public string DataFolder { get; }

    public string LinkFile => Path.Combine(DataFolder, "console-link");

    /// <summary>The link in the file, as a person would copy it.</summary>
    public string Link => File.ReadAllText(LinkFile).Trim();

    /// <summary>What it is composed of.</summary>
    public IServiceProvider Services => _console.Services;

    public static Task<ConsoleServer> StartAsync(string dataFolder, string knownProxies = "") =>
        StartAsync(dataFolder, new Dictionary<string, string?>(StringComparer.Ordinal) { ["Stash:Console:KnownProxies"] = knownProxies });

    /// <summary>A console in a cluster: with a data folder of its own, the operator's authority and a token of its own in files.</summary>
    public static Task<ConsoleServer> StartAsync(string dataFolder, OperatorDouble operatorDouble, string signIn, params (string Key, string Value)[] more)
    {
        Dictionary<string, string?> options = new(StringComparer.Ordinal)
        {
            ["Stash:Operator:Address"] = operatorDouble.Address.GetLeftPart(UriPartial.Authority),
            ["Stash:Operator:CaFile"] = operatorDouble.Folder.CaCertificate,
            ["Stash:Operator:TokenFile"] = operatorDouble.Folder.ApiToken,
            ["Stash:Console:SignIn"] = signIn,
        };
        foreach (var (key, value) in more)
        {
            options[key] = value;
        }

        return StartAsync(dataFolder, options);
    }

    private static async Task<ConsoleServer> StartAsync(string dataFolder, Dictionary<string, string?> options)
    {
        var console = ConsoleHost.Build(new ConfigurationBuilder().AddInMemoryCollection(
        [
            new("urls", "http://127.0.0.1:0"),
            new("Stash:DataDirectory", dataFolder),
            new("Stash:Operator:Address", "https://127.0.0.1:1"),
            new("Logging:LogLevel:Default", "None"),
        ]).AddInMemoryCollection(options).Build());
        await console.StartAsync(Xunit.TestContext.Current.CancellationToken);
        return new ConsoleServer(console, dataFolder);
    }

    /// <summary>A browser: keeps cookies, follows nothing by itself.</summary>
    public HttpClient Browser(CookieContainer? cookies = null) =>
        new(new SocketsHttpHandler { AllowAutoRedirect = false, CookieContainer = cookies ?? new CookieContainer() }) { BaseAddress = Address };

    /// <summary>The antiforgery field of a page's form.</summary>
    public static async Task<KeyValuePair<string, string>> FormTokenAsync(HttpResponseMessage page)
    {
        var html = await page.Content.ReadAsStringAsync(Xunit.TestContext.Current.CancellationToken);
        return new("__RequestVerificationToken", FormToken().Match(html).Groups["value"].Value);
    }

    public async ValueTask DisposeAsync()
    {
        await _console.StopAsync();
        await _console.DisposeAsync();
    }

    [GeneratedRegex("name=\"__RequestVerificationToken\" value=\"(?<value>[^\"]+)\"", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex FormToken();
}
