using Microsoft.Extensions.Diagnostics.HealthChecks;
using Stash.Core.Gateway;

namespace Stash.Operator.Health.Checks;

/// <summary>The push gateway takes pushes.</summary>
internal sealed class GatewayCheck(GroupStore store) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) => await store.IsWritableAsync(cancellationToken)
        ? HealthCheckResult.Healthy()
        : HealthCheckResult.Unhealthy("the push log cannot be written, so no push is taken: see that the disk of the data folder has space and that stash may write there");
}

/// <summary>What writes the push log is at work. Nothing but a restart brings it back.</summary>
internal sealed class GatewayWriterCheck(GroupStore store) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) => Task.FromResult(store.IsRunning
        ? HealthCheckResult.Healthy()
        : HealthCheckResult.Unhealthy("what writes the push log has ended by a fault of stash: restart it, and report what its log says"));
}
