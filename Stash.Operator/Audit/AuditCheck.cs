using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Stash.Operator.Audit;

/// <summary>The audit log can be written, so that changes are taken.</summary>
internal sealed class AuditCheck(AuditLog log) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) => await log.ProbeAsync(cancellationToken) is { } problem
        ? HealthCheckResult.Unhealthy($"the audit log cannot be written, so that changes are refused: {problem}")
        : HealthCheckResult.Healthy();
}
