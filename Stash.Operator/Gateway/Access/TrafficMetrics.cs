using Prometheus;
using Stash.Core.Gateway;
using Stash.Operator.Telemetry;

namespace Stash.Operator.Gateway.Access;

/// <summary>How busy the gateway is, and whom it holds back.</summary>
internal static class TrafficMetrics
{
    public static void Add(CollectorRegistry registry, PushAdmission admission, FloodControl flood) => new ScrapedMetrics<FloodControl>(registry, () => flood)
        .Gauge(GatewayFamilies.PushesInProgress, "Pushes that are read and wait to be on the disk.", _ => admission.InProgress)
        .Gauge(GatewayFamilies.BodyMemory, "Bytes that the bodies of pushes take in memory, those of at most 16 KiB not counted.", _ => admission.Taken)
        .Gauge(GatewayFamilies.RequestsWaiting, "Requests that wait for their turn because their connection has sent too many that were refused.", f => f.Waiting)
        .Counter(GatewayFamilies.RequestsDelayed, "Requests since the start that had to wait so.", f => f.Delayed)
        .Counter(GatewayFamilies.RequestsTurnedAway, "Requests since the start that were answered 429 because too many waited so.", f => f.TurnedAway);
}
