using Prometheus;
using Stash.Core.Gateway;

namespace Stash.Operator.Gateway;

/// <summary>What the store holds and what it met, among the gateway's own metrics.</summary>
internal static class StoreMetrics
{
    public static void Add(GatewayMetrics metrics, GroupStore store)
    {
        var factory = Metrics.WithCustomRegistry(metrics.Registry);
        var groups = factory.CreateGauge(GatewayFamilies.Groups, "Groups that the gateway holds.");
        var series = factory.CreateGauge(GatewayFamilies.Series, "Series that the gateway holds.");
        var pushes = factory.CreateCounter(GatewayFamilies.Pushes, "Pushes made durable since the start.");
        var syncs = factory.CreateCounter(GatewayFamilies.Syncs, "Writes of the push log since the start, each synced to the disk; the pushes that came meanwhile share one.");
        var expired = factory.CreateCounter(GatewayFamilies.Expired, "Groups deleted since the start because their time was over.");
        var logBytes = factory.CreateGauge(GatewayFamilies.LogBytes, "Bytes of the push log. It shrinks when a snapshot holds what is in it and the session journal has taken it in.");
        var segments = factory.CreateGauge(GatewayFamilies.LogSegments, "Files of the push log.");
        var cuts = factory.CreateCounter(GatewayFamilies.LogCuts, "Files of the push log, its snapshot among them, that were found torn or damaged at the start and were cut at their last good record.");
        var cutBytes = factory.CreateCounter(GatewayFamilies.LogCutBytes, "Bytes of the push log, its snapshot among them, that were lost at the start because they were torn or damaged.");
        var snapshotBytes = factory.CreateGauge(GatewayFamilies.SnapshotBytes, "Bytes of the last snapshot; 0 where there is none.");
        var snapshotTime = factory.CreateGauge(GatewayFamilies.SnapshotTime, "When the last snapshot was made, Unix seconds; 0 where there is none.");
        var unavailable = factory.CreateGauge(GatewayFamilies.Unavailable, "1 while the push log cannot be written, as on a full disk, so that pushes are answered 503; else 0.");
        metrics.Registry.AddBeforeCollectCallback(() =>
        {
            var now = store.Statistics;
            groups.Set(now.Groups);
            series.Set(now.Series);
            pushes.IncTo(now.Pushes);
            syncs.IncTo(now.Syncs);
            expired.IncTo(now.Expired);
            logBytes.Set(now.LogBytes);
            segments.Set(now.LogSegments);
            cuts.IncTo(now.Cuts);
            cutBytes.IncTo(now.CutBytes);
            snapshotBytes.Set(now.SnapshotBytes);
            snapshotTime.Set(now.SnapshotTime?.ToUnixTimeMilliseconds() / 1000d ?? 0);
            unavailable.Set(now.Failing ? 1 : 0);
        });
    }
}
