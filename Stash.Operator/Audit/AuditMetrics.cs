using Prometheus;
using Stash.Operator.Telemetry;

namespace Stash.Operator.Audit;

/// <summary>The audit log's metrics; those named apiserver_* are Kubernetes'.</summary>
internal sealed class AuditMetrics(OperatorMetrics metrics)
{
    public Counter Events { get; } = metrics.Factory.CreateCounter("apiserver_audit_event_total", "Events that the audit log has taken: one for each request that changes something, refused ones too.");

    public Counter Errors { get; } = metrics.Factory.CreateCounter("stash_audit_errors_total", "Failed attempts to write the audit log or to set space aside for it.");

    public Gauge Available { get; } = metrics.Factory.CreateGauge("stash_audit_available", "Whether the audit log could be written when that was last tried: 1, else 0 and changes are refused.");

    public Counter Rejected { get; } = metrics.Factory.CreateCounter("apiserver_audit_requests_rejected_total", "Requests that were refused with 503 because the audit log cannot be written.");

    public Counter Unrecorded { get; } = metrics.Factory.CreateCounter("stash_audit_unrecorded_total", "Requests refused for want of a valid credential that were more than the audit log takes of such: 100 at once, then one a second.");
}
