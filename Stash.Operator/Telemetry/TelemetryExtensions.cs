using Stash.Operator.Telemetry.Runtime;

namespace Stash.Operator.Telemetry;

/// <summary>Adds the operator's metrics to its host.</summary>
internal static class TelemetryExtensions
{
    public static IServiceCollection AddOperatorTelemetry(this IServiceCollection services) =>
        services.AddSingleton<OperatorMetrics>().AddRegistry(s => s.GetRequiredService<OperatorMetrics>().Registry)
            .AddSingleton<Collections>().AddSingleton<ThrownExceptions>();

    /// <summary>Registers the metrics of process and runtime, and maps the endpoint.</summary>
    public static void UseOperatorTelemetry(this WebApplication app)
    {
        var metrics = app.Services.GetRequiredService<OperatorMetrics>();
        ScrapedMetrics<RuntimeReading> runtime = new(metrics.Registry, RuntimeReading.Take);
        ProcessMetrics.Add(runtime, r => r.Process);
        GoMetrics.Add(metrics, runtime, app.Services.GetRequiredService<Collections>());
        DotNetMetrics.Add(runtime, app.Services.GetRequiredService<ThrownExceptions>());
        app.MapMetricsEndpoint();
    }
}
