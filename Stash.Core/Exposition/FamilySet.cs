using System.IO.Hashing;
using System.Runtime.InteropServices;
using System.Text;

namespace Stash.Core.Exposition;

/// <summary>
/// Metric families as they were read: rows in flat arrays, whose texts are pieces of the bytes that they were read from. It is filled,
/// used and filled again, so that reading a push makes no garbage.
/// </summary>
public sealed class FamilySet
{
    // Whoever pushes must not be able to choose what collides.
    private static readonly long Seed = Random.Shared.NextInt64();
    private const int Linear = 8;

    private ReadOnlyMemory<byte> _source;
    private byte[] _scratch = [];
    private int _scratchLength;
    private FamilyRow[] _families = new FamilyRow[8];
    private MetricRow[] _metrics = new MetricRow[16];
    private LabelRow[] _labels = new LabelRow[16];
    private PartRow[] _parts = [];
    private int[] _buckets = [];
    private int _familyCount;
    private int _metricCount;
    private int _labelCount;
    private int _partCount;
    private Dictionary<ulong, int>? _composed;

    /// <summary>What is wrong with the text; null where nothing is.</summary>
    public string? Error { get; internal set; }

    /// <summary>True where <see cref="Error"/> is about a limit.</summary>
    public bool OverLimit { get; internal set; }

    /// <summary>True where a sample bears a timestamp.</summary>
    public bool HasTimestamps { get; private set; }

    /// <summary>Samples read; the lines of a histogram or summary of one label set count as one.</summary>
    public int MetricCount => _metricCount;

    /// <summary>Lines of samples, as far as they are of their own: a histogram's buckets count one each.</summary>
    internal int SampleCount => _metricCount + _partCount;

    internal ReadOnlySpan<FamilyRow> Families => _families.AsSpan(0, _familyCount);

    internal ReadOnlySpan<MetricRow> Metrics => _metrics.AsSpan(0, _metricCount);

    /// <summary>The families as objects, in the order in which their names first came; those without samples left out.</summary>
    public IReadOnlyList<MetricFamily> ToFamilies()
    {
        List<MetricFamily> families = [];
        foreach (ref readonly var row in Families)
        {
            if (row.Metrics == 0)
            {
                continue;
            }

            MetricFamily family = new(String(row.Name)) { Help = row.HasHelp ? String(row.Help) : null, Type = row.HasType ? row.Type : null };
            for (var m = row.First; m >= 0; m = _metrics[m].Next)
            {
                family.Metrics.Add(ToMetric(_metrics[m]));
            }

            families.Add(family);
        }

        return families;
    }

    internal ReadOnlySpan<byte> Text(TextPiece piece) =>
        piece.Start >= 0 ? _source.Span.Slice(piece.Start, piece.Length) : _scratch.AsSpan(~piece.Start, piece.Length);

    internal Span<LabelRow> Labels(in MetricRow metric) => _labels.AsSpan(metric.FirstLabel, metric.Labels);

    internal ref readonly PartRow Part(int index) => ref _parts[index];

    internal void Start(ReadOnlyMemory<byte> source)
    {
        _source = source;
        _scratchLength = _familyCount = _metricCount = _labelCount = _partCount = 0;
        _composed?.Clear();
        (Error, OverLimit, HasTimestamps) = (null, false, false);
    }

    /// <summary>Lets go of the bytes, and of arrays that an unusually large text has made large.</summary>
    internal void Release()
    {
        const int Large = 1 << 14;
        _source = default;
        if (_metrics.Length > Large || _labels.Length > Large || _parts.Length > Large || _families.Length > Large || _scratch.Length > Large * 8)
        {
            _scratch = [];
            _families = new FamilyRow[8];
            _metrics = new MetricRow[16];
            _labels = new LabelRow[16];
            _parts = [];
            _buckets = [];
            _composed = null;
            Start(default);
        }
    }

    internal ref FamilyRow FamilyAt(int index) => ref _families[index];

    internal ref MetricRow MetricAt(int index) => ref _metrics[index];

    internal int AppendScratch(ReadOnlySpan<byte> text)
    {
        Grow(ref _scratch, _scratchLength + text.Length);
        text.CopyTo(_scratch.AsSpan(_scratchLength));
        _scratchLength += text.Length;
        return _scratchLength;
    }

    internal int ScratchLength => _scratchLength;

    /// <returns>-1 where there is none of that name.</returns>
    internal int Find(ReadOnlySpan<byte> name)
    {
        if (_familyCount <= Linear)
        {
            for (var i = _familyCount - 1; i >= 0; i--)
            {
                if (Text(_families[i].Name).SequenceEqual(name))
                {
                    return i;
                }
            }

            return -1;
        }

        var hash = (int)XxHash3.HashToUInt64(name, Seed);
        for (var i = _buckets[hash & (_buckets.Length - 1)] - 1; i >= 0; i = _families[i].NextInBucket)
        {
            if (_families[i].Hash == hash && Text(_families[i].Name).SequenceEqual(name))
            {
                return i;
            }
        }

        return -1;
    }

    internal int AddFamily(TextPiece name)
    {
        Grow(ref _families, _familyCount + 1);
        var index = _familyCount++;
        _families[index] = new FamilyRow { Name = name, First = -1, Last = -1 };
        if (_familyCount > Linear)
        {
            if (_familyCount == Linear + 1 || _familyCount > _buckets.Length / 2)
            {
                Rehash();
            }
            else
            {
                Enter(index);
            }
        }

        return index;
    }

    /// <summary>Begins a metric, which is not yet in a family.</summary>
    internal MetricRow NewMetric() => new() { FirstLabel = _labelCount, Next = -1, FirstPart = -1, LastPart = -1 };

    internal void AddLabel(ref MetricRow metric, TextPiece name, TextPiece value)
    {
        Grow(ref _labels, _labelCount + 1);
        _labels[_labelCount++] = new LabelRow(name, value);
        metric.Labels++;
    }

    internal int Add(int family, in MetricRow metric)
    {
        Grow(ref _metrics, _metricCount + 1);
        var index = _metricCount++;
        _metrics[index] = metric;
        ref var row = ref _families[family];
        if (row.Last >= 0)
        {
            _metrics[row.Last].Next = index;
        }
        else
        {
            row.First = index;
        }

        row.Last = index;
        row.Metrics++;
        return index;
    }

    /// <summary>The metric of this label set that is there already, since a histogram or summary comes in several lines; else it is added.</summary>
    internal int Composed(int family, in MetricRow metric)
    {
        _composed ??= [];
        var hash = (ulong)family * 0x9E3779B97F4A7C15;
        foreach (ref readonly var label in _labels.AsSpan(metric.FirstLabel, metric.Labels))
        {
            // A sum: the order of the labels does not count.
            hash += XxHash3.HashToUInt64(Text(label.Value), (long)XxHash3.HashToUInt64(Text(label.Name), Seed));
        }

        if (_composed.TryGetValue(hash, out var known))
        {
            _labelCount = metric.FirstLabel;
            return known;
        }

        return _composed[hash] = Add(family, metric);
    }

    internal void AddPart(ref MetricRow metric, double bound, double value)
    {
        Grow(ref _parts, _partCount + 1);
        var index = _partCount++;
        _parts[index] = new PartRow(bound, value, -1);
        if (metric.LastPart >= 0)
        {
            _parts[metric.LastPart] = _parts[metric.LastPart] with { Next = index };
        }
        else
        {
            metric.FirstPart = index;
        }

        metric.LastPart = index;
    }

    internal void SetTimestamp(int metric, long timestamp)
    {
        _metrics[metric].Timestamp = timestamp;
        _metrics[metric].HasTimestamp = HasTimestamps = true;
    }

    private Metric ToMetric(in MetricRow row)
    {
        Metric metric = new()
        {
            Value = row.Value,
            Timestamp = row.HasTimestamp ? row.Timestamp : null,
            Count = row.HasCount ? row.Count : null,
            Sum = row.HasSum ? row.Sum : null,
        };
        foreach (ref readonly var label in _labels.AsSpan(row.FirstLabel, row.Labels))
        {
            metric.Labels.Add(new Label(String(label.Name), String(label.Value)));
        }

        for (var p = row.FirstPart; p >= 0; p = _parts[p].Next)
        {
            (metric.Parts ??= []).Add((_parts[p].Bound, _parts[p].Value));
        }

        return metric;
    }

    private string String(TextPiece piece) => Encoding.UTF8.GetString(Text(piece));

    private void Rehash()
    {
        var size = 32;
        while (size < _familyCount * 4)
        {
            size *= 2;
        }

        _buckets = new int[size];
        for (var i = 0; i < _familyCount; i++)
        {
            Enter(i);
        }
    }

    private void Enter(int index)
    {
        ref var row = ref _families[index];
        row.Hash = (int)XxHash3.HashToUInt64(Text(row.Name), Seed);
        ref var bucket = ref _buckets[row.Hash & (_buckets.Length - 1)];
        row.NextInBucket = bucket - 1;
        bucket = index + 1;
    }

    private static void Grow<T>(ref T[] array, int length)
    {
        if (array.Length < length)
        {
            Array.Resize(ref array, Math.Max(length, Math.Max(16, array.Length * 2)));
        }
    }
}

/// <summary>A piece of the text, or (with a start below 0) of what was unescaped.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct TextPiece(int Start, int Length);

[StructLayout(LayoutKind.Auto)]
internal readonly record struct LabelRow(TextPiece Name, TextPiece Value);

/// <summary>A bucket or quantile.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct PartRow(double Bound, double Value, int Next);

[StructLayout(LayoutKind.Auto)]
internal struct FamilyRow
{
    public TextPiece Name;
    public TextPiece Help;
    public bool HasHelp;
    public bool HasType;
    public MetricType Type;

    /// <summary>First and last of its metrics, which are linked; -1 where there is none.</summary>
    public int First;
    public int Last;
    public int Metrics;
    public int Hash;
    public int NextInBucket;
}

[StructLayout(LayoutKind.Auto)]
internal struct MetricRow
{
    public int FirstLabel;
    public int Labels;

    /// <summary>The next of the same family; -1 at the end.</summary>
    public int Next;
    public int FirstPart;
    public int LastPart;
    public bool HasTimestamp;
    public bool HasCount;
    public bool HasSum;
    public double Value;
    public double Sum;
    public ulong Count;
    public long Timestamp;
}
