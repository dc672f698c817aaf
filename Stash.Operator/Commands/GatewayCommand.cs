using System.CommandLine;
using Stash.Core.Configuration;
using Stash.Operator.Hosting;

namespace Stash.Operator.Commands;

/// <summary><c>stash gateway</c>: the push gateway alone, with the flags of <c>prometheus-pushgateway</c>.</summary>
internal static class GatewayCommand
{
    public static Command Create()
    {
        var command = new Command("gateway", "Run the push gateway alone, in place of prometheus-pushgateway: no API, no console, no journal of sessions. It takes that program's flags. Groups are kept durably at once, in the data folder or beside --persistence.file.");
        GatewayFlags flags = new(command);
        HostFlags host = new(command);
        command.Add(new System.CommandLine.VersionOption { Action = new VersionCommand.Action() });
        command.SetAction(async (result, cancellationToken) =>
        {
            var keys = flags.Read(result);
            host.Read(result, keys);
            var configuration = host.Configuration(result, keys);
            await using var it = await GatewayHost.OpenAsync(StashOptions.Read(configuration), configuration, cancellationToken);
            await it.RunAsync(cancellationToken);
            return 0;
        });
        return command;
    }
}
