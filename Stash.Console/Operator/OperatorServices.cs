using Stash.Core.Configuration;

namespace Stash.Console.Operator;

/// <summary>Composes the console's link to the operator.</summary>
public static class OperatorServices
{
    public static IServiceCollection AddOperator(this IServiceCollection services, StashOptions options, DataFolder folder)
    {
        services.AddSingleton(new OperatorCredentials(folder));
        services.AddSingleton(provider => new OperatorClient(options.Operator.Address, provider.GetRequiredService<OperatorCredentials>(), provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<LiveFeed>();
        services.AddHostedService<LiveFeedService>();
        return services;
    }
}
