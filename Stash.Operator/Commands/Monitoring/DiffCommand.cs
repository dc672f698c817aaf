using System.CommandLine;
using Stash.Core;
using Stash.Core.Api;
using Stash.Core.Monitoring;

namespace Stash.Operator.Commands.Monitoring;

/// <summary><c>stash monitoring diff</c>: what a change of the settings would change, or what is not as they want it.</summary>
internal static class DiffCommand
{
    private const int Same = 0;
    private const int Different = 1;
    private const int Error = 2;

    public static Command Create()
    {
        Command command = new("diff", "Print what a change of settings would change, each thing as a unified diff; without flags, what is not as the settings want it. In a cluster by its own dry run, with your rights. Exit code 0 where nothing differs, 1 where something does, 2 for an error.");
        ChangeFlags change = new(command);
        PlaceFlags place = new(command);
        command.SetAction((result, cancellationToken) => RunAsync(place, result, change.Change(result), cancellationToken));
        return command;
    }

    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync(PlaceFlags place, ParseResult result, Func<MonitoringSpec, MonitoringSpec> change, CancellationToken cancellationToken)
    {
        try
        {
            using var settings = await place.OpenAsync(result, cancellationToken);
            var before = await settings.ReadAsync(cancellationToken);
            var after = before with { Spec = MonitoringValidation.Canonical(change(before.Spec)) };
            return await WriteAsync(before, after, await settings.PreviewAsync(after, cancellationToken));
        }
        catch (UserErrorException e)
        {
            // As of kubectl diff: 1 is for a difference.
            throw new UserErrorException(e.Message, Error, e);
        }
        catch (OperationCanceledException e) when (cancellationToken.IsCancellationRequested)
        {
            throw new UserErrorException("Interrupted.", Error, e);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            await UnexpectedError.WriteAsync(e);
            return Error;
        }
    }

    private static async Task<int> WriteAsync(MonitoringManifest before, MonitoringManifest after, SettingsPreview preview)
    {
        var differs = UnifiedDiff.Write($"Monitoring {(before.Metadata.Namespace is { } name ? $"{name}/" : "")}{before.Metadata.Name}", MonitoringYaml.SpecBlock(MonitoringValidation.Canonical(before.Spec)), MonitoringYaml.SpecBlock(after.Spec));
        foreach (var item in preview.Items)
        {
            differs |= UnifiedDiff.Write($"{item.Kind} {(item.Namespace is { } at ? $"{at}/" : "")}{item.Name}", item.Before, item.Action == "delete" ? null : item.Content);
        }

        var problems = preview.Errors.Select(e => $"{e.Field}: {e.Message}").Concat(preview.Items.Where(i => i.Failure is not null).Select(i => i.Failure!)).ToList();
        foreach (var line in preview.Warnings.Concat(problems).Distinct(StringComparer.Ordinal))
        {
            await Console.Error.WriteLineAsync(line);
        }

        return problems.Count > 0 ? Error : differs ? Different : Same;
    }
}
