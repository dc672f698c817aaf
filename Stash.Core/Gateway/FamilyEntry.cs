using System.Runtime.InteropServices;
using System.Text;
using Stash.Core.Exposition;

namespace Stash.Core.Gateway;

/// <summary>What all groups that have a family have in common of it. Changed by the writer alone.</summary>
internal sealed class FamilyEntry
{
    private readonly List<HelpEntry> _helps = [];

    /// <param name="name">In UTF-8.</param>
    /// <param name="type">Of the first push of it.</param>
    /// <param name="required">Its only type, where it is one of the gateway's own.</param>
    public FamilyEntry(ReadOnlySpan<byte> name, MetricType type, MetricType? required)
    {
        Name = name.ToArray();
        Type = type;
        Required = required;
        foreach (var suffix in Suffixes)
        {
            if (name.EndsWith(suffix) && name.Length > suffix.Length)
            {
                Stem = Name.AsMemory(0, Name.Length - suffix.Length);
            }
        }
    }

    /// <summary>What the lines of a histogram or summary end in.</summary>
    public static byte[][] Suffixes { get; } = ["_count"u8.ToArray(), "_sum"u8.ToArray(), "_bucket"u8.ToArray()];

    public byte[] Name { get; }

    public string NameText => Encoding.UTF8.GetString(Name);

    /// <summary>The name without <c>_count</c>, <c>_sum</c> or <c>_bucket</c>; empty where it ends in none of them.</summary>
    public ReadOnlyMemory<byte> Stem { get; }

    public MetricType Type { get; set; }

    public MetricType? Required { get; }

    /// <summary>In how many groups it is.</summary>
    public int Groups { get; private set; }

    public SeriesOrder<SeriesSlot, Series> Series { get; } = new();

    /// <summary>Where groups differ, the same one wins whatever the order of their pushes: an empty one last.</summary>
    public byte[] Help
    {
        get
        {
            var best = _helps[0].Text;
            foreach (var help in _helps)
            {
                if (help.Text.Length > 0 && (best.Length == 0 || help.Text.AsSpan().SequenceCompareTo(best) < 0))
                {
                    best = help.Text;
                }
            }

            return best;
        }
    }

    /// <summary>A help's entry, made where it is not there. It stays only once a group has entered with it.</summary>
    public HelpEntry HelpOf(ReadOnlySpan<byte> text)
    {
        foreach (var help in _helps)
        {
            if (text.SequenceEqual(help.Text))
            {
                return help;
            }
        }

        return new HelpEntry(text.ToArray());
    }

    public void Enter(HelpEntry help)
    {
        Groups++;
        if (help.Groups++ == 0)
        {
            _helps.Add(help);
        }
    }

    public void Leave(HelpEntry help)
    {
        Groups--;
        if (--help.Groups == 0)
        {
            _helps.Remove(help);
        }
    }
}

/// <summary>A HELP text, and in how many groups a family has it.</summary>
internal sealed class HelpEntry(byte[] text)
{
    public byte[] Text { get; } = text;

    public int Groups { get; set; }
}

/// <summary>Where a series is: a metric of a group, whatever the group becomes.</summary>
/// <param name="Holder">Null in an empty slot.</param>
/// <param name="Metric">Index of the metric.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct SeriesSlot(GroupHolder? Holder, int Metric) : ISlot<Series>
{
    public bool IsEmpty => Holder is null;

    public Series Seen => new(Holder!.Current.Content, Metric);
}

/// <summary>A series as a reader sees it: a metric in a content of its group.</summary>
/// <param name="Content">The content.</param>
/// <param name="Metric">Index of the metric.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct Series(GroupContent Content, int Metric)
{
    public ReadOnlySpan<byte> Lines => Content.Lines(Metric);
}

/// <summary>Orders the series of a family as the reference does: by the number of labels, then by the values of the labels, in the order of their names.</summary>
internal sealed class SeriesComparer : OrderComparer<Series>
{
    public static readonly SeriesComparer Instance = new();

    public override int Labels(Series item) => item.Content.Metrics[item.Metric].Labels;

    public override ReadOnlySpan<byte> Text(Series item) => item.Lines;

    public override int Compare(Series x, Series y)
    {
        var labels = x.Content.Metrics[x.Metric].Labels;
        var difference = labels.CompareTo(y.Content.Metrics[y.Metric].Labels);
        if (difference != 0)
        {
            return difference;
        }

        var a = x.Lines;
        var b = y.Lines;
        return CompareLabels(a[(a.IndexOf((byte)'{') + 1)..], b[(b.IndexOf((byte)'{') + 1)..], labels);
    }

    /// <summary>Compares the values of so many labels; where they are the same, the texts.</summary>
    public static int CompareLabels(ReadOnlySpan<byte> a, ReadOnlySpan<byte> b, int labels)
    {
        // Nearly always the texts are the same up to somewhere within a value that has nothing escaped: then the bytes there decide.
        var same = a.CommonPrefixLength(b);
        if (same < a.Length && same < b.Length && a[..same].LastIndexOf((byte)'"') is > 0 and var quote && a[quote - 1] == '='
            && a[same] != '\\' && b[same] != '\\' && !a[quote..same].Contains((byte)'\\'))
        {
            return a[same] == '"' ? -1 : b[same] == '"' ? 1 : a[same] - b[same];
        }

        LabelReader first = new(a);
        LabelReader second = new(b);
        for (var i = 0; i < labels && first.Next() && second.Next(); i++)
        {
            if (LabelText.CompareValues(first.Value, second.Value) is not 0 and var difference)
            {
                return difference;
            }
        }

        return a.SequenceCompareTo(b);
    }
}

/// <summary>Orders groups as their push times are exposed.</summary>
internal sealed class GroupComparer : OrderComparer<GroupSlot>
{
    public static readonly GroupComparer Instance = new();

    public override int Labels(GroupSlot item) => item.Group.Key.ExposedCount;

    public override ReadOnlySpan<byte> Text(GroupSlot item) => item.Group.Key.Text;

    public override int Compare(GroupSlot x, GroupSlot y)
    {
        var (a, b) = (x.Group.Key, y.Group.Key);
        if (a.ExposedCount.CompareTo(b.ExposedCount) is not 0 and var difference)
        {
            return difference;
        }

        LabelReader first = new(a.Text);
        LabelReader second = new(b.Text);
        for (var i = 0; i < a.ExposedCount; i++)
        {
            var (fromA, fromB) = (i != a.EmptyInstanceAt && first.Next(), i != b.EmptyInstanceAt && second.Next());
            if (LabelText.CompareValues(fromA ? first.Value : default, fromB ? second.Value : default) is not 0 and var value)
            {
                return value;
            }
        }

        return a.Text.SequenceCompareTo(b.Text);
    }
}

/// <param name="Holder">Null in an empty slot.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct HolderSlot(GroupHolder? Holder) : ISlot<GroupSlot>
{
    public bool IsEmpty => Holder is null;

    public GroupSlot Seen => new(Holder!.Current);
}

/// <summary>A group as a reader sees it.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct GroupSlot(Group Group);
