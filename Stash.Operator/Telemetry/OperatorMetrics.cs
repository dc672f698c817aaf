using Prometheus;
using Stash.Core.Exposition;
using Stash.Core.Gateway;

namespace Stash.Operator.Telemetry;

/// <summary>
/// What :8443/metrics exposes. Each concern registers its own families; none uses prometheus-net's default registry, so that two
/// hosts in one process do not share theirs.
/// </summary>
internal sealed class OperatorMetrics
{
    private Func<IEnumerable<FamilyPieces>>[] _read = [];
    private MemoryStream? _spare;

    public OperatorMetrics() => Factory = Metrics.WithCustomRegistry(Registry);

    public CollectorRegistry Registry { get; } = Metrics.NewCustomRegistry();

    public IMetricFactory Factory { get; }

    /// <summary>Adds families that prometheus-net cannot hold, as summaries with quantiles of our own.</summary>
    /// <param name="read">Gives them, at each scrape, after the registry's callbacks; may be called by several threads at once. Their names are in no registry.</param>
    public void AddFamilies(Func<IEnumerable<MetricFamily>> read) => AddPieces(() => read().Where(f => f.Metrics.Count > 0).Select(FamilyPieces.Of));

    /// <summary>The same, of families that each have metrics.</summary>
    public void AddPieces(Func<IEnumerable<FamilyPieces>> read) => _read = [.. _read, read];

    /// <summary>Reads all there are at this moment.</summary>
    /// <param name="use">Gets the families, sorted by name; they are good until it has ended.</param>
    /// <param name="cancellationToken">Stops.</param>
    public async Task ReadAsync(Func<IReadOnlyList<FamilyPieces>, Task> use, CancellationToken cancellationToken)
    {
        // A new one for each scrape would be garbage of a size that is collected rarely and dearly.
        var text = Interlocked.Exchange(ref _spare, null) ?? new MemoryStream();
        text.SetLength(0);
        await Registry.CollectAndExportAsTextAsync(text, cancellationToken);
        List<FamilyPieces> families = [.. TextFamilies.Split(text.GetBuffer().AsMemory(0, (int)text.Length))];
        foreach (var read in _read)
        {
            families.AddRange(read());
        }

        families.Sort(static (a, b) => string.CompareOrdinal(a.Name, b.Name));
        await use(families);
        _spare = text;
    }
}
