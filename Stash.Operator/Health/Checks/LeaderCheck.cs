using Microsoft.Extensions.Diagnostics.HealthChecks;
using Stash.Operator.Monitoring;

namespace Stash.Operator.Health.Checks;

/// <summary>
/// Somebody puts settings into effect. Who stands by serves as well as who leads; and where nobody does, as while the cluster's API server is away, pushes are taken all the same, so that is told and does not
/// make the operator unready.
/// </summary>
internal sealed class LeaderCheck(ILeadership leadership) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) => Task.FromResult(leadership.Leader is { Length: > 0 } leader
        ? HealthCheckResult.Healthy(leader)
        : HealthCheckResult.Degraded($"no process leads, so settings are not put into effect. {leadership.Problem ?? "One is elected within seconds."}"));
}
