using System.Buffers.Binary;
using System.Globalization;
using System.IO.Hashing;
using System.Runtime.InteropServices;
using Stash.Core.Exposition;
using Stash.Core.Sessions;

namespace Stash.Core.Gateway;

/// <summary>
/// A push with all the work done that needs no look at other groups, so that pushers do it side by side: its lines as they will be exposed,
/// with the group's labels over their own, and the hashes of its series. Filled, used and filled again.
/// </summary>
internal sealed class PreparedPush
{
    private readonly ByteBuffer _text = new(2048);
    private readonly ByteBuffer _group = new();
    private readonly ByteBuffer _labels = new();
    private readonly List<Segment> _segments = [];
    private int[] _order = new int[8];
    private PreparedFamily[] _families = new PreparedFamily[8];
    private MetricPart[] _metrics = new MetricPart[16];
    private int[] _starts = new int[16];
    private long _seed;
    private byte[]? _sealed;
    private int _familyCount;
    private int _metricCount;

    /// <summary>The families as they were read.</summary>
    public FamilySet Set { get; } = new();

    public GroupKey Group { get; private set; } = null!;

    /// <summary>True for PUT.</summary>
    public bool Replace { get; private set; }

    /// <summary>True where a label's name is such that only a full look at the push can tell whether it may be taken in.</summary>
    public bool OddLabels { get; private set; }

    /// <summary>True where a series comes twice.</summary>
    public bool HasDuplicates { get; private set; }

    public ReadOnlySpan<PreparedFamily> Families => _families.AsSpan(0, _familyCount);

    public ReadOnlySpan<MetricPart> Metrics => _metrics.AsSpan(0, _metricCount);

    public ReadOnlySpan<byte> Text => _text.Written;

    /// <summary>Reads a push and makes it ready.</summary>
    /// <param name="group">The group's key.</param>
    /// <param name="replace">True for PUT.</param>
    /// <param name="text">In the text format; referred to until <see cref="Release"/>.</param>
    /// <param name="limits">Null for none.</param>
    /// <param name="utf8Names">Whether names may be any UTF-8.</param>
    /// <param name="seed">Of the store's hashes.</param>
    /// <returns>False where it is not in the format or exceeds a limit: see the set's error.</returns>
    public bool TryRead(GroupKey group, bool replace, ReadOnlyMemory<byte> text, PushLimits? limits, bool utf8Names, long seed)
    {
        _seed = seed;
        (Group, Replace, OddLabels, HasDuplicates) = (group, replace, false, false);
        _sealed = null;
        _familyCount = _metricCount = 0;
        _text.Truncate(0);
        if (!TextParser.Read(text, Set, limits, utf8Names))
        {
            return false;
        }

        if (Set.HasTimestamps)
        {
            // Refused whatever else it holds.
            return true;
        }

        StartGroup();
        var rows = Set.Families;
        for (var f = 0; f < rows.Length; f++)
        {
            if (rows[f].Metrics > 0 && !GroupTimes.Is(Set.Text(rows[f].Name)) && !Add(f, rows[f], limits))
            {
                return false;
            }
        }

        // Here, not in the writer, of which there is one.
        _sealed = Sealed();
        HasDuplicates = FindDuplicates();
        return true;
    }

    /// <summary>The lines and where each metric's begin, as <see cref="GroupContent"/> has them. Once for each push.</summary>
    public byte[] TakeBytes() => _sealed ?? Sealed();

    /// <summary>Where the lines of a metric begin.</summary>
    public int Start(int metric) => _starts[metric];

    /// <summary>Lets go of what was read.</summary>
    public void Release()
    {
        Set.Release();
        (Group, _sealed) = (null!, null);
    }

    public bool IsLarge => _text.Capacity > 1 << 18 || _metrics.Length > 1 << 13;

    /// <summary>Identity of a series: of its name and its labels as they are exposed.</summary>
    private ulong Hash(ReadOnlySpan<byte> nameAndLabels) => XxHash3.HashToUInt64(nameAndLabels, _seed);

    /// <summary>The group's labels as a metric bears them, and where each of them is.</summary>
    private void StartGroup()
    {
        _group.Truncate(0);
        Group.WriteExposed(_group);
        _segments.Clear();
        LabelReader reader = new(_group.Written);
        while (reader.Next())
        {
            var quoted = _group.Written[reader.Start] == '"' ? 1 : 0;
            var weak = !Group.HasInstance && reader.Name.SequenceEqual("instance"u8);
            _segments.Add(new Segment(reader.Start + quoted, reader.Name.Length, reader.Start, reader.End - reader.Start, weak));
        }
    }

    private byte[] Sealed()
    {
        var bytes = GC.AllocateUninitializedArray<byte>(_text.Length + (_metricCount * sizeof(int)));
        _text.Written.CopyTo(bytes);
        for (var m = 0; m < _metricCount; m++)
        {
            BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(_text.Length + (m * sizeof(int))), _starts[m]);
        }

        return bytes;
    }

    private bool FindDuplicates()
    {
        const int Few = 24;
        if (_metricCount > Few)
        {
            HashSet<ulong> seen = new(_metricCount);
            foreach (var metric in Metrics)
            {
                if (!seen.Add(metric.Hash))
                {
                    return true;
                }
            }

            return false;
        }

        for (var i = 1; i < _metricCount; i++)
        {
            for (var j = 0; j < i; j++)
            {
                if (_metrics[i].Hash == _metrics[j].Hash)
                {
                    return true;
                }
            }
        }

        return false;
    }

    private bool Add(int index, in FamilyRow row, PushLimits? limits)
    {
        var name = Set.Text(row.Name);
        var type = row.HasType ? row.Type : MetricType.Untyped;

        // A script often pushes these without a TYPE. The first to do so would have every other session refused for the difference.
        if (type == MetricType.Untyped && SessionMetrics.IsFamily(name))
        {
            type = MetricType.Gauge;
        }

        if (_familyCount == _families.Length)
        {
            Array.Resize(ref _families, _familyCount * 2);
        }

        _families[_familyCount++] = new PreparedFamily(index, row.Name, row.Help, type, _metricCount, row.Metrics);
        if (_metrics.Length < _metricCount + row.Metrics)
        {
            Array.Resize(ref _metrics, Math.Max(_metricCount + row.Metrics, _metrics.Length * 2));
            Array.Resize(ref _starts, _metrics.Length);
        }

        for (var m = row.First; m >= 0;)
        {
            ref readonly var metric = ref Set.Metrics[m];
            var start = _text.Length;
            _starts[_metricCount] = start;
            int labels;
            if (type is MetricType.Histogram or MetricType.Summary)
            {
                _labels.Truncate(0);
                labels = WriteLabels(_labels, metric, type);
                WriteStart(name, []);
                _text.Write(_labels.Written);
                var hash = Hash(_text.Written[start..]);
                _text.Truncate(start);
                WriteComposed(name, type, metric);
                _metrics[_metricCount++] = new MetricPart(hash, labels);
            }
            else
            {
                WriteStart(name, []);
                labels = WriteLabels(_text, metric, type);
                _metrics[_metricCount++] = new MetricPart(Hash(_text.Written[start..]), labels);
                WriteValue(metric.Value);
            }

            if (labels > limits?.MaxLabelsPerSeries)
            {
                Set.Error = string.Create(
                    CultureInfo.InvariantCulture,
                    $"a series of {GoQuote.Text(name)} has, with its group's, more labels than {limits.MaxLabelsPerSeries}: push fewer, or raise Stash:Gateway:{nameof(PushLimits.MaxLabelsPerSeries)}");
                Set.OverLimit = true;
                return false;
            }

            m = metric.Next;
        }

        return true;
    }

    /// <summary>Writes a metric's own labels and, over them, the group's, sorted by name.</summary>
    /// <returns>How many there are.</returns>
    private int WriteLabels(ByteBuffer output, in MetricRow metric, MetricType type)
    {
        if (metric.Labels == 0)
        {
            output.Write(_group.Written);
            OddLabels |= type is MetricType.Histogram or MetricType.Summary && HasReserved(type);
            return _segments.Count;
        }

        ReadOnlySpan<LabelRow> labels = Set.Labels(metric);
        var order = Sorted(labels);
        var group = _group.Written;
        var (i, j, count) = (0, 0, 0);
        while (i < labels.Length || j < _segments.Count)
        {
            var own = i < labels.Length ? Set.Text(labels[order[i]].Name) : default;
            var difference = i == labels.Length ? 1 : j == _segments.Count ? -1 : own.SequenceCompareTo(group.Slice(_segments[j].NameStart, _segments[j].NameLength));
            if (count++ > 0)
            {
                output.Write((byte)',');
            }

            if (difference < 0 || (difference == 0 && _segments[j].Weak))
            {
                OddLabels |= own.StartsWith("__"u8);
                LabelText.WriteName(output, own);
                output.Write("=\""u8);
                LabelText.WriteValue(output, Set.Text(labels[order[i]].Value));
                output.Write((byte)'"');
            }
            else
            {
                output.Write(group.Slice(_segments[j].Start, _segments[j].Length));
            }

            i += difference <= 0 ? 1 : 0;
            j += difference >= 0 ? 1 : 0;
        }

        OddLabels |= type is MetricType.Histogram or MetricType.Summary && HasReserved(type);
        return count;
    }

    /// <summary>Whether the group has the label that tells a metric's lines apart.</summary>
    private bool HasReserved(MetricType type)
    {
        foreach (var segment in _segments)
        {
            if (_group.Written.Slice(segment.NameStart, segment.NameLength).SequenceEqual(type == MetricType.Histogram ? "le"u8 : "quantile"u8))
            {
                return true;
            }
        }

        return false;
    }

    private ReadOnlySpan<int> Sorted(ReadOnlySpan<LabelRow> labels)
    {
        if (_order.Length < labels.Length)
        {
            _order = new int[labels.Length * 2];
        }

        // By insertion: labels are few, and their number is limited.
        for (var i = 0; i < labels.Length; i++)
        {
            var name = Set.Text(labels[i].Name);
            var at = i;
            while (at > 0 && Set.Text(labels[_order[at - 1]].Name).SequenceCompareTo(name) > 0)
            {
                _order[at] = _order[at - 1];
                at--;
            }

            _order[at] = i;
        }

        return _order.AsSpan(0, labels.Length);
    }

    private void WriteComposed(ReadOnlySpan<byte> name, MetricType type, in MetricRow metric)
    {
        var (suffix, part) = type == MetricType.Histogram ? ("_bucket"u8.ToArray(), ",le=\""u8.ToArray()) : ([], ",quantile=\""u8.ToArray());
        var infinite = false;
        for (var p = metric.FirstPart; p >= 0; p = Set.Part(p).Next)
        {
            WritePart(name, suffix, part, Set.Part(p).Bound, Set.Part(p).Value);
            infinite |= double.IsPositiveInfinity(Set.Part(p).Bound);
        }

        if (type == MetricType.Histogram && !infinite)
        {
            WritePart(name, suffix, part, double.PositiveInfinity, metric.Count);
        }

        WriteTotal(name, "_sum"u8, metric.Sum);
        WriteTotal(name, "_count"u8, metric.Count);
    }

    private void WritePart(ReadOnlySpan<byte> name, ReadOnlySpan<byte> suffix, ReadOnlySpan<byte> part, double bound, double value)
    {
        WriteStart(name, suffix);
        _text.Write(_labels.Written);
        _text.Write(part);
        WriteNumber(bound);
        _text.Write((byte)'"');
        WriteValue(value);
    }

    private void WriteTotal(ReadOnlySpan<byte> name, ReadOnlySpan<byte> suffix, double value)
    {
        WriteStart(name, suffix);
        _text.Write(_labels.Written);
        WriteValue(value);
    }

    /// <summary>Writes what comes before the labels, of which there is always one.</summary>
    private void WriteStart(ReadOnlySpan<byte> name, ReadOnlySpan<byte> suffix)
    {
        if (MetricNames.IsMetricName(name))
        {
            _text.Write(name);
            _text.Write(suffix);
            _text.Write((byte)'{');
            return;
        }

        _text.Write("{\""u8);
        LabelText.WriteValue(_text, name);
        _text.Write(suffix);
        _text.Write("\","u8);
    }

    private void WriteValue(double value)
    {
        _text.Write("} "u8);
        WriteNumber(value);
        _text.Write((byte)'\n');
    }

    private void WriteNumber(double value) => _text.Advance(GoFloat.Format(value, _text.GetSpan(GoFloat.MaxLength)));

    /// <summary>A label of the group.</summary>
    /// <param name="NameStart">Where its name is, without quotes.</param>
    /// <param name="NameLength">Of the name.</param>
    /// <param name="Start">Where the label is.</param>
    /// <param name="Length">Of the label.</param>
    /// <param name="Weak">True for the empty <c>instance</c> that gives way to a metric's own.</param>
    [StructLayout(LayoutKind.Auto)]
    private readonly record struct Segment(int NameStart, int NameLength, int Start, int Length, bool Weak);
}

/// <summary>A family of a push.</summary>
/// <param name="Row">Its index in the set.</param>
/// <param name="Name">A piece of the set.</param>
/// <param name="Help">A piece of the set.</param>
/// <param name="Type">As it will be exposed.</param>
/// <param name="First">Index of its first metric.</param>
/// <param name="Count">Number of its metrics.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct PreparedFamily(int Row, TextPiece Name, TextPiece Help, MetricType Type, int First, int Count);
