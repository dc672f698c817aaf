using System.Collections.Concurrent;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Prometheus;
using Stash.Core.Exposition;
using Stash.Core.Gateway;
using Stash.Operator.Requests;
using Stash.Operator.Telemetry;
using Stash.Operator.Telemetry.Runtime;

namespace Stash.Operator.Gateway;

/// <summary>
/// The gateway's own metrics, named, typed and described as the reference's. A push costs a handful of interlocked additions here; all else
/// is reckoned when they are read.
/// </summary>
internal sealed class GatewayMetrics
{
    private readonly ConcurrentDictionary<(int Status, string Handler, string Method), StrongBox<long>> _requests = new();
    private readonly ConcurrentDictionary<int, StrongBox<long>> _scrapes = new(
        new[] { StatusCodes.Status200OK, StatusCodes.Status500InternalServerError, StatusCodes.Status503ServiceUnavailable }.Select(s => KeyValuePair.Create(s, new StrongBox<long>())));

    private readonly TimeProvider _time;
    private readonly PushMetrics _put;
    private readonly PushMetrics _post;
    private readonly double _nanosecondsPerTick;
    private long _scraping;

    public GatewayMetrics(TimeProvider time)
    {
        _time = time;
        _put = new PushMetrics(time, "put");
        _post = new PushMetrics(time, "post");
        _nanosecondsPerTick = 1e9 / time.TimestampFrequency;
        ProcessMetrics.Add(new ScrapedMetrics<ProcessReading>(Registry, ProcessReading.Take), r => r);
    }

    /// <summary>For metrics of other parts of the process that are exposed here too, named <c>process_*</c>, <c>stash_gateway_*</c> or <c>stash_journal_*</c>.</summary>
    public CollectorRegistry Registry { get; } = Metrics.NewCustomRegistry();

    /// <summary>Counts an answered request that is no scrape.</summary>
    public void Count(HttpContext context, string handler)
    {
        (int, string, string) key = (context.Response.StatusCode, handler, LowerCase(context.Request.Method));
        if (!_requests.TryGetValue(key, out var count))
        {
            count = _requests.GetOrAdd(key, _ => new StrongBox<long>());
        }

        Interlocked.Increment(ref count.Value);
    }

    /// <summary>When a push began, for <see cref="CountPush"/>.</summary>
    public long BeginPush() => _time.GetTimestamp();

    /// <summary>Counts an answered push, its time and its size.</summary>
    public void CountPush(HttpContext context, long begun)
    {
        var push = HttpMethods.IsPut(context.Request.Method) ? _put : _post;
        var now = _time.GetTimestamp();
        push.Duration.Observe((long)((now - begun) * _nanosecondsPerTick), now);
        push.Size.Observe(RequestSize.Of(context), now);
        if (context.Response.StatusCode == StatusCodes.Status200OK)
        {
            Interlocked.Increment(ref push.Good);
        }
        else
        {
            Count(context, "push");
        }
    }

    /// <summary>Counts a scrape as in progress until the result is disposed, then by its status.</summary>
    public IDisposable BeginScrape(HttpContext context) => new Scrape(this, context);

    /// <summary>What there is, sorted by name.</summary>
    public async Task<IReadOnlyList<MetricFamily>> FamiliesAsync(CancellationToken cancellationToken)
    {
        using MemoryStream text = new();
        await Registry.CollectAndExportAsTextAsync(text, cancellationToken);
        List<MetricFamily> families = [.. TextParser.Parse(text.GetBuffer().AsSpan(0, (int)text.Length))];
        Add(families, GatewayFamilies.Requests, "Total HTTP requests processed by the Pushgateway, excluding scrapes.", MetricType.Counter, Requests());
        Add(families, GatewayFamilies.PushDuration, "HTTP request duration for pushes to the Pushgateway.", MetricType.Summary, Pushes(p => p.Duration));
        Add(families, GatewayFamilies.PushSize, "HTTP request size for pushes to the Pushgateway.", MetricType.Summary, Pushes(p => p.Size));
        Add(families, GatewayFamilies.ScrapesInFlight, "Current number of scrapes being served.", MetricType.Gauge, [new Metric { Value = Volatile.Read(ref _scraping) }]);
        Add(families, GatewayFamilies.Scrapes, "Total number of scrapes by HTTP status code.", MetricType.Counter, _scrapes.OrderBy(s => s.Key).Select(s => Counted(s.Value, new Label("code", Text(s.Key)))));
        Add(
            families,
            GatewayFamilies.BuildInfo,
            "A metric with a constant '1' value labeled by version, revision, branch, goversion from which pushgateway was built, and the goos and goarch for the build.",
            MetricType.Gauge,
            [BuildInfo()]);
        families.Sort((a, b) => string.CompareOrdinal(a.Name, b.Name));
        return families;
    }

    private static void Add(List<MetricFamily> families, string name, string help, MetricType type, IEnumerable<Metric> metrics)
    {
        MetricFamily family = new(name) { Help = help, Type = type };
        family.Metrics.AddRange(metrics);
        if (family.Metrics.Count > 0)
        {
            families.Add(family);
        }
    }

    private IEnumerable<Metric> Requests()
    {
        foreach (var ((status, handler, method), count) in _requests)
        {
            // Good pushes have a counter of their own, beside which this one is never used.
            yield return Counted(count, new Label("code", Text(status)), new Label("handler", handler), new Label("method", method));
        }

        foreach (var push in new[] { _post, _put })
        {
            if (Volatile.Read(ref push.Good) is > 0 and var good)
            {
                yield return new Metric { Labels = [new Label("code", "200"), new Label("handler", "push"), new Label("method", push.Method)], Value = good };
            }
        }
    }

    private IEnumerable<Metric> Pushes(Func<PushMetrics, SlidingSummary> summary) =>
        new[] { _post, _put }.Select(p => summary(p).Read([new Label("method", p.Method)])).OfType<Metric>();

    private static Metric BuildInfo()
    {
        var build = GatewayBuild.This;
        return new Metric
        {
            Labels =
            [
                new Label("branch", build.Branch), new Label("goarch", GoArchitecture()), new Label("goos", "linux"), new Label("goversion", build.Runtime),
                new Label("revision", build.Revision), new Label("version", build.Version),
            ],
            Value = 1,
        };
    }

    private static Metric Counted(StrongBox<long> count, params ReadOnlySpan<Label> labels) => new() { Labels = [.. labels], Value = Volatile.Read(ref count.Value) };

    private static string GoArchitecture() => RuntimeInformation.ProcessArchitecture switch
    {
        Architecture.X64 => "amd64",
        var other => other.ToString().ToLowerInvariant(),
    };

    private static string Text(int status) => status.ToString(CultureInfo.InvariantCulture);

    private static string LowerCase(string method) =>
        HttpMethods.IsPut(method) ? "put" : HttpMethods.IsPost(method) ? "post" : HttpMethods.IsGet(method) ? "get" : HttpMethods.IsDelete(method) ? "delete" : method.ToLowerInvariant();

    /// <summary>What is kept of the pushes of one method.</summary>
    private sealed class PushMetrics(TimeProvider time, string method)
    {
        private static readonly double[] Quantiles = [0.1, 0.5, 0.9];

        public long Good;

        public string Method { get; } = method;

        public SlidingSummary Duration { get; } = new(time, 1e-9, Quantiles);

        public SlidingSummary Size { get; } = new(time, 1, Quantiles);
    }

    private sealed class Scrape : IDisposable
    {
        private readonly GatewayMetrics _metrics;
        private readonly HttpContext _context;

        public Scrape(GatewayMetrics metrics, HttpContext context)
        {
            (_metrics, _context) = (metrics, context);
            Interlocked.Increment(ref metrics._scraping);
        }

        public void Dispose()
        {
            Interlocked.Decrement(ref _metrics._scraping);
            Interlocked.Increment(ref _metrics._scrapes.GetOrAdd(_context.Response.StatusCode, _ => new StrongBox<long>()).Value);
        }
    }
}
