using Microsoft.AspNetCore.Http.Features;
using Stash.Operator.Requests;

namespace Stash.Operator.Telemetry.Requests;

internal static class RequestMetricsExtensions
{
    public static IServiceCollection AddRequestMetrics(this IServiceCollection services) => services.AddSingleton<RequestMetrics>();

    /// <summary>Counts every request and what was answered; right after <see cref="RequestInfoExtensions.UseRequestInfo"/>.</summary>
    public static void UseRequestMetrics(this IApplicationBuilder app)
    {
        var metrics = app.ApplicationServices.GetRequiredService<RequestMetrics>();
        app.Use(next => async context =>
        {
            var begun = metrics.Begin();
            var body = context.Features.GetRequiredFeature<IHttpResponseBodyFeature>();
            CountedResponse counted = new(body);
            context.Features.Set<IHttpResponseBodyFeature>(counted);
            try
            {
                await next(context);
            }
            finally
            {
                context.Features.Set(body);
                // The server leaves the body of an answer to HEAD away.
                metrics.Count(context, begun, HttpMethods.IsHead(context.Request.Method) ? 0 : counted.Bytes);
            }
        });
    }

    /// <summary>Counts who was let in; right after authentication.</summary>
    public static void UseCallerMetrics(this IApplicationBuilder app)
    {
        var metrics = app.ApplicationServices.GetRequiredService<RequestMetrics>();
        app.Use(next => context =>
        {
            metrics.CountCaller(context);
            return next(context);
        });
    }
}
