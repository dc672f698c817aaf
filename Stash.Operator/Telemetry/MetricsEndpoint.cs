using Stash.Operator.Gateway;

namespace Stash.Operator.Telemetry;

/// <summary><c>GET /metrics</c> on :8443: what the operator measures of itself.</summary>
internal static class MetricsEndpoint
{
    public const string Path = "/metrics";
    private static readonly string[] Methods = [HttpMethods.Get, HttpMethods.Head];

    public static void MapMetricsEndpoint(this IEndpointRouteBuilder routes)
    {
        var metrics = routes.ServiceProvider.GetRequiredService<OperatorMetrics>();
        routes.MapMethods(Path, Methods, (RequestDelegate)(context => ExposeAsync(context, metrics))).ExcludeFromDescription();
    }

    private static async Task ExposeAsync(HttpContext context, OperatorMetrics metrics)
    {
        var format = ExpositionAnswer.FormatOf(context.Request);
        await metrics.ReadAsync(
            families => ExpositionAnswer.WriteAsync(
                context,
                format.ContentType,
                output => ExpositionWriter.WriteAsync(output, format.Kind, families, families.Select(f => f.Name).ToHashSet(StringComparer.Ordinal), context.RequestAborted)),
            context.RequestAborted);
    }
}
