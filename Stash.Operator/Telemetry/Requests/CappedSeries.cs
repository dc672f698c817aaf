using System.Collections.Concurrent;

namespace Stash.Operator.Telemetry.Requests;

/// <summary>The series of one family, of which there is only a number: what comes later is counted under coarser labels.</summary>
/// <typeparam name="TKey">The label values of a series.</typeparam>
/// <typeparam name="TSeries">A series.</typeparam>
/// <param name="create">Makes a series.</param>
/// <param name="steps">
/// How many series there may be before labels become coarser, and how; each step coarser than the one before. What the last step gives is always made, so it has to be from a small set.
/// </param>
internal sealed class CappedSeries<TKey, TSeries>(Func<TKey, TSeries> create, params (int Most, Func<TKey, TKey> Coarser)[] steps)
    where TKey : IEquatable<TKey>
{
    private readonly ConcurrentDictionary<TKey, TSeries> _series = new();
    private readonly Lock _adding = new();
    private volatile int _count;

    public IEnumerable<KeyValuePair<TKey, TSeries>> All => _series;

    public TSeries Of(TKey key)
    {
        foreach (var (most, coarser) in steps)
        {
            if (_series.TryGetValue(key, out var series) || (_count < most && TryAdd(key, most, out series)))
            {
                return series;
            }

            key = coarser(key);
        }

        if (!_series.TryGetValue(key, out var last))
        {
            TryAdd(key, int.MaxValue, out last);
        }

        return last!;
    }

    private bool TryAdd(TKey key, int most, [System.Diagnostics.CodeAnalysis.MaybeNullWhen(false)] out TSeries series)
    {
        lock (_adding)
        {
            if (_series.TryGetValue(key, out series))
            {
                return true;
            }

            if (_series.Count >= most)
            {
                return false;
            }

            series = create(key);
            _series[key] = series;
            _count = _series.Count;
            return true;
        }
    }
}
