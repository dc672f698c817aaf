using System.CommandLine;

namespace Stash.Operator.Commands.Monitoring;

/// <summary><c>stash monitoring status</c>: the settings, and what became of them.</summary>
internal static class StatusCommand
{
    public static Command Create()
    {
        Command command = new("status", "Print the settings, whether they are in effect, who selects what they make, and what exists because of them. Exit code 0 where all is well, 1 where something is not.");
        ManifestOutput output = new(command, "Default: a report for people.");
        PlaceFlags place = new(command);
        command.SetAction(async (result, cancellationToken) =>
        {
            using var settings = await place.OpenAsync(result, cancellationToken);
            var manifest = await settings.ReadAsync(cancellationToken);
            StatusReport report = new(manifest, settings.Idle);
            if (output.Format(result) is { } format)
            {
                ManifestOutput.Write(manifest, format);
            }
            else
            {
                report.Write(settings.Name);
            }

            return report.IsWell ? 0 : 1;
        });
        return command;
    }
}
