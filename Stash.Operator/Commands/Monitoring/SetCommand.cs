using System.CommandLine;
using Stash.Core;
using Stash.Core.Configuration;
using Stash.Core.Monitoring;

namespace Stash.Operator.Commands.Monitoring;

/// <summary><c>stash monitoring set</c>: changes what flags say, and waits until it is in effect.</summary>
internal static class SetCommand
{
    private static readonly TimeSpan DefaultWait = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(250);

    public static Command Create()
    {
        Command command = new("set", "Change settings: those whose flags are given, no other. Settings that are not there yet are made. Exit code 1 where they could not be saved, or with --wait are not in effect.");
        ChangeFlags change = new(command);
        Option<string?> wait = new("--wait") { Description = "Wait until they are in effect, 30s or as long as is given, and print the conditions.", HelpName = "DURATION", Arity = ArgumentArity.ZeroOrOne };
        wait.Validators.Add(result =>
        {
            if (result.Tokens is [var token] && GoDuration.Parse(token.Value, days: true) is null)
            {
                result.AddError($"--wait is \"{token.Value}\": give a duration as 30s or 2m.");
            }
        });
        Option<bool> dryRun = new("--dry-run") { Description = "Change nothing: print what would change, as stash monitoring diff does." };
        command.Add(wait);
        command.Add(dryRun);
        PlaceFlags place = new(command);
        command.SetAction(async (result, cancellationToken) =>
        {
            if (change.AreMissing(result))
            {
                throw new UserErrorException("stash monitoring set: give what is to change, as --monitoring-agent builtin. See stash monitoring set --help.", exitCode: 2);
            }

            if (result.GetValue(dryRun))
            {
                return await DiffCommand.RunAsync(place, result, change.Change(result), cancellationToken);
            }

            using var settings = await place.OpenAsync(result, cancellationToken);
            var (before, after) = await settings.SaveAsync(change.Change(result), cancellationToken);
            var same = before.Metadata.ResourceVersion == after.Metadata.ResourceVersion;
            Console.WriteLine($"{(same ? "Nothing to change" : "Saved")} in {settings.Name}: {StatusReport.Summary(after.Spec)}.");
            if (result.GetResult(wait) is not { Implicit: false } given)
            {
                return 0;
            }

            return await WaitAsync(settings, after, given.Tokens is [var token] ? GoDuration.Parse(token.Value, days: true)!.Value : DefaultWait, cancellationToken);
        });
        return command;
    }

    private static async Task<int> WaitAsync(ISettingsPlace settings, MonitoringManifest saved, TimeSpan patience, CancellationToken cancellationToken)
    {
        var began = TimeProvider.System.GetTimestamp();
        var now = saved;
        while (!StatusReport.IsObserved(now) && settings.Idle is null && TimeProvider.System.GetElapsedTime(began) < patience)
        {
            await Task.Delay(LookEvery, cancellationToken);
            now = await settings.ReadAsync(cancellationToken);
        }

        StatusReport report = new(now, settings.Idle);
        report.WriteConditions();
        return report.IsWell ? 0 : 1;
    }
}
