using Microsoft.Extensions.Diagnostics.HealthChecks;
using Stash.Operator.Health.Checks;

namespace Stash.Operator.Health;

internal static class HealthExtensions
{
    /// <summary>
    /// The checks of what every operator has. Other concerns add theirs beside their other services; the order of registration is that of the list.
    /// A check that fails says in its description why and what to do: everybody may read it, so it has no path, no secret and no exception's text.
    /// </summary>
    public static IServiceCollection AddStashHealth(this IServiceCollection services)
    {
        services.AddSingleton<HealthReports>().AddHostedService<HealthWatch>();
        services.AddHealthChecks()
            .AddCheck("ping", () => HealthCheckResult.Healthy(), [HealthTags.Live, HealthTags.Ready, HealthTags.Instant])
            .AddCheck<GatewayWriterCheck>("gateway-writer", tags: [HealthTags.Live, HealthTags.Ready])
            .AddCheck<GatewayCheck>("gateway", tags: [HealthTags.Ready])
            .AddCheck<JournalCheck>("journal", tags: [HealthTags.Ready])
            .AddCheck<DiskSpaceCheck>("disk-space", tags: [HealthTags.Ready])
            .AddCheck<LeaderCheck>("leader", tags: [HealthTags.Ready])
            .AddCheck<ShutdownCheck>("shutdown", tags: [HealthTags.Ready, HealthTags.Instant]);
        return services;
    }
}
