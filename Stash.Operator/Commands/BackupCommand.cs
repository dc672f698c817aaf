using System.CommandLine;
using Stash.Core.Restics;
using Stash.Operator.Runner;

namespace Stash.Operator.Commands;

/// <summary><c>stash backup</c>: one session per Restic, now or by schedule.</summary>
internal static class BackupCommand
{
    public static Command Create()
    {
        Command command = new("backup", "Back up what the Restics of a file name, and report each session to the push gateway. Exit code 0 where all succeeded, 1 where one failed, 2 on wrong usage.");
        ResticFlags restics = new(command);
        Option<bool> cron = new("--run-via-cron") { Description = "Run each Restic by its spec.schedule until told to stop, instead of once now. The file may change meanwhile." };
        command.Add(cron);
        RunnerFlags runner = new(command);
        foreach (var name in (string[])["--image-tag", "--docker-registry"])
        {
            command.Add(new Option<string?>(name) { Description = "Accepted as in 0.8.3; without effect here.", HelpName = "TEXT" });
        }

        command.Add(new Option<bool>("--enable-rbac") { Description = "Accepted as in 0.8.3; without effect here." });
        command.SetAction((result, _) =>
        {
            var chosen = restics.Choose(result);
            return runner.RunAsync(result, context => result.GetValue(cron)
                ? ByScheduleAsync(context, restics.File(result), restics.Name(result))
                : OnceAsync(context, chosen));
        });
        return command;
    }

    // Ending when asked to is no failure; what its sessions came to, their reports say.
    private static async Task<int> ByScheduleAsync(RunnerContext context, string file, string? name)
    {
        await new ScheduledRuns(context, file, name).RunAsync();
        return 0;
    }

    private static async Task<int> OnceAsync(RunnerContext context, IReadOnlyList<Restic> restics)
    {
        BackupJob job = new(context);
        var good = true;
        try
        {
            foreach (var restic in restics)
            {
                context.Signals.Stop.ThrowIfCancellationRequested();
                good &= await job.RunAsync(restic, end => BackupJob.NextRunOf(restic, end), scheduled: false);
            }
        }
        catch (OperationCanceledException)
        {
            good = false;
        }

        return good ? 0 : 1;
    }
}
