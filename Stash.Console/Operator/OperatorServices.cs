using Stash.Console.People;
using Stash.Core.Configuration;

namespace Stash.Console.Operator;

/// <summary>Composes the console's link to the operator.</summary>
public static class OperatorServices
{
    public static IServiceCollection AddOperator(this IServiceCollection services, StashOptions options, DataFolder folder)
    {
        services.AddSingleton(new OperatorCredentials(options.Operator, folder));
        services.AddSingleton(provider => new OperatorConnection(options.Operator.Address, provider.GetRequiredService<OperatorCredentials>(), provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(provider => new LiveFeed(
            new OperatorClient(provider.GetRequiredService<OperatorConnection>(), provider.GetRequiredService<OperatorCredentials>()),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<LiveFeed>>()));
        services.AddHostedService<LiveFeedService>();
        // Of a page: what it asks, it asks for whoever looks at it.
        services.AddScoped(provider => new OperatorClient(
            provider.GetRequiredService<OperatorConnection>(),
            options.Console.IsPersonal ? provider.GetRequiredService<Visitor>() : provider.GetRequiredService<OperatorCredentials>()));
        return services;
    }
}
