using Stash.Core.Monitoring;
using Stash.Core.Sessions.Journal;
using Stash.Operator.Monitoring;
using Stash.Operator.Telemetry.Runtime;

namespace Stash.Operator.Telemetry;

/// <summary>Adds the operator's metrics to its host.</summary>
internal static class TelemetryExtensions
{
    public static IServiceCollection AddOperatorTelemetry(this IServiceCollection services) =>
        services.AddSingleton<OperatorMetrics>().AddRegistry(s => s.GetRequiredService<OperatorMetrics>().Registry)
            .AddSingleton<Collections>().AddSingleton<ThrownExceptions>().AddSingleton<ControllerMetrics>()
            .AddSingleton(s => new AppMetrics(s.GetRequiredService<SessionJournal>(), s.GetRequiredService<JournalFollower>().Progress, s.GetRequiredService<TimeProvider>(), s.GetRequiredService<ILogger<AppMetrics>>()));

    /// <summary>Registers the metrics of process, runtime and operator, and maps the endpoint.</summary>
    public static void UseOperatorTelemetry(this WebApplication app)
    {
        var services = app.Services;
        var metrics = services.GetRequiredService<OperatorMetrics>();
        ScrapedMetrics<RuntimeReading> runtime = new(metrics.Registry, RuntimeReading.Take);
        ProcessMetrics.Add(runtime, r => r.Process);
        GoMetrics.Add(metrics, runtime, services.GetRequiredService<Collections>());
        DotNetMetrics.Add(runtime, services.GetRequiredService<ThrownExceptions>());
        OperatorFamilies.AddBuildInfo(metrics);
        OperatorFamilies.AddLeadership(metrics, services.GetRequiredService<ILeadership>());
        OperatorFamilies.AddSessions(metrics, services.GetRequiredService<SessionJournal>().Counts);
        services.GetRequiredService<AppMetrics>().AddTo(metrics);
        services.GetRequiredService<ControllerMetrics>().Add("monitoring", services.GetRequiredService<IMonitoringSettings>().Reconciliations);
        app.MapMetricsEndpoint();
    }
}
