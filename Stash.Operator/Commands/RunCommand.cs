using System.CommandLine;
using Stash.Core.Configuration;
using Stash.Operator.Hosting;

namespace Stash.Operator.Commands;

/// <summary><c>stash run</c>: the operator.</summary>
internal static class RunCommand
{
    public static Command Create()
    {
        var data = new Option<string?>("--data-dir") { Description = "The folder of all state (Stash:DataDirectory). Default: $XDG_DATA_HOME/stash, else ~/.local/share/stash.", HelpName = "DIR" };
        var gateway = new Option<string?>("--gateway-address") { Description = "Where the push gateway listens, plain HTTP (Stash:Gateway:Address). Default: 127.0.0.1:56789.", HelpName = "HOST:PORT" };
        var api = new Option<string?>("--api-address") { Description = "Where the API listens, HTTPS (Stash:Api:Address). Default: 127.0.0.1:8443.", HelpName = "HOST:PORT" };
        var admin = new Option<bool>("--gateway-admin") { Description = "Allow PUT /api/v1/admin/wipe on the push gateway (Stash:Gateway:AdminApi)." };
        var config = new Option<FileInfo?>("--config") { Description = "Read this configuration file after appsettings.json.", HelpName = "FILE" };
        var command = new Command("run", "Run the operator: push gateway, API and monitoring settings. Every option of appsettings.json can also be given in the environment (Stash__Gateway__Address).")
        {
            data, gateway, api, admin, config,
        };
        Listens(gateway, "Stash:Gateway:Address");
        Listens(api, "Stash:Api:Address");
        command.SetAction(async (result, cancellationToken) =>
        {
            Dictionary<string, string?> flags = new(StringComparer.OrdinalIgnoreCase);
            void Set(string key, string? value)
            {
                if (value is not null)
                {
                    flags[key] = value;
                }
            }

            Set("Stash:DataDirectory", result.GetValue(data));
            Set("Stash:Gateway:Address", result.GetValue(gateway));
            Set("Stash:Api:Address", result.GetValue(api));
            Set("Stash:Gateway:AdminApi", result.GetValue(admin) ? "true" : null);
            var configuration = StashConfiguration.Build(result.GetValue(config)?.FullName, flags);
            var options = StashOptions.Read(configuration);
            await using var host = await OperatorHost.OpenAsync(options, configuration, cancellationToken);
            await host.RunAsync(cancellationToken);
            return 0;
        });
        return command;
    }

    private static void Listens(Option<string?> option, string key) => option.Validators.Add(result =>
    {
        if (result.GetValueOrDefault<string?>() is { } value && !ListenAddress.TryParse(value, out _))
        {
            result.AddError($"{option.Name} ({key}) is \"{value}\": give {ListenAddress.Accepted}.");
        }
    });
}
