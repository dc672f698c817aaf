using System.Globalization;
using Stash.Core.Configuration;
using Stash.Operator.Api;
using Stash.Operator.Health;
using Stash.Operator.Requests;

namespace Stash.Operator.Audit;

internal static class AuditExtensions
{
    /// <summary>The header that names a request in the audit log, as Kubernetes' servers do.</summary>
    public const string IdHeader = "Audit-Id";

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
        app.Use(next => context => RequestInfo.Of(context).IsChange ? ChangeAsync(context, next) : next(context));

        async Task ChangeAsync(HttpContext context, RequestDelegate next)
        {
            // Not the client's: an id that somebody chose is no proof. The operator's log names a request that failed by it.
            context.TraceIdentifier = Guid.NewGuid().ToString("D", CultureInfo.InvariantCulture);
            if (await log.ReserveAsync(context.RequestAborted) is { } problem)
            {
                metrics.Rejected.Inc();
                context.Response.Headers[IdHeader] = context.TraceIdentifier;
                context.Response.Headers.RetryAfter = "5";
                await ApiStatus.Of(StatusCodes.Status503ServiceUnavailable, "ServiceUnavailable", $"nothing was changed, since the audit log cannot be written: {problem}. Then send it again").WriteAsync(context);
                return;
            }

            _ = new AuditedRequest(context, log, time);
            await next(context);
        }
    }
}
