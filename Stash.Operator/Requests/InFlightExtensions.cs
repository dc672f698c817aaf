using Stash.Operator.Api;
using Stash.Operator.Telemetry;

namespace Stash.Operator.Requests;

internal static class InFlightExtensions
{
    private const int RetrySeconds = 1;

    public static IServiceCollection AddInFlightLimits(this IServiceCollection services) => services.AddSingleton<InFlightLimits>();

    /// <summary>Answers 429 to requests beyond the limits; not to those that are open to everybody, which are the probes' of health.</summary>
    public static void UseInFlightLimits(this IApplicationBuilder app)
    {
        var limits = app.ApplicationServices.GetRequiredService<InFlightLimits>();
        InFlightMetrics.Add(app.ApplicationServices.GetRequiredService<OperatorMetrics>(), limits);
        app.Use(next => async context =>
        {
            var request = RequestInfo.Of(context);
            var kind = limits.For(request);
            if (!kind.TryEnter(request.IsOpen))
            {
                await ApiStatus.ComeAgain(StatusCodes.Status429TooManyRequests, kind.Refusal, RetrySeconds).WriteAsync(context);
                return;
            }

            try
            {
                await next(context);
            }
            finally
            {
                kind.Leave(request.IsOpen);
            }
        });
    }
}
