using Microsoft.Extensions.Diagnostics.HealthChecks;
using Stash.Operator.Hosting;

namespace Stash.Operator.Health.Checks;

/// <summary>Fails from the moment at which the process is told to end.</summary>
internal sealed class ShutdownCheck(Shutdown shutdown) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(shutdown.IsUnderWay ? HealthCheckResult.Unhealthy("the operator is shutting down") : HealthCheckResult.Healthy());
}
