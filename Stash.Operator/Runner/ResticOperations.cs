using System.Globalization;
using Stash.Core;
using Stash.Core.Restics;
using Stash.Core.Sessions;

namespace Stash.Operator.Runner;

/// <summary>What sessions do with restic, each step as Stash 0.8.3 does it.</summary>
internal static class ResticOperations
{
    /// <summary>For each file group in order, <c>backup</c> then <c>forget</c>; stops at the first failure.</summary>
    public static async Task BackupAsync(Restic restic, string host, ResticCli cli, OngoingSession session, CancellationToken cancellationToken)
    {
        var groups = GroupsWithPolicies(restic);
        if (restic.Schedule is { } schedule)
        {
            Schedule.Parse(schedule, TimeZoneInfo.Local);
        }

        await MakeSureOfRepositoryAsync(cli, cancellationToken);
        foreach (var (group, policy) in groups)
        {
            await session.MeasureAsync(group.Path, "backup", () => BackupAsync(group, host, cli, session, cancellationToken));
            if (policy is not null)
            {
                await session.MeasureAsync(group.Path, "forget", () => ForgetAsync(group, policy, host, cli, cancellationToken));
            }
        }
    }

    /// <summary>Applies the retention policy of each file group that names one.</summary>
    public static async Task ForgetAsync(Restic restic, string host, ResticCli cli, OngoingSession session, CancellationToken cancellationToken)
    {
        foreach (var (group, policy) in GroupsWithPolicies(restic))
        {
            if (policy is not null)
            {
                await session.MeasureAsync(group.Path, "forget", () => ForgetAsync(group, policy, host, cli, cancellationToken));
            }
        }
    }

    public static Task CheckAsync(ResticCli cli, OngoingSession session, CancellationToken cancellationToken) =>
        session.MeasureAsync("", "check", async () => (await cli.RunAsync(["check"], null, cancellationToken)).MustSucceed());

    /// <summary>Restores paths, each below the target under its full path.</summary>
    public static async Task RestoreAsync(Restore restore, string host, ResticCli cli, OngoingSession session, CancellationToken cancellationToken)
    {
        foreach (var part in restore.Paths)
        {
            await session.MeasureAsync(part.Path, "restore", () => RestoreAsync(restore.Snapshot, part, host, cli, cancellationToken));
        }
    }

    private static async Task RestoreAsync(string? snapshot, RestorePath part, string host, ResticCli cli, CancellationToken cancellationToken)
    {
        var path = Clean(part.Path);
        string[] which = [snapshot ?? "latest", $"--path={Clean(part.FileGroup)}", $"--host={host}"];
        // restic restores nothing, and is content, where the snapshot does not have the path.
        var found = false;
        (await cli.RunAsync(["ls", "--json", .. which, path], line => found |= line.Contains("\"struct_type\":\"node\"", StringComparison.Ordinal), cancellationToken)).MustSucceed();
        if (!found)
        {
            throw new UserErrorException($"{(snapshot is null ? "The latest snapshot" : $"Snapshot {snapshot}")} does not have {part.Path}: stash snapshots lists what there is.");
        }

        (await cli.RunAsync(["restore", .. which, $"--include={Escaped(path)}", $"--target={part.Target}"], null, cancellationToken)).MustSucceed();
    }

    // --include takes a pattern.
    private static string Escaped(string path) => string.Concat(path.Select(c => c is '*' or '?' or '[' or '\\' ? $"\\{c}" : $"{c}"));

    private static List<(FileGroup Group, RetentionPolicy? Policy)> GroupsWithPolicies(Restic restic) => restic.FileGroups.Count == 0
        ? throw new UserErrorException("spec.fileGroups is empty: give at least one path to back up.")
        : [.. restic.FileGroups.Select(g => (g, restic.PolicyOf(g)))];

    private static async Task MakeSureOfRepositoryAsync(ResticCli cli, CancellationToken cancellationToken)
    {
        var snapshots = await cli.RunAsync(["snapshots", "--json"], null, cancellationToken);
        // Exit code 10 is newer versions' "no such repository".
        if (snapshots.ExitCode == 10 || (snapshots.ExitCode != 0 && snapshots.Errors.Contains("Is there a repository at the following location?")))
        {
            (await cli.RunAsync(["init"], null, cancellationToken)).MustSucceed();
        }
        else
        {
            snapshots.MustSucceed();
        }
    }

    private static async Task BackupAsync(FileGroup group, string host, ResticCli cli, OngoingSession session, CancellationToken cancellationToken)
    {
        // Without 0.8.3's --force: with it restic reads every file anew and calls each one new.
        var result = await cli.RunAsync(["backup", Clean(group.Path), $"--host={host}", .. group.Tags.Select(t => $"--tag={t}"), "--json"], line =>
        {
            switch (ResticMessage.Parse(line))
            {
                case ResticStatus status:
                    session.Report(status);
                    break;
                case ResticSummary summary:
                    session.Add(new FileGroupSummary
                    {
                        Path = group.Path,
                        FilesNew = summary.FilesNew,
                        FilesChanged = summary.FilesChanged,
                        FilesUnmodified = summary.FilesUnmodified,
                        BytesAdded = summary.BytesAdded,
                        BytesProcessed = summary.BytesProcessed,
                    });
                    break;
            }
        }, cancellationToken);
        result.MustSucceed();
    }

    // --host and --path beside 0.8.3's --tag: without them the policy of one file group would forget another's snapshots.
    private static async Task ForgetAsync(FileGroup group, RetentionPolicy policy, string host, ResticCli cli, CancellationToken cancellationToken)
    {
        List<string> arguments = ["forget", $"--host={host}", $"--path={Clean(group.Path)}", .. group.Tags.Select(t => $"--tag={t}")];
        foreach (var (name, count) in ((string, int?)[])
            [
                ("last", policy.KeepLast), ("hourly", policy.KeepHourly), ("daily", policy.KeepDaily),
                ("weekly", policy.KeepWeekly), ("monthly", policy.KeepMonthly), ("yearly", policy.KeepYearly),
            ])
        {
            if (count > 0)
            {
                arguments.Add(string.Create(CultureInfo.InvariantCulture, $"--keep-{name}={count}"));
            }
        }

        arguments.AddRange(policy.KeepTags.Select(t => $"--keep-tag={t}"));
        if (policy.Prune)
        {
            arguments.Add("--prune");
        }

        if (policy.DryRun)
        {
            arguments.Add("--dry-run");
        }

        (await cli.RunAsync(arguments, null, cancellationToken)).MustSucceed();
    }

    // As restic writes it into the snapshot.
    private static string Clean(string path) => Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
}
