using Prometheus;
using Stash.Core.Gateway;
using Stash.Core.Sessions.Journal;
using Stash.Operator.Gateway;

namespace Stash.Operator.Hosting;

/// <summary>How far the journal of sessions is behind the gateway, among the gateway's own metrics.</summary>
internal static class JournalMetrics
{
    public static void Add(GatewayMetrics metrics, JournalProgress progress, GroupStore groups, TimeProvider time)
    {
        var factory = Metrics.WithCustomRegistry(metrics.Registry);
        var lag = factory.CreateGauge(GatewayFamilies.JournalLagPushes, "Changes in the push log that the session journal has not yet taken in.");
        var lagSeconds = factory.CreateGauge(GatewayFamilies.JournalLagSeconds, "Age of the last push that the session journal has taken in, while there are others; 0 where there are none.");
        var sessions = factory.CreateCounter(GatewayFamilies.JournalSessions, "Sessions taken into the session journal since the start.");
        var failures = factory.CreateCounter(GatewayFamilies.JournalFailures, "Failed attempts to write the session journal or to read the push log since the start, as on a full disk. Each is tried again.");
        metrics.Registry.AddBeforeCollectCallback(() =>
        {
            var last = groups.Position;
            lag.Set(progress.LagRecords(last));
            lagSeconds.Set(progress.Lag(last, time.GetUtcNow()).TotalSeconds);
            sessions.IncTo(progress.Sessions);
            failures.IncTo(progress.Failures);
        });
    }
}
