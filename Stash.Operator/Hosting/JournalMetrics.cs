using Prometheus;
using Stash.Core.Gateway;
using Stash.Core.Sessions.Journal;
using Stash.Operator.Telemetry;

namespace Stash.Operator.Hosting;

/// <summary>How far the journal of sessions is behind the gateway.</summary>
internal static class JournalMetrics
{
    public static void Add(CollectorRegistry registry, JournalProgress progress, GroupStore groups, TimeProvider time) => new ScrapedMetrics<long>(registry, () => groups.Position)
        .Gauge(GatewayFamilies.JournalLagPushes, "Changes in the push log that the session journal has not yet taken in.", last => progress.LagRecords(last))
        .Gauge(GatewayFamilies.JournalLagSeconds, "Age of the last push that the session journal has taken in, while there are others; 0 where there are none.", last => progress.Lag(last, time.GetUtcNow()).TotalSeconds)
        .Counter(GatewayFamilies.JournalSessions, "Sessions taken into the session journal since the start.", _ => progress.Sessions)
        .Counter(GatewayFamilies.JournalFailures, "Failed attempts to write the session journal or to read the push log since the start, as on a full disk. Each is tried again.", _ => progress.Failures);
}
