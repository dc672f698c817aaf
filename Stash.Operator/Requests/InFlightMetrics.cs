using Stash.Operator.Telemetry;

namespace Stash.Operator.Requests;

/// <summary>What is in progress on the API, and what was refused because of it, named as Kubernetes' API server does.</summary>
internal static class InFlightMetrics
{
    public static void Add(OperatorMetrics metrics, InFlightLimits limits)
    {
        var current = metrics.Factory.CreateGauge("apiserver_current_inflight_requests", "Requests to the API that are in progress at this moment, this one among them; streams do not count.", ["requestKind"]);
        var streams = metrics.Factory.CreateGauge("apiserver_longrunning_requests", "Streams of the API that are open at this moment.");
        var refused = metrics.Factory.CreateCounter(
            "apiserver_dropped_requests_total", "Requests to the API since the start that were answered 429 because as many of their kind as may be were in progress.", ["request_kind"]);
        (InFlightKind Kind, string Name)[] counted = [(limits.Reads, "readOnly"), (limits.Changes, "mutating")];
        metrics.Registry.AddBeforeCollectCallback(() =>
        {
            streams.Set(limits.Streams.Current);
            refused.WithLabels("longRunning").IncTo(limits.Streams.Refused);
            foreach (var (kind, name) in counted)
            {
                current.WithLabels(name).Set(kind.Current);
                refused.WithLabels(name).IncTo(kind.Refused);
            }
        });
    }
}
