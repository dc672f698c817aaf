using System.Globalization;
using Stash.Core.Configuration;
using Stash.Operator.Api;
using Stash.Operator.Gateway.Access;
using Stash.Operator.Health;
using Stash.Operator.Requests;

namespace Stash.Operator.Audit;

internal static class AuditExtensions
{
    /// <summary>The header that names a request in the audit log, as Kubernetes' servers do.</summary>
    public const string IdHeader = "Audit-Id";

    /// <summary>Requests without a valid credential that are recorded; then one a second.</summary>
    private const int StrangersAtOnce = 100;
    private const int RetrySeconds = 5;

    public static IServiceCollection AddStashAudit(this IServiceCollection services)
    {
        services.AddSingleton<AuditMetrics>().AddSingleton<AuditLog>().AddSingleton(s => AuditLog.Sink(
            s.GetRequiredService<StashOptions>(), s.GetRequiredService<DataFolder>(), s.GetRequiredService<TimeProvider>(), s.GetRequiredService<ILogger<AuditLog>>()));
        services.AddHealthChecks().AddCheck<AuditCheck>("audit", tags: [HealthTags.Ready]);
        return services;
    }

    /// <summary>
    /// Records each request that changes something, once it is known who sends it and before it is known whether he may. What cannot be recorded is
    /// refused before anything is changed.
    /// </summary>
    public static void UseStashAudit(this IApplicationBuilder app)
    {
        var log = app.ApplicationServices.GetRequiredService<AuditLog>();
        var metrics = app.ApplicationServices.GetRequiredService<AuditMetrics>();
        var time = app.ApplicationServices.GetRequiredService<TimeProvider>();
        RequestRate strangers = new(TimeSpan.FromSeconds(1), StrangersAtOnce, time);
        app.Use(next => context => RequestInfo.Of(context).IsChange ? ChangeAsync(context, next) : next(context));

        async Task ChangeAsync(HttpContext context, RequestDelegate next)
        {
            // Not the client's: an id that somebody chose is no proof. The operator's log names a request that failed by it.
            context.TraceIdentifier = Guid.NewGuid().ToString("D", CultureInfo.InvariantCulture);
            if (await log.ReserveAsync(context.RequestAborted) is { } problem)
            {
                metrics.Rejected.Inc();
                context.Response.Headers[IdHeader] = context.TraceIdentifier;
                await ApiStatus.ComeAgain(StatusCodes.Status503ServiceUnavailable, $"nothing was changed, since the audit log cannot be written: {problem}. Then send it again", RetrySeconds).WriteAsync(context);
                return;
            }

            _ = new AuditedRequest(context, log, strangers, metrics, time);
            await next(context);
        }
    }
}
