using System.CommandLine;

namespace Stash.Operator.Commands.Monitoring;

/// <summary><c>stash monitoring get</c>: the settings, in the form in which kubectl takes them.</summary>
internal static class GetCommand
{
    public static Command Create()
    {
        Command command = new("get", "Print the settings, as kubectl apply takes them.");
        ManifestOutput output = new(command, "Default: yaml.");
        PlaceFlags place = new(command);
        command.SetAction(async (result, cancellationToken) =>
        {
            using var settings = await place.OpenAsync(result, cancellationToken);
            var manifest = await settings.ReadAsync(cancellationToken);
            // The status is the operator's to write, and in a cluster has another form.
            ManifestOutput.Write(manifest with { Status = null, Metadata = manifest.Metadata with { Generation = null } }, output.Format(result));
            return 0;
        });
        return command;
    }
}
