using System.Globalization;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Stash.Core.Gateway;
using Stash.Core.Sessions.Journal;

namespace Stash.Operator.Health.Checks;

/// <summary>The journal of sessions can be read and written, and what follows the push log does.</summary>
internal sealed class JournalCheck(SessionJournal journal, JournalFollower follower, GroupStore groups, TimeProvider time) : IHealthCheck
{
    private static readonly TimeSpan Behind = TimeSpan.FromMinutes(1);

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        const string Unwritten = "the session journal cannot be written; pushes are safe in the gateway's log meanwhile: see that the disk of the data folder has space and that no other program holds journal.db";
        try
        {
            await journal.ProbeAsync(cancellationToken);
        }
        catch (SqliteException)
        {
            return HealthCheckResult.Unhealthy("the session journal cannot be read and written: see that this user may do both with journal.db in the data folder, that its disk has space and that it is whole");
        }

        var (progress, last) = (follower.Progress, groups.Position);
        if (progress.IsFailing)
        {
            return HealthCheckResult.Unhealthy(Unwritten);
        }

        // It serves, with what it has: behind is no reason to take requests away from it.
        var lag = progress.Lag(last, time.GetUtcNow());
        return lag > Behind
            ? HealthCheckResult.Degraded(string.Create(CultureInfo.InvariantCulture, $"{progress.LagRecords(last)} pushes, {(long)lag.TotalMinutes} min behind the gateway"))
            : HealthCheckResult.Healthy();
    }
}
