using System.CommandLine;
using System.Globalization;
using Stash.Core;
using Stash.Core.Monitoring.Cluster;

namespace Stash.Operator.Commands.Monitoring;

/// <summary><c>stash monitoring delete</c>: the end of the settings of a cluster, and of all that they made. The chart runs it before <c>helm uninstall</c> takes the operator away.</summary>
internal static class DeleteCommand
{
    private const int LongestTimeout = 3600;

    public static Command Create()
    {
        Option<int> timeout = new("--timeout") { Description = "How long the operator may take to remove what the settings made, in seconds, 1 to 3600.", HelpName = "SECONDS", DefaultValueFactory = _ => 60 };
        timeout.Validators.Add(result =>
        {
            if (result.Tokens is [var token] && !(int.TryParse(token.Value, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value is >= 1 and <= LongestTimeout))
            {
                result.AddError(string.Create(CultureInfo.InvariantCulture, $"--timeout is \"{token.Value}\": give whole seconds, from 1 to {LongestTimeout}."));
            }
        });
        Option<bool> force = new("--force") { Description = "Where no operator does so in that time, delete the settings all the same and tell what is left." };
        Command command = new("delete", "Delete the settings of a cluster, and wait until the operator has removed what they made.") { timeout, force };
        PlaceFlags place = new(command);
        command.SetAction(async (result, cancellationToken) =>
        {
            using var settings = await place.OpenAsync(result, cancellationToken);
            if (settings is not ClusterPlace cluster)
            {
                throw new UserErrorException($"The settings in {settings.Name} are not deleted: switch monitoring off with stash monitoring set --monitoring-agent none.");
            }

            var (outcome, left) = await cluster.DeleteAsync(TimeSpan.FromSeconds(result.GetValue(timeout)), result.GetValue(force), cancellationToken);
            var rest = left.Count > 0 ? $" It had made: {string.Join(", ", left.Select(ClusterManifest.Named))}." : "";
            Console.WriteLine(outcome switch
            {
                SettingsRemovalResult.NotFound => $"There are no settings in {cluster.Name}.",
                SettingsRemovalResult.Removed => $"The settings in {cluster.Name} are deleted, and what they had made is removed.",
                SettingsRemovalResult.Forced => $"The settings in {cluster.Name} are deleted, but no operator has removed what they had made: delete that yourself.{rest}",
                _ => $"No operator has removed what the settings in {cluster.Name} had made, so they are there still: see that the Stash operator runs there, or give --force.{rest}",
            });
            return outcome == SettingsRemovalResult.Waiting ? 1 : 0;
        });
        return command;
    }
}
