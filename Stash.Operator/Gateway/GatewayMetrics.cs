using System.Reflection;
using System.Runtime.InteropServices;
using Microsoft.AspNetCore.Http.Features;
using Prometheus;
using Stash.Core.Exposition;
using Stash.Core.Gateway;

namespace Stash.Operator.Gateway;

/// <summary>The gateway's own metrics, named, typed and described as the reference's.</summary>
internal sealed class GatewayMetrics
{
    private readonly CollectorRegistry _registry = Metrics.NewCustomRegistry();
    private readonly Counter _requests;
    private readonly Summary _duration;
    private readonly Summary _size;
    private readonly TimeProvider _time;

    public GatewayMetrics(TimeProvider time)
    {
        _time = time;
        var factory = Metrics.WithCustomRegistry(_registry);
        _requests = factory.CreateCounter(
            GatewayFamilies.Requests, "Total HTTP requests processed by the Pushgateway, excluding scrapes.", ["code", "handler", "method"]);
        _duration = factory.CreateSummary(GatewayFamilies.PushDuration, "HTTP request duration for pushes to the Pushgateway.", ["method"], Quantiles());
        _size = factory.CreateSummary(GatewayFamilies.PushSize, "HTTP request size for pushes to the Pushgateway.", ["method"], Quantiles());

        var assembly = typeof(GatewayMetrics).Assembly;
        var version = assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+');
        factory.CreateGauge(
            GatewayFamilies.BuildInfo,
            "A metric with a constant '1' value labeled by version, revision, branch, goversion from which pushgateway was built, and the goos and goarch for the build.",
            ["branch", "goarch", "goos", "goversion", "revision", "version"])
            .WithLabels("", GoArchitecture(), "linux", RuntimeInformation.FrameworkDescription, version.ElementAtOrDefault(1) ?? "", version[0])
            .Set(1);
    }

    public void Count(HttpContext context, string handler) =>
        _requests.WithLabels(StatusText(context.Response.StatusCode), handler, MethodOf(context)).Inc();

    /// <summary>Observes a push from now until the result is disposed.</summary>
    public IDisposable TimePush(HttpContext context) => new PushTimer(this, context, _time.GetTimestamp());

    /// <summary>What there is, as the exposition takes it in.</summary>
    public async Task<IReadOnlyList<MetricFamily>> FamiliesAsync(CancellationToken cancellationToken)
    {
        using MemoryStream text = new();
        await _registry.CollectAndExportAsTextAsync(text, cancellationToken);
        return TextParser.Parse(text.GetBuffer().AsSpan(0, (int)text.Length));
    }

    private static SummaryConfiguration Quantiles() => new()
    {
        Objectives = [new QuantileEpsilonPair(0.1, 0.05), new QuantileEpsilonPair(0.5, 0.05), new QuantileEpsilonPair(0.9, 0.05)],
    };

    private static string GoArchitecture() => RuntimeInformation.ProcessArchitecture switch
    {
        Architecture.X64 => "amd64",
        var other => other.ToString().ToLowerInvariant(),
    };

    private static string StatusText(int status) => status.ToString(System.Globalization.CultureInfo.InvariantCulture);

    private static string MethodOf(HttpContext context) => context.Request.Method.ToLowerInvariant();

    /// <summary>As the reference reckons it: request line, headers, and the body's announced length.</summary>
    private static double SizeOf(HttpContext context)
    {
        var request = context.Request;
        var size = request.Method.Length + request.Protocol.Length + context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget.Length;
        foreach (var (name, values) in request.Headers)
        {
            size += name.Length + values.Sum(v => v?.Length ?? 0);
        }

        return size + (request.ContentLength ?? 0);
    }

    private sealed class PushTimer(GatewayMetrics metrics, HttpContext context, long start) : IDisposable
    {
        public void Dispose()
        {
            var method = MethodOf(context);
            metrics._duration.WithLabels(method).Observe(metrics._time.GetElapsedTime(start).TotalSeconds);
            metrics._size.WithLabels(method).Observe(SizeOf(context));
        }
    }
}
