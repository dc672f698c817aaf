using Prometheus;

namespace Stash.Operator.Telemetry;

/// <summary>Gauges and counters that are read at each scrape, all of them from one reading.</summary>
/// <typeparam name="T">The reading.</typeparam>
internal sealed class ScrapedMetrics<T>
{
    private readonly MetricFactory _factory;
    private readonly List<Action<T>> _set = [];

    /// <param name="registry">Where they are.</param>
    /// <param name="take">Takes the reading; may be called by several threads at once.</param>
    public ScrapedMetrics(CollectorRegistry registry, Func<T> take)
    {
        _factory = Metrics.WithCustomRegistry(registry);
        registry.AddBeforeCollectCallback(() =>
        {
            var reading = take();
            foreach (var set in _set)
            {
                set(reading);
            }
        });
    }

    /// <param name="name">Its name.</param>
    /// <param name="help">What it is.</param>
    /// <param name="read">Its value; null where it cannot be found out, and is left out.</param>
    public ScrapedMetrics<T> Gauge(string name, string help, Func<T, double?> read)
    {
        var gauge = _factory.CreateGauge(name, help, new GaugeConfiguration { SuppressInitialValue = true });
        _set.Add(reading =>
        {
            if (read(reading) is { } value)
            {
                gauge.Set(value);
            }
            else
            {
                gauge.Unpublish();
            }
        });
        return this;
    }

    /// <param name="name">Its name.</param>
    /// <param name="help">What it is.</param>
    /// <param name="read">Its value, which never falls.</param>
    public ScrapedMetrics<T> Counter(string name, string help, Func<T, double> read)
    {
        var counter = _factory.CreateCounter(name, help);
        _set.Add(reading => counter.IncTo(read(reading)));
        return this;
    }

    /// <summary>A family with one label of fixed values.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="help">What it is.</param>
    /// <param name="label">The label's name.</param>
    /// <param name="values">The label's values.</param>
    /// <param name="read">The value of one of them, by its place.</param>
    public ScrapedMetrics<T> Gauge(string name, string help, string label, IReadOnlyList<string> values, Func<T, int, double> read)
    {
        var gauge = _factory.CreateGauge(name, help, [label]);
        var children = values.Select(v => gauge.WithLabels(v)).ToArray();
        _set.Add(reading => ForEach(children, (child, i) => child.Set(read(reading, i))));
        return this;
    }

    /// <summary>The same.</summary>
    public ScrapedMetrics<T> Counter(string name, string help, string label, IReadOnlyList<string> values, Func<T, int, double> read)
    {
        var counter = _factory.CreateCounter(name, help, [label]);
        var children = values.Select(v => counter.WithLabels(v)).ToArray();
        _set.Add(reading => ForEach(children, (child, i) => child.IncTo(read(reading, i))));
        return this;
    }

    private static void ForEach<TChild>(TChild[] children, Action<TChild, int> set)
    {
        for (var i = 0; i < children.Length; i++)
        {
            set(children[i], i);
        }
    }
}
