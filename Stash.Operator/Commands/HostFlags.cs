using System.CommandLine;
using Stash.Core;
using Stash.Core.Configuration;

namespace Stash.Operator.Commands;

/// <summary>The flags of every command that serves: where the data is, and a further configuration file.</summary>
internal sealed class HostFlags
{
    private readonly Option<string?> _data = new("--data-dir")
    {
        Description = "The folder of all state (Stash:DataDirectory). Default: $XDG_DATA_HOME/stash, else ~/.local/share/stash.",
        HelpName = "DIR",
    };

    private readonly Option<FileInfo?> _config = new("--config") { Description = "Read this configuration file after appsettings.json.", HelpName = "FILE" };

    public HostFlags(Command command)
    {
        command.Add(_data);
        command.Add(_config);
    }

    public void Read(ParseResult result, Dictionary<string, string?> keys)
    {
        if (result.GetValue(_data) is { } data)
        {
            keys["Stash:DataDirectory"] = data;
        }
    }

    /// <summary>All sources together, the flags over the others.</summary>
    /// <exception cref="UserErrorException">A file is missing or not JSON, or a log level is none.</exception>
    public IConfigurationRoot Configuration(ParseResult result, Dictionary<string, string?> keys) =>
        StashConfiguration.Build(result.GetValue(_config)?.FullName, keys);
}
