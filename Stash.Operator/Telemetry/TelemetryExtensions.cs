using Stash.Operator.Gateway;

namespace Stash.Operator.Telemetry;

/// <summary>Adds the operator's metrics to its host.</summary>
internal static class TelemetryExtensions
{
    public static IServiceCollection AddOperatorTelemetry(this IServiceCollection services) => services.AddSingleton<OperatorMetrics>();

    /// <summary>Registers what no other concern does, and maps the endpoint.</summary>
    public static void UseOperatorTelemetry(this WebApplication app)
    {
        var metrics = app.Services.GetRequiredService<OperatorMetrics>();
        metrics.AddFamilies(ProcessMetrics.Families);
        app.MapMetricsEndpoint();
    }
}
