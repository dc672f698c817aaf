using Stash.Core.Configuration;
using Stash.Core.Gateway;
using Stash.Operator.Gateway.Web;
using Stash.Operator.Telemetry;

namespace Stash.Operator.Gateway;

/// <summary>Adds the push gateway to a host that has a <see cref="GroupStore"/>, <see cref="StashOptions"/>, a <see cref="TimeProvider"/> and a <see cref="Hosting.Shutdown"/>.</summary>
internal static class GatewayExtensions
{
    public static IServiceCollection AddStashGateway(this IServiceCollection services) =>
        services.AddSingleton<GatewayMetrics>().AddRegistry(s => s.GetRequiredService<GatewayMetrics>().Registry).AddSingleton<PushAdmission>().AddSingleton<PushHandler>()
            .AddSingleton<ScrapeHandler>().AddSingleton<JsonApi>().AddSingleton<WebPages>().AddSingleton<GatewayRouter>()
            .AddHostedService<GroupExpiry>();

    /// <summary>Answers every request that comes here as the push gateway does: what it does not know gets 404.</summary>
    public static IApplicationBuilder UseStashGateway(this IApplicationBuilder app)
    {
        var router = app.ApplicationServices.GetRequiredService<GatewayRouter>();
        var store = app.ApplicationServices.GetRequiredService<GroupStore>();
        app.ApplicationServices.ForEachRegistry(r => StoreMetrics.Add(r, store));
        app.Run(router.HandleAsync);
        return app;
    }
}
