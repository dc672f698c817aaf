using Prometheus;
using Stash.Core.Monitoring;

namespace Stash.Operator.Telemetry;

/// <summary>What the operator's controllers do: each puts one kind of object into effect.</summary>
internal sealed class ControllerMetrics
{
    // No whole numbers: OpenMetrics would write these bounds otherwise than the text format.
    private static readonly double[] Seconds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.5, 7.5];

    private readonly CollectorRegistry _registry;
    private readonly Counter _reconciles;
    private readonly Counter _errors;
    private readonly Gauge _waiting;
    private readonly Histogram _duration;

    public ControllerMetrics(OperatorMetrics metrics)
    {
        _registry = metrics.Registry;
        var factory = metrics.Factory;
        _reconciles = factory.CreateCounter(
            "stash_controller_reconciles_total",
            "Attempts since the start to put an object into effect, by result: applied (something was changed for it), unchanged (all was as it wants), invalid (it is not valid), failed.",
            ["controller", "result"]);
        _errors = factory.CreateCounter("stash_controller_reconcile_errors_total", "Attempts since the start that did not put the object into effect: those with result invalid or failed.", ["controller"]);
        _waiting = factory.CreateGauge("stash_controller_queue_depth", "Changes that wait until those before are in effect.", ["controller"]);
        _duration = factory.CreateHistogram(
            "stash_controller_reconcile_duration_seconds", "How long attempts to put an object into effect took.", ["controller"], new HistogramConfiguration { Buckets = Seconds });
    }

    /// <summary>Counts what a controller does from now on.</summary>
    /// <param name="controller">Its name; not from outside.</param>
    /// <param name="reconciliations">What it does.</param>
    public void Add(string controller, Reconciliations reconciliations)
    {
        var results = Enum.GetValues<ReconcileResult>().ToDictionary(r => r, r => _reconciles.WithLabels(controller, r.ToString().ToLowerInvariant()));
        var (errors, waiting, duration) = (_errors.WithLabels(controller), _waiting.WithLabels(controller), _duration.WithLabels(controller));
        reconciliations.Subscribe((result, took) =>
        {
            results[result].Inc();
            duration.Observe(took.TotalSeconds);
            if (result is ReconcileResult.Invalid or ReconcileResult.Failed)
            {
                errors.Inc();
            }
        });
        _registry.AddBeforeCollectCallback(() => waiting.Set(reconciliations.Waiting));
    }
}
