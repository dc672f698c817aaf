using System.Net.Sockets;
using System.Reflection;
using Microsoft.AspNetCore.Connections;
using Stash.Console.SignIn;
using Stash.Core;
using Stash.Core.Configuration;

namespace Stash.Console.Hosting;

/// <summary>The console as a command: arguments in, exit code out.</summary>
public static class ConsoleCommand
{
    /// <returns>0 after an orderly stop, 1 where it could not start, 2 on wrong usage.</returns>
    public static async Task<int> RunAsync(string[] args, TextWriter output, TextWriter error)
    {
        try
        {
            var arguments = ConsoleArguments.Parse(args);
            if (arguments.Help)
            {
                await output.WriteLineAsync(ConsoleArguments.Usage);
                return 0;
            }

            if (arguments.Version)
            {
                await output.WriteLineAsync(Version);
                return 0;
            }

            var configuration = StashConfiguration.Build(arguments.ConfigFile, arguments.Settings);
            await using var console = ConsoleHost.Build(configuration);
            await StartAsync(console);
            await output.WriteLineAsync(console.Services.GetService<SignInLink>() is { } link ? $"Sign in to the console: {link.Current}" : $"The console listens on {Urls(console)}; people sign in there as themselves.");
            await output.FlushAsync();
            await console.WaitForShutdownAsync();
            return 0;
        }
        catch (UserErrorException e)
        {
            await error.WriteLineAsync(e.Message);
            return e.ExitCode;
        }
    }

    internal static string Version { get; } =
        typeof(ConsoleCommand).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];

    private static async Task StartAsync(WebApplication console)
    {
        try
        {
            await console.StartAsync();
        }
        catch (IOException e) when (e.InnerException is AddressInUseException)
        {
            throw new UserErrorException($"{Urls(console)}: another program listens there already. Stop it, or give a free port with --urls.", inner: e);
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.AccessDenied)
        {
            throw new UserErrorException($"{Urls(console)}: this user may not listen there. Give a port from 1024 on with --urls.", inner: e);
        }
        catch (Exception e) when (e is SocketException or IOException)
        {
            throw new UserErrorException($"{Urls(console)}: this machine cannot listen there. Give an address of its own with --urls.", inner: e);
        }
        catch (Exception e) when (e is InvalidOperationException or System.Security.Cryptography.CryptographicException && Urls(console).Contains("https:", StringComparison.OrdinalIgnoreCase))
        {
            throw new UserErrorException($"{Urls(console)}: https needs a certificate. Give one with --Kestrel:Certificates:Default:Path=FILE (and :KeyPath or :Password), or listen on http.", inner: e);
        }
    }

    private static string Urls(WebApplication console) => console.Configuration[ConsoleHost.UrlsKey]!;
}
