using Prometheus;
using Stash.Core.Exposition;

namespace Stash.Operator.Telemetry;

/// <summary>
/// What :8443/metrics exposes. Each concern registers its own families; none uses prometheus-net's default registry, so that two
/// hosts in one process do not share theirs.
/// </summary>
internal sealed class OperatorMetrics
{
    private Func<IEnumerable<MetricFamily>>[] _read = [];

    public OperatorMetrics() => Factory = Metrics.WithCustomRegistry(Registry);

    public CollectorRegistry Registry { get; } = Metrics.NewCustomRegistry();

    public IMetricFactory Factory { get; }

    /// <summary>Adds families that prometheus-net cannot hold, as summaries with quantiles of our own.</summary>
    /// <param name="read">Gives them, at each scrape; may be called by several threads at once. Their names are in no registry.</param>
    public void AddFamilies(Func<IEnumerable<MetricFamily>> read) => _read = [.. _read, read];

    /// <summary>All there are at this moment, sorted by name.</summary>
    public async Task<IReadOnlyList<MetricFamily>> FamiliesAsync(CancellationToken cancellationToken)
    {
        using MemoryStream text = new();
        await Registry.CollectAndExportAsTextAsync(text, cancellationToken);
        List<MetricFamily> families = [.. TextParser.Parse(text.GetBuffer().AsSpan(0, (int)text.Length)), .. _read.SelectMany(r => r())];
        families.Sort(static (a, b) => string.CompareOrdinal(a.Name, b.Name));
        return families;
    }
}
