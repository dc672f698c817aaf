using System.CommandLine;
using Stash.Core.Restics;
using Stash.Operator.Runner;

namespace Stash.Operator.Commands;

/// <summary>A command that runs one operation, other than a backup, for each Restic of a file.</summary>
internal static class OperationCommand
{
    public static Command Create(string op, string description, Func<RunnerContext, Restic, Func<ResticCli, OngoingSession, CancellationToken, Task>> work)
    {
        Command command = new(op, $"{description} Exit code 0 where all succeeded, 1 where one failed, 2 on wrong usage.");
        ResticFlags restics = new(command);
        RunnerFlags runner = new(command);
        command.SetAction((result, _) =>
        {
            var chosen = restics.Choose(result);
            return runner.RunAsync(result, context => RunAsync(context, chosen.Select(restic => (restic, work(context, restic))), op));
        });
        return command;
    }

    /// <summary>Runs sessions one after another until told to stop.</summary>
    /// <returns>0 where all succeeded, else 1.</returns>
    public static async Task<int> RunAsync(RunnerContext context, IEnumerable<(Restic Restic, Func<ResticCli, OngoingSession, CancellationToken, Task> Work)> sessions, string op)
    {
        RepositorySession runner = new(context);
        var good = true;
        try
        {
            foreach (var (restic, work) in sessions)
            {
                context.Signals.Stop.ThrowIfCancellationRequested();
                good &= await runner.RunAsync(restic, op, _ => NextRun.None, work);
            }
        }
        catch (OperationCanceledException)
        {
            good = false;
        }

        return good ? 0 : 1;
    }
}
