using System.Security.Claims;
using Prometheus;
using Stash.Core.Exposition;
using Stash.Operator.Gateway;
using Stash.Operator.Requests;

namespace Stash.Operator.Telemetry.Requests;

/// <summary>
/// The requests to the API, counted under the names and labels of Kubernetes' API server (<c>apiserver_*</c>) and of the old Go client (<c>http_*</c>). Every label
/// value is of a fixed or capped set. What prometheus-net would reckon at length for each request, the quantiles, is in summaries of ours.
/// </summary>
internal sealed class RequestMetrics
{
    // With these there are less than 2,000 series in all, whatever clients do; a test sees to it.
    private const int MostRequestSeries = 150;
    private const int MostHttpSeries = 150;
    private const int MostLatencies = 45;
    private static readonly double[] Quantiles = [0.5, 0.9, 0.99];

    /// <summary>125 ms to 8 s, in microseconds.</summary>
    private static readonly double[] LatencyBuckets = Histogram.ExponentialBuckets(125_000, 2, 7);

    /// <summary>Gone; then 6 hours to a year.</summary>
    private static readonly double[] LifetimeBuckets =
        [.. new[] { TimeSpan.Zero, TimeSpan.FromHours(6), TimeSpan.FromHours(12), TimeSpan.FromDays(1), TimeSpan.FromDays(2), TimeSpan.FromDays(4), TimeSpan.FromDays(7), TimeSpan.FromDays(30), TimeSpan.FromDays(90), TimeSpan.FromDays(180), TimeSpan.FromDays(360) }
            .Select(t => t.TotalSeconds)];

    private readonly TimeProvider _time;
    private readonly double _nanosecondsPerTick;
    private readonly ClientNames _clients = new();
    private readonly CappedSeries<RequestKey, Counter.Child> _requests;
    private readonly CappedSeries<LatencyKey, Latency> _latencies;
    private readonly CappedSeries<HttpKey, Counter.Child> _httpRequests;
    private readonly CappedSeries<string, HttpSummaries> _http;
    private readonly Counter _users;
    private readonly Histogram _certificates;

    public RequestMetrics(OperatorMetrics metrics, TimeProvider time)
    {
        (_time, _nanosecondsPerTick) = (time, 1e9 / time.TimestampFrequency);
        var factory = metrics.Factory;
        var requests = factory.CreateCounter(
            "apiserver_request_count", "Counter of API requests broken out for each verb, API resource, client, and HTTP response contentType and code.", ["verb", "resource", "client", "contentType", "code"]);
        _requests = new(k => requests.WithLabels(k.Verb, k.Resource, k.Client, k.ContentType, k.Code), (MostRequestSeries, k => k with { Client = RequestLabels.Other }), (MostRequestSeries + 100, RequestKey.Coarsest));
        var latencies = factory.CreateHistogram(
            "apiserver_request_latencies", "Response latency distribution in microseconds for each verb, resource and subresource; of streams, how long they were open.",
            ["verb", "resource", "subresource"], new HistogramConfiguration { Buckets = LatencyBuckets });
        _latencies = new(k => new Latency(latencies.WithLabels(k.Verb, k.Resource, k.Subresource), new SlidingSummary(time, 1, Quantiles)), (MostLatencies, _ => new LatencyKey("OTHER", "", "")));
        var http = factory.CreateCounter("http_requests_total", "Total number of HTTP requests made.", ["code", "handler", "method"]);
        _httpRequests = new(k => http.WithLabels(k.Code, k.Handler, k.Method), (MostHttpSeries, k => k with { Method = RequestLabels.Other }));
        _http = new(_ => new HttpSummaries(time));
        _users = factory.CreateCounter("authenticated_user_requests", "Counter of authenticated requests broken out by username.", ["username"]);
        _certificates = factory.CreateHistogram(
            "apiserver_client_certificate_expiration_seconds", "Distribution of the remaining lifetime on the certificate used to authenticate a request.", new HistogramConfiguration { Buckets = LifetimeBuckets });
        metrics.AddFamilies(Summaries);
    }

    /// <summary>When a request began, for <see cref="Count"/>.</summary>
    public long Begin() => _time.GetTimestamp();

    /// <summary>Counts a request that was answered.</summary>
    /// <param name="context">Of the request.</param>
    /// <param name="begun">When it began.</param>
    /// <param name="bytes">Of the answer's body.</param>
    public void Count(HttpContext context, long begun, long bytes)
    {
        var now = _time.GetTimestamp();
        var nanoseconds = (long)((now - begun) * _nanosecondsPerTick);
        var request = RequestInfo.Of(context);
        var (verb, code, handler) = (RequestLabels.Verb(request), RequestLabels.Code(context.Response.StatusCode), RequestLabels.Handler(request));
        var client = _clients.Of(context.Request.Headers.UserAgent, context.User.Identity?.IsAuthenticated == true);
        _requests.Of(new RequestKey(verb, request.Resource, client, RequestLabels.ContentType(context.Response.ContentType), code)).Inc();
        // A method that an endpoint does not have asks for nothing that is there.
        var subresource = context.Response.StatusCode == StatusCodes.Status405MethodNotAllowed ? "" : RequestLabels.Subresource(request);
        var latency = _latencies.Of(new LatencyKey(verb, request.Resource, subresource));
        latency.Histogram.Observe(nanoseconds / 1000);
        latency.Summary.Observe(nanoseconds / 1000, now);
        _httpRequests.Of(new HttpKey(code, handler, RequestLabels.Method(context.Request.Method))).Inc();
        var http = _http.Of(handler);
        http.Duration.Observe(nanoseconds, now);
        http.RequestSize.Observe(RequestSize.Of(context), now);
        http.ResponseSize.Observe(bytes, now);
    }

    /// <summary>Counts a request of whom is known.</summary>
    public void CountCaller(HttpContext context)
    {
        if (context.User.Identity is not ClaimsIdentity { IsAuthenticated: true, Name: { } name } identity)
        {
            return;
        }

        _users.WithLabels(RequestLabels.UserName(name)).Inc();
        if (identity.AuthenticationType == "certificate" && context.Connection.ClientCertificate is { } certificate)
        {
            _certificates.Observe((certificate.NotAfter.ToUniversalTime() - _time.GetUtcNow().UtcDateTime).TotalSeconds);
        }
    }

    private IEnumerable<MetricFamily> Summaries()
    {
        yield return Family(
            "apiserver_request_latencies_summary", "Response latency summary in microseconds for each verb, resource and subresource; quantiles of the last ten minutes.",
            _latencies.All.Select(l => l.Value.Summary.Read([new Label("verb", l.Key.Verb), new Label("resource", l.Key.Resource), new Label("subresource", l.Key.Subresource)])));
        yield return Family("http_request_duration_microseconds", "The HTTP request latencies in microseconds; quantiles of the last ten minutes.", Http(h => h.Duration));
        yield return Family("http_request_size_bytes", "The HTTP request sizes in bytes; quantiles of the last ten minutes.", Http(h => h.RequestSize));
        yield return Family("http_response_size_bytes", "The HTTP response sizes in bytes, as sent; quantiles of the last ten minutes.", Http(h => h.ResponseSize));
    }

    private IEnumerable<Metric?> Http(Func<HttpSummaries, SlidingSummary> summary) => _http.All.Select(h => summary(h.Value).Read([new Label("handler", h.Key)]));

    private static MetricFamily Family(string name, string help, IEnumerable<Metric?> metrics)
    {
        MetricFamily family = new(name) { Help = help, Type = MetricType.Summary };
        family.Metrics.AddRange(metrics.OfType<Metric>());
        return family;
    }

    private readonly record struct RequestKey(string Verb, string Resource, string Client, string ContentType, string Code)
    {
        /// <summary>Only the code is left.</summary>
        public static RequestKey Coarsest(RequestKey key) => new("OTHER", "", RequestLabels.Other, RequestLabels.Other, key.Code);
    }

    private readonly record struct LatencyKey(string Verb, string Resource, string Subresource);

    private readonly record struct HttpKey(string Code, string Handler, string Method);

    private sealed record Latency(Histogram.Child Histogram, SlidingSummary Summary);

    /// <summary>What is told of one handler.</summary>
    private sealed class HttpSummaries(TimeProvider time)
    {
        /// <summary>From nanoseconds.</summary>
        public SlidingSummary Duration { get; } = new(time, 1e-3, Quantiles);

        public SlidingSummary RequestSize { get; } = new(time, 1, Quantiles);

        public SlidingSummary ResponseSize { get; } = new(time, 1, Quantiles);
    }
}
