using System.Runtime.InteropServices;

namespace Stash.Core.Sessions.Journal;

/// <summary>Collects sessions and operations into time buckets.</summary>
internal sealed class SessionAggregator(int bucketSeconds)
{
    // From seconds to a day: a chart of any range gets some sixty to two hundred buckets.
    private static readonly int[] Widths = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400, 604_800];

    private readonly Dictionary<(long Start, string Namespace, string App, string Operation), Durations> _buckets = [];
    private readonly Dictionary<(long Start, string Namespace, string App, string Op), Durations> _operations = [];
    private readonly Dictionary<(string Namespace, string App, string Operation), Durations> _apps = [];

    private readonly Dictionary<string, double> _session = new(StringComparer.Ordinal);

    public int Count { get; private set; }

    public int Failures { get; private set; }

    public static int ChooseBucket(TimeSpan range)
    {
        var least = range.TotalSeconds / 120;
        return Widths.FirstOrDefault(w => w >= least, (int)Math.Min(Math.Ceiling(least / Widths[^1]) * Widths[^1], int.MaxValue));
    }

    public void AddSession(string @namespace, string app, string operation, long endTime, double seconds, bool failed)
    {
        Count++;
        Failures += failed ? 1 : 0;
        Get(_buckets, (Start(endTime), @namespace, app, operation)).Add(seconds, failed);
        Get(_apps, (@namespace, app, operation)).Add(seconds, failed);
    }

    /// <summary>An operation on several file groups of one session counts once, with the sum of its seconds.</summary>
    public void AddOperations(string @namespace, string app, long endTime, IReadOnlyList<FileGroupOperation> operations)
    {
        _session.Clear();
        foreach (var operation in operations)
        {
            CollectionsMarshal.GetValueRefOrAddDefault(_session, operation.Op, out _) += operation.Seconds;
        }

        foreach (var (op, seconds) in _session)
        {
            Get(_operations, (Start(endTime), @namespace, app, op)).Add(seconds, failed: false);
        }
    }

    public Durations? App(string @namespace, string app, string operation) => _apps.GetValueOrDefault((@namespace, app, operation));

    public IReadOnlyList<SessionBucket> Buckets() =>
    [
        .. _buckets.OrderBy(b => b.Key, KeyOrder.Instance).Select(b => new SessionBucket
        {
            Start = RowMapping.Time(b.Key.Start),
            Namespace = b.Key.Namespace,
            App = b.Key.App,
            Operation = b.Key.Operation,
            Count = b.Value.Count,
            Failures = b.Value.Failures,
            P50Seconds = b.Value.Quantile(0.5),
            P95Seconds = b.Value.Quantile(0.95),
            MaxSeconds = b.Value.Quantile(1),
        }),
    ];

    public IReadOnlyList<OperationBucket> Operations() =>
    [
        .. _operations.OrderBy(b => b.Key, KeyOrder.Instance).Select(b => new OperationBucket
        {
            Start = RowMapping.Time(b.Key.Start),
            Namespace = b.Key.Namespace,
            App = b.Key.App,
            Op = b.Key.Op,
            Count = b.Value.Count,
            P50Seconds = b.Value.Quantile(0.5),
            P95Seconds = b.Value.Quantile(0.95),
            MaxSeconds = b.Value.Quantile(1),
        }),
    ];

    private long Start(long milliseconds) => milliseconds - (milliseconds % (bucketSeconds * 1000L));

    private static Durations Get<TKey>(Dictionary<TKey, Durations> all, TKey key)
        where TKey : notnull
    {
        if (!all.TryGetValue(key, out var durations))
        {
            all[key] = durations = new Durations();
        }

        return durations;
    }

    /// <summary>Seconds of some sessions, and how many of them failed.</summary>
    internal sealed class Durations
    {
        private readonly List<double> _seconds = [];
        private bool _sorted;

        public int Count => _seconds.Count;

        public int Failures { get; private set; }

        public void Add(double seconds, bool failed)
        {
            _seconds.Add(seconds);
            _sorted = false;
            Failures += failed ? 1 : 0;
        }

        /// <summary>Nearest rank: a value that occurred, not one between two.</summary>
        public double Quantile(double q)
        {
            if (!_sorted)
            {
                _seconds.Sort();
                _sorted = true;
            }

            return _seconds[Math.Clamp((int)Math.Ceiling(q * _seconds.Count) - 1, 0, _seconds.Count - 1)];
        }
    }

    private sealed class KeyOrder : IComparer<(long Start, string Namespace, string App, string Op)>
    {
        public static readonly KeyOrder Instance = new();

        public int Compare((long Start, string Namespace, string App, string Op) x, (long Start, string Namespace, string App, string Op) y)
        {
            var order = x.Start.CompareTo(y.Start);
            order = order != 0 ? order : string.CompareOrdinal(x.Namespace, y.Namespace);
            order = order != 0 ? order : string.CompareOrdinal(x.App, y.App);
            return order != 0 ? order : string.CompareOrdinal(x.Op, y.Op);
        }
    }
}
