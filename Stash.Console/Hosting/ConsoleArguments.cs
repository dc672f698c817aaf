using Stash.Core;

namespace Stash.Console.Hosting;

/// <summary>The command line of the console, checked: what it does not know is an error, not silently without effect.</summary>
public sealed record ConsoleArguments
{
    public const string DefaultUrls = "http://127.0.0.1:56780";

    public const string Usage = """
        Stash.Console: the web console of Stash.

        Usage: Stash.Console [options]

          --urls URL[;URL]            Where the console listens. Default: http://127.0.0.1:56780
          --data-dir DIR              The operator's data folder (short for --Stash:DataDirectory=DIR)
          --config FILE               A further JSON file of options
          --Stash:KEY=VALUE           Any option by its key:
            Stash:DataDirectory         Data folder. Default: ~/.local/share/stash
            Stash:Operator:Address      The operator's HTTPS address. Default: https://127.0.0.1:8443
            Stash:Operator:CaFile       Its authority, PEM. Default: that in the data folder
            Stash:Operator:TokenFile    The console's own token. Default: that in the data folder
            Stash:Console:SignIn        link, token (of the cluster) or oidc (docs/console.md). Default: link
            Stash:Console:SignInDays    Days that a sign-in lasts without being used. Default: 14
            Stash:Console:KnownProxies  Proxies whose X-Forwarded-... headers are believed, as 127.0.0.1. Default: none
          --Logging:KEY=VALUE         As --Logging:LogLevel:Default=Debug
          --Kestrel:KEY=VALUE         As --Kestrel:Certificates:Default:Path=FILE, for an https URL
          --version                   Print the version and end
          -h, --help                  Print this and end

        Options are also read from appsettings.json beside the program and from the environment (Stash__Operator__Address=...).
        A one-time link to sign in with is printed at start; the current one is in DIR/console-link.
        """;

    private static readonly string[] Sections = ["Stash:", "Logging:", "Kestrel:"];

    public bool Help { get; private init; }

    public bool Version { get; private init; }

    public string? ConfigFile { get; private init; }

    /// <summary>Keys and values as the configuration takes them.</summary>
    public IReadOnlyList<KeyValuePair<string, string?>> Settings { get; private init; } = [];

    /// <exception cref="UserErrorException">With exit code 2: an option is unknown or has no value.</exception>
    public static ConsoleArguments Parse(IReadOnlyList<string> args)
    {
        List<KeyValuePair<string, string?>> settings = [];
        string? config = null;
        for (var i = 0; i < args.Count; i++)
        {
            if (args[i] is "-h" or "--help")
            {
                return new ConsoleArguments { Help = true };
            }

            if (args[i] == "--version")
            {
                return new ConsoleArguments { Version = true };
            }

            var equals = args[i].IndexOf('=', StringComparison.Ordinal);
            var name = equals < 0 ? args[i] : args[i][..equals];
            var key = KeyOf(name) ?? throw new UserErrorException($"\"{name}\" is not an option: Stash.Console --help names them.", exitCode: 2);
            string value;
            if (equals >= 0)
            {
                value = args[i][(equals + 1)..];
            }
            else if (i + 1 < args.Count)
            {
                value = args[++i];
            }
            else
            {
                throw new UserErrorException($"{name} needs a value: give {name}=VALUE.", exitCode: 2);
            }

            if (key == "config")
            {
                config = value;
            }
            else
            {
                settings.Add(new(key, value));
            }
        }

        return new ConsoleArguments { ConfigFile = config, Settings = settings };
    }

    /// <summary>Checks the addresses to listen on.</summary>
    /// <exception cref="UserErrorException">With exit code 2: one of them is no address.</exception>
    public static string[] CheckUrls(string? urls)
    {
        var split = (string.IsNullOrWhiteSpace(urls) ? DefaultUrls : urls).Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        foreach (var url in split)
        {
            try
            {
                var address = BindingAddress.Parse(url);
                if (!address.IsUnixPipe && address.Scheme is "http" or "https" && address.PathBase.Length == 0)
                {
                    continue;
                }
            }
            catch (FormatException)
            {
            }

            throw new UserErrorException($"--urls \"{url}\" is not an address: give one as {DefaultUrls}.", exitCode: 2);
        }

        return split;
    }

    private static string? KeyOf(string name) => name switch
    {
        "--urls" => "urls",
        "--config" => "config",
        "--data-dir" => "Stash:DataDirectory",
        _ when name.StartsWith("--", StringComparison.Ordinal) && Sections.Any(s => name.AsSpan(2).StartsWith(s, StringComparison.OrdinalIgnoreCase)) => name[2..],
        _ => null,
    };
}
