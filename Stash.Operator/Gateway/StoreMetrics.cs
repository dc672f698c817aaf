using Prometheus;
using Stash.Core.Gateway;
using Stash.Operator.Telemetry;

namespace Stash.Operator.Gateway;

/// <summary>What the store holds and what it met.</summary>
internal static class StoreMetrics
{
    public static void Add(CollectorRegistry registry, GroupStore store) => new ScrapedMetrics<StoreStatistics>(registry, () => store.Statistics)
        .Gauge(GatewayFamilies.Groups, "Groups that the gateway holds.", s => s.Groups)
        .Gauge(GatewayFamilies.Series, "Series that the gateway holds.", s => s.Series)
        .Counter(GatewayFamilies.Pushes, "Pushes made durable since the start.", s => s.Pushes)
        .Counter(GatewayFamilies.Syncs, "Writes of the push log since the start, each synced to the disk; the pushes that came meanwhile share one.", s => s.Syncs)
        .Counter(GatewayFamilies.Expired, "Groups deleted since the start because their time was over.", s => s.Expired)
        .Gauge(GatewayFamilies.LogBytes, "Bytes of the push log. It shrinks when a snapshot holds what is in it and the session journal has taken it in.", s => s.LogBytes)
        .Gauge(GatewayFamilies.LogSegments, "Files of the push log.", s => s.LogSegments)
        .Counter(GatewayFamilies.LogCuts, "Files of the push log, its snapshot among them, that were found torn or damaged at the start and were cut at their last good record.", s => s.Cuts)
        .Counter(GatewayFamilies.LogCutBytes, "Bytes of the push log, its snapshot among them, that were lost at the start because they were torn or damaged.", s => s.CutBytes)
        .Gauge(GatewayFamilies.SnapshotBytes, "Bytes of the last snapshot; 0 where there is none.", s => s.SnapshotBytes)
        .Gauge(GatewayFamilies.SnapshotTime, "When the last snapshot was made, Unix seconds; 0 where there is none.", s => s.SnapshotTime?.ToUnixTimeMilliseconds() / 1000d ?? 0)
        .Gauge(GatewayFamilies.Unavailable, "1 while the push log cannot be written, as on a full disk, so that pushes are answered 503; else 0.", s => s.Failing ? 1 : 0);
}
