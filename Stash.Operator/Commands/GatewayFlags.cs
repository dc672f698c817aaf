using System.CommandLine;
using System.CommandLine.Parsing;
using Stash.Core.Configuration;

namespace Stash.Operator.Commands;

/// <summary>The flags of the push gateway: those of <c>prometheus-pushgateway</c>, and what they are in the configuration.</summary>
internal sealed class GatewayFlags
{
    private static readonly (string Flag, string Level)[] Levels = [("debug", "Debug"), ("info", "Information"), ("warn", "Warning"), ("error", "Error")];

    private readonly List<(Option Option, Action<ParseResult, Dictionary<string, string?>> Read)> _flags = [];
    private readonly Command _command;

    public GatewayFlags(Command command)
    {
        _command = command;
        Option<string[]> listen = new("--web.listen-address", "--gateway-address")
        {
            Description = "Where the push gateway listens; several times for several addresses (Stash:Gateway:Address). Default: 127.0.0.1:56789.",
            HelpName = "HOST:PORT",
            Arity = ArgumentArity.OneOrMore,
        };
        listen.Validators.Add(CheckAddresses);
        Add(listen, (result, keys) =>
        {
            if (result.GetValue(listen) is { Length: > 0 } addresses)
            {
                keys["Stash:Gateway:Address"] = string.Join(',', addresses);
            }
        });
        Switch("--web.systemd-socket", "Stash:Gateway:SystemdSocket", "Listen on the sockets that systemd hands over instead.");
        Text("--web.config.file", "Stash:Gateway:WebConfigFile", "FILE", "TLS, users and headers of the push gateway, in the exporter-toolkit's format.");
        Text("--web.local-assets", null, "DIR", "Without effect: the web page needs no files.");
        Text("--web.telemetry-path", "Stash:Gateway:TelemetryPath", "PATH", "Where the exposition is. Default: /metrics.");
        Text("--web.external-url", "Stash:Gateway:ExternalUrl", "URL", "Where users reach the push gateway.");
        Text("--web.route-prefix", "Stash:Gateway:RoutePrefix", "PATH", "Begins every path of the push gateway. Default: the path of --web.external-url.");
        Switch("--web.enable-lifecycle", "Stash:Gateway:Lifecycle", "Allow PUT /-/quit.");
        Switch("--web.enable-admin-api", "Stash:Gateway:AdminApi", "Allow PUT /api/v1/admin/wipe.", "--gateway-admin");
        Text("--persistence.file", "Stash:Gateway:PersistenceFile", "FILE", "Under stash gateway, groups are kept in the folder FILE.stash. FILE itself is neither read nor written: what the other gateway wrote is not imported.");
        Text("--persistence.interval", "Stash:Gateway:PersistenceInterval", "DURATION", "Without effect: an answered push is on the disk.");
        Switch("--push.disable-consistency-check", "Stash:Gateway:ConsistencyCheck", "Take every push that can be read, also one that makes scrapes fail. DANGEROUS.", value: "false", otherwise: "true");
        Switch("--push.enable-utf8-names", "Stash:Gateway:Utf8Names", "Allow metric and label names of any UTF-8.");
        OneOf("--log.level", "Logging:LogLevel:Default", "Log what is at least as severe", [.. Levels.Select(l => l.Flag)], given => Array.Find(Levels, l => l.Flag == given).Level);
        OneOf("--log.format", "Stash:LogFormat", "How the log is written", StashOptions.LogFormats, given => given);
    }

    /// <summary>The arguments, with <c>--flag=</c> made two: the reference takes that for the empty value, the parser for none.</summary>
    public static IReadOnlyList<string> WithEmptyValues(IReadOnlyList<string> arguments) =>
        arguments is ["run" or "gateway" or "monitoring", ..]
            ? [.. arguments.SelectMany(a => a.StartsWith("--", StringComparison.Ordinal) && a.IndexOf('=', StringComparison.Ordinal) == a.Length - 1 ? [a[..^1], ""] : (string[])[a])]
            : arguments;

    /// <summary>The keys of the flags that were given, and their values.</summary>
    public Dictionary<string, string?> Read(ParseResult result)
    {
        Dictionary<string, string?> keys = new(StringComparer.OrdinalIgnoreCase);
        foreach (var (_, read) in _flags)
        {
            read(result, keys);
        }

        return keys;
    }

    private void Text(string name, string? key, string value, string description)
    {
        Option<string?> option = new(name) { Description = key is null ? description : $"{description} ({key})", HelpName = value };
        Add(option, (result, keys) =>
        {
            if (key is not null && result.GetResult(option) is { Implicit: false })
            {
                keys[key] = result.GetValue(option);
            }
        });
    }

    private void OneOf(string name, string key, string description, IReadOnlyList<string> accepted, Func<string, string> read)
    {
        Option<string?> option = new(name) { Description = $"{description}: {string.Join(", ", accepted)} ({key}).", HelpName = string.Join('|', accepted) };
        option.Validators.Add(result =>
        {
            if (result.Tokens is [var token] && !accepted.Contains(token.Value, StringComparer.Ordinal))
            {
                result.AddError($"{name} ({key}) is \"{token.Value}\": give one of {string.Join(", ", accepted)}.");
            }
        });
        Add(option, (result, keys) =>
        {
            if (result.GetValue(option) is { } given)
            {
                keys[key] = read(given);
            }
        });
    }

    /// <summary>A flag without value, and its <c>--no-</c> form.</summary>
    private void Switch(string name, string key, string description, string? alias = null, string value = "true", string otherwise = "false")
    {
        Option<bool> on = new(name, alias is null ? [] : [alias]) { Description = $"{description} ({key})", Arity = ArgumentArity.Zero };
        Option<bool> off = new($"--no-{name[2..]}") { Arity = ArgumentArity.Zero, Hidden = true };
        on.Validators.Add(result =>
        {
            if (!result.Implicit && result.GetResult(off) is { Implicit: false })
            {
                result.AddError($"{name} and {off.Name} exclude each other: give one of them.");
            }
        });
        Add(off, static (_, _) => { });
        Add(on, (result, keys) =>
        {
            if (result.GetResult(on) is { Implicit: false })
            {
                keys[key] = value;
            }
            else if (result.GetResult(off) is { Implicit: false })
            {
                keys[key] = otherwise;
            }
        });
    }

    private void Add(Option option, Action<ParseResult, Dictionary<string, string?>> read)
    {
        _flags.Add((option, read));
        _command.Add(option);
    }

    private static void CheckAddresses(OptionResult result)
    {
        foreach (var token in result.Tokens)
        {
            if (!ListenAddress.TryParse(token.Value, out _))
            {
                result.AddError($"{result.IdentifierToken?.Value ?? result.Option.Name} (Stash:Gateway:Address) is \"{token.Value}\": give {ListenAddress.Accepted}.");
                return;
            }
        }
    }
}
