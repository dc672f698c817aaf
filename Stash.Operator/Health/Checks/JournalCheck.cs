using System.Data.Common;
using System.Globalization;
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
        try
        {
            await journal.ProbeAsync(cancellationToken);
        }
        catch (DbException)
        {
            return HealthCheckResult.Unhealthy($"{journal.Name} cannot be read and written: {journal.Remedy}");
        }

        var (progress, last) = (follower.Progress, groups.Position);
        if (progress.IsFailing)
        {
            return HealthCheckResult.Unhealthy($"{journal.Name} cannot be written; pushes are safe in the gateway's log meanwhile: {journal.Remedy}");
        }

        // It serves, with what it has: behind is no reason to take requests away from it.
        var lag = progress.Lag(last, time.GetUtcNow());
        return lag > Behind
            ? HealthCheckResult.Degraded(string.Create(CultureInfo.InvariantCulture, $"{progress.LagRecords(last)} pushes, {(long)lag.TotalMinutes} min behind the gateway"))
            : HealthCheckResult.Healthy();
    }
}
