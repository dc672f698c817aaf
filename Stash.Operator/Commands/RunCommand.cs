using System.CommandLine;
using Stash.Core.Configuration;
using Stash.Operator.Hosting;

namespace Stash.Operator.Commands;

/// <summary><c>stash run</c>: the operator.</summary>
internal static class RunCommand
{
    public static Command Create()
    {
        var api = new Option<string?>("--api-address") { Description = "Where the API listens, HTTPS (Stash:Api:Address). Default: 127.0.0.1:8443.", HelpName = "HOST:PORT" };
        api.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<string?>() is { } value && !ListenAddress.TryParse(value, out _))
            {
                result.AddError($"--api-address (Stash:Api:Address) is \"{value}\": give {ListenAddress.Accepted}.");
            }
        });
        var command = new Command("run", "Run the operator: push gateway, API and monitoring settings. Every option of appsettings.json can also be given in the environment (Stash__Gateway__Address).");
        HostFlags host = new(command);
        command.Add(api);
        OperatorFlags flags = new(command);
        GatewayFlags gateway = new(command);
        command.SetAction(async (result, cancellationToken) =>
        {
            var keys = gateway.Read(result);
            host.Read(result, keys);
            flags.Read(result, keys);
            if (result.GetValue(api) is { } address)
            {
                keys["Stash:Api:Address"] = address;
            }

            var configuration = host.Configuration(result, keys);
            var options = StashOptions.Read(configuration);
            await using var it = await OperatorHost.OpenAsync(options, configuration, cancellationToken);
            await it.RunAsync(cancellationToken);
            return 0;
        });
        return command;
    }
}
