using System.CommandLine;
using Stash.Core;
using Stash.Core.Restics;
using Stash.Operator.Runner;

namespace Stash.Operator.Commands;

/// <summary><c>stash recover</c>: restores what Recovery resources, or flags, name.</summary>
internal static class RecoverCommand
{
    public static Command Create()
    {
        Command command = new("recover", "Restore from the repository of a Restic: what the Recovery resources of a file ask for, or what the flags do. Each is a session with op restore. Exit code 0 where all succeeded, 1 where one failed, 2 on wrong usage.");
        Option<string> file = new("--file", "-f") { Description = "YAML file with Recovery or Restic resources, or both.", HelpName = "FILE", Required = true };
        Option<string?> resticFile = new("--restic-file") { Description = "YAML file with the Restics that the Recoveries name. Default: the same file.", HelpName = "FILE" };
        Option<string?> recoveryName = new("--recovery-name") { Description = "Only the Recovery of this name. Default: all of the file.", HelpName = "NAME" };
        Option<string?> resticName = new("--restic-name") { Description = "Without a Recovery: the Restic to restore from.", HelpName = "NAME" };
        Option<string?> snapshot = new("--snapshot") { Description = "The snapshot's id. Default: the Recovery's, else the latest of each path.", HelpName = "ID" };
        Option<string[]> path = new("--path") { Description = "What to restore; may be given more than once. Default: the Recovery's paths, else all file groups.", HelpName = "PATH" };
        Option<string?> target = new("--target") { Description = "The folder to restore into; each path is below it under its full name. Default: the Recovery's recoveredVolumes.", HelpName = "DIR" };
        foreach (var option in (Option[])[file, resticFile, recoveryName, resticName, snapshot, path, target])
        {
            command.Add(option);
        }

        RunnerFlags runner = new(command);
        command.SetAction((result, _) =>
        {
            var read = ResticYaml.Load(result.GetRequiredValue(file));
            var restics = result.GetValue(resticFile) is { } other ? ResticYaml.Load(other) : read;
            List<(Restic, Restore)> restores = [];
            foreach (var recovery in Chosen(read, result.GetValue(recoveryName)))
            {
                var restic = recovery is null ? Only(restics, result.GetValue(resticName)) : ResticOf(recovery, restics);
                restores.Add((restic, Plan(restic, recovery, result.GetValue(snapshot), result.GetValue(path) ?? [], result.GetValue(target))));
            }

            return runner.RunAsync(result, context => OperationCommand.RunAsync(
                context,
                restores.Select(r => (r.Item1, Work(context, r.Item1, r.Item2))),
                "restore"));
        });
        return command;
    }

    private static Func<ResticCli, OngoingSession, CancellationToken, Task> Work(RunnerContext context, Restic restic, Restore restore) =>
        (cli, session, cancellationToken) => ResticOperations.RestoreAsync(restore, context.WorkloadNameOf(restic), cli, session, cancellationToken);

    // One null: no Recovery, the flags alone.
    private static Recovery?[] Chosen(ResticFile file, string? name)
    {
        if (name is null)
        {
            return file.Recoveries.Count == 0 ? [null] : [.. file.Recoveries];
        }

        Recovery?[] chosen = [.. file.Recoveries.Where(r => r.Name == name)];
        return chosen.Length > 0 ? chosen : throw new UserErrorException($"{file.Name} holds no Recovery named \"{name}\".", exitCode: 2);
    }

    private static Restic Only(ResticFile file, string? name)
    {
        var chosen = ResticChoice.Of(file, name);
        return chosen.Count == 1
            ? chosen[0]
            : throw new UserErrorException($"{file.Name} holds {string.Join(", ", chosen.Select(r => r.Name))}: name one with --restic-name.", exitCode: 2);
    }

    private static Restic ResticOf(Recovery recovery, ResticFile file)
    {
        var @namespace = recovery.ResticNamespace ?? recovery.Namespace;
        return file.Restics.FirstOrDefault(r => r.Name == recovery.ResticName && (r.Namespace is null || @namespace is null || r.Namespace == @namespace))
            ?? throw new UserErrorException($"Recovery {recovery.Name} names the Restic \"{recovery.ResticName}\", which {file.Name} does not hold: give its file with --restic-file.", exitCode: 2);
    }

    private static Restore Plan(Restic restic, Recovery? recovery, string? snapshot, string[] paths, string? target)
    {
        IReadOnlyList<string> chosen = paths.Length > 0 ? paths : recovery is { Paths.Count: > 0 } ? recovery.Paths : [.. restic.FileGroups.Select(g => g.Path)];
        IReadOnlyList<string> targets = target is not null ? [target] : recovery?.Targets ?? [];
        var what = recovery is null ? "Nothing" : $"Recovery {recovery.Name}: nothing";
        if (targets.Count == 0)
        {
            throw new UserErrorException($"{what} says where to restore to: give --target, or spec.recoveredVolumes in a Recovery.", exitCode: 2);
        }

        if (chosen.Count == 0 || chosen.FirstOrDefault(p => !Path.IsPathRooted(p)) is not null)
        {
            throw new UserErrorException($"{what} says what to restore: give absolute paths with --path, or spec.paths in a Recovery.", exitCode: 2);
        }

        return targets.Count == 1 || targets.Count == chosen.Count
            ? new Restore(snapshot ?? recovery?.Snapshot, [.. chosen.Select((p, i) => new RestorePath(p, GroupOf(restic, p), Path.GetFullPath(targets.Count == 1 ? targets[0] : targets[i])))])
            : throw new UserErrorException($"Recovery {recovery?.Name} has {targets.Count} recoveredVolumes for {chosen.Count} paths: give one for all, or one for each.", exitCode: 2);
    }

    // A folder inside a file group is in the snapshots of that file group.
    private static string GroupOf(Restic restic, string path) =>
        restic.FileGroups.Select(g => g.Path).FirstOrDefault(g => path == g || path.StartsWith(g.TrimEnd('/') + "/", StringComparison.Ordinal)) ?? path;
}
