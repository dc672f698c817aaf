using Prometheus;

namespace Stash.Operator.Telemetry;

/// <summary>A host has a registry for each of its endpoints that exposes metrics; what concerns both is in both.</summary>
internal static class RegistryExtensions
{
    public static IServiceCollection AddRegistry(this IServiceCollection services, Func<IServiceProvider, CollectorRegistry> registry) => services.AddSingleton(registry);

    public static void ForEachRegistry(this IServiceProvider services, Action<CollectorRegistry> register)
    {
        foreach (var registry in services.GetServices<CollectorRegistry>())
        {
            register(registry);
        }
    }
}
