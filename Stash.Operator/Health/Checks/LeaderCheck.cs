using Microsoft.Extensions.Diagnostics.HealthChecks;
using Stash.Operator.Monitoring;

namespace Stash.Operator.Health.Checks;

/// <summary>Somebody puts settings into effect. Who stands by serves as well as who leads.</summary>
internal sealed class LeaderCheck(ILeadership leadership) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) => Task.FromResult(leadership.Leader is { Length: > 0 } leader
        ? HealthCheckResult.Healthy(leader)
        : HealthCheckResult.Unhealthy("no process leads, so settings are not put into effect: see that the operators can reach each other's lease"));
}
