using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Stash.Operator.Access;

/// <summary>
/// Whether the cluster answers, and gives the operator the rights it needs. What is wrong there never makes the operator unready: the push gateway takes
/// pushes all the same, and would lose them if it were taken out of its Service.
/// </summary>
internal sealed class KubernetesHealthCheck(ClusterRequests cluster) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var problems = cluster.Problems;
        return Task.FromResult(problems.Count == 0 ? HealthCheckResult.Healthy() : HealthCheckResult.Degraded(string.Join(' ', problems)));
    }
}
