using Stash.Core;
using Stash.Core.Restics;

namespace Stash.Operator.Runner;

/// <summary>A session on a Restic's repository, alone on it.</summary>
internal sealed partial class RepositorySession(RunnerContext context)
{
    private readonly ILogger _logger = context.Logger;
    private readonly SessionRunner _sessions = new(context);

    /// <summary>Waits for the repository, then runs the session and reports it.</summary>
    /// <param name="restic">Whose repository.</param>
    /// <param name="op">Null for a backup.</param>
    /// <param name="nextRun">When the schedule runs next.</param>
    /// <param name="work">The session itself.</param>
    /// <returns>True where it succeeded.</returns>
    /// <exception cref="OperationCanceledException">Asked to stop while it waited: there was no session.</exception>
    public async Task<bool> RunAsync(Restic restic, string? op, Func<DateTimeOffset, NextRun> nextRun, Func<ResticCli, OngoingSession, CancellationToken, Task> work)
    {
        RepositoryLock? right = null;
        UserErrorException? problem = null;
        try
        {
            if (restic.Backend is { } backend)
            {
                right = await RepositoryLock.AcquireAsync(context.State, backend.PublicRepository, () => LogWaiting(restic.Name, backend.PublicRepository), context.Signals.Stop);
            }
        }
        catch (UserErrorException e)
        {
            problem = e;
        }

        using (right)
        {
            ResticCli? cli = null;
            var good = await _sessions.RunAsync(context.IdentityOf(restic, op), nextRun, async (session, cancellationToken) =>
            {
                if (problem is not null)
                {
                    throw problem;
                }

                if (restic.Backend is not { } backend)
                {
                    throw new UserErrorException("spec.backend is missing: say where the repository is.");
                }

                cli = new ResticCli(RepositoryAccess.Open(backend, context.CacheDirectory), _logger, context.Signals.Abort);
                if (right!.WasCutShort)
                {
                    LogUnlocking(restic.Name);
                    await cli.UnlockAsync();
                }

                await work(cli, session, cancellationToken);
            });
            if (cli is not { MayHaveLeftLock: true })
            {
                right?.EndedCleanly();
            }

            return good;
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "{Restic} waits: another session is on the repository {Repository}.")]
    private partial void LogWaiting(string restic, string repository);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Restic}: the last session on this repository was cut short; stale locks are taken away.")]
    private partial void LogUnlocking(string restic);
}
