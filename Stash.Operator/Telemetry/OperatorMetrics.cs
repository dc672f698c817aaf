using Prometheus;

namespace Stash.Operator.Telemetry;

/// <summary>
/// The registry of what :8443/metrics exposes. Each concern registers its own families; none uses prometheus-net's default registry, so that two
/// hosts in one process do not share theirs.
/// </summary>
internal sealed class OperatorMetrics
{
    public OperatorMetrics() => Factory = Metrics.WithCustomRegistry(Registry);

    public CollectorRegistry Registry { get; } = Metrics.NewCustomRegistry();

    public IMetricFactory Factory { get; }
}
