using Prometheus;
using Stash.Core.Gateway;

namespace Stash.Operator.Gateway.Access;

/// <summary>How busy the gateway is, and whom it holds back, among its own metrics.</summary>
internal static class TrafficMetrics
{
    public static void Add(GatewayMetrics metrics, PushAdmission admission, FloodControl flood)
    {
        var factory = Metrics.WithCustomRegistry(metrics.Registry);
        var inProgress = factory.CreateGauge(GatewayFamilies.PushesInProgress, "Pushes that are read and wait to be on the disk.");
        var memory = factory.CreateGauge(GatewayFamilies.BodyMemory, "Bytes that the bodies of pushes take in memory, those of at most 16 KiB not counted.");
        var waiting = factory.CreateGauge(GatewayFamilies.RequestsWaiting, "Requests that wait for their turn because their connection has sent too many that were refused.");
        var delayed = factory.CreateCounter(GatewayFamilies.RequestsDelayed, "Requests since the start that had to wait so.");
        var turnedAway = factory.CreateCounter(GatewayFamilies.RequestsTurnedAway, "Requests since the start that were answered 429 because too many waited so.");
        metrics.Registry.AddBeforeCollectCallback(() =>
        {
            inProgress.Set(admission.InProgress);
            memory.Set(admission.Taken);
            waiting.Set(flood.Waiting);
            delayed.IncTo(flood.Delayed);
            turnedAway.IncTo(flood.TurnedAway);
        });
    }
}
