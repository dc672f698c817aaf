using System.IO.Pipelines;
using System.Text;
using Stash.Core.Exposition;

namespace Stash.Core.Gateway;

/// <summary>All groups at one moment, each of them durable. It does not change, whatever is pushed meanwhile. Made for one reader.</summary>
public sealed class StoreView : IDisposable
{
    private const int FlushBytes = 1 << 16;
    private const int Piece = 256;

    internal StoreView(ExposedFamily[] families, OrderView<GroupSlot> groups)
    {
        Array.Sort(families, static (a, b) => a.Name.AsSpan().SequenceCompareTo(b.Name));
        Exposed = families;
        GroupOrder = groups;
    }

    /// <summary>Number of groups.</summary>
    public int Count => GroupOrder.Count;

    internal ExposedFamily[] Exposed { get; }

    internal OrderView<GroupSlot> GroupOrder { get; }

    /// <summary>The groups, sorted by their labels; made one by one as they are asked for.</summary>
    public IEnumerable<GroupView> Groups()
    {
        var sorted = GroupOrder.Sort(GroupComparer.Instance).ToArray();
        Array.Sort(sorted, static (a, b) => a.Group.Key.Text.SequenceCompareTo(b.Group.Key.Text));
        foreach (var slot in sorted)
        {
            yield return new GroupView(slot.Group);
        }
    }

    /// <summary>The families of all groups together, sorted by name, their metrics in the order of exposition, each family in pieces of few metrics, so that memory does not grow with their number.</summary>
    /// <param name="own">Families of the process, put in among them.</param>
    public IEnumerable<FamilyPieces> Pieces(IReadOnlyList<MetricFamily> own)
    {
        foreach (var (name, family, mine) in Merged(own))
        {
            if (family is not null && mine is null)
            {
                var help = Encoding.UTF8.GetString(family.Help);
                yield return new FamilyPieces(name, help.Length == 0 ? null : help, family.Type, () => PiecesOf(family)) { WriteStored = (output, stop) => ExpositionText.WriteLinesAsync(output, family, stop) };
                continue;
            }

            var whole = family is not null ? Merge(Structured(family), mine) : mine;
            var failure = name == GroupTimes.FailureTime;
            yield return whole is null
                ? new FamilyPieces(name, TimesHelp(failure), MetricType.Gauge, () => TimesPieces(failure)) { WriteStored = (output, stop) => ExpositionText.WriteTimesLinesAsync(output, GroupOrder, failure, stop) }
                : new FamilyPieces(name, whole.Help, whole.Type ?? MetricType.Untyped, () => [whole]);
        }
    }

    /// <summary>The names of <see cref="Pieces"/>.</summary>
    public IReadOnlySet<string> FamilyNames(IReadOnlyList<MetricFamily> own) => Merged(own).Select(f => f.Name).ToHashSet(StringComparer.Ordinal);

    /// <summary>Writes the text format 0.0.4, and flushes.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="own">Families of the process, put in among them.</param>
    /// <param name="cancellationToken">Stops.</param>
    public async Task WriteTextAsync(PipeWriter output, IReadOnlyList<MetricFamily> own, CancellationToken cancellationToken)
    {
        foreach (var (name, family, mine) in Merged(own))
        {
            if (mine is not null)
            {
                WriteStructured(output, family is null ? mine : Merge(Structured(family), mine));
            }
            else if (family is not null)
            {
                await ExpositionText.WriteAsync(output, family, cancellationToken);
            }
            else
            {
                await ExpositionText.WriteTimesAsync(output, GroupOrder, name == GroupTimes.FailureTime, cancellationToken);
            }

            if (output.UnflushedBytes > FlushBytes)
            {
                await output.FlushAsync(cancellationToken);
            }
        }

        await output.FlushAsync(cancellationToken);
    }

    public void Dispose()
    {
        foreach (var family in Exposed)
        {
            family.Series.Dispose();
        }

        GroupOrder.Dispose();
    }

    /// <summary>Pushed families, own ones and the groups' times, sorted by name; one of which there are two kinds has both.</summary>
    private List<(string Name, ExposedFamily? Pushed, MetricFamily? Own)> Merged(IReadOnlyList<MetricFamily> own)
    {
        SortedDictionary<string, (ExposedFamily? Pushed, MetricFamily? Own)> all = new(StringComparer.Ordinal);
        foreach (var family in Exposed)
        {
            all[Encoding.UTF8.GetString(family.Name)] = (family, null);
        }

        foreach (var family in own)
        {
            // Another type can only be there from before this version had the family: a scrape with both would fail as a whole.
            var pushed = all.GetValueOrDefault(family.Name).Pushed;
            all[family.Name] = (pushed?.Type == family.Type ? pushed : null, Sorted(family, family.Metrics));
        }

        if (Count > 0)
        {
            all[GroupTimes.FailureTime] = all[GroupTimes.PushTime] = (null, null);
        }

        return [.. all.Select(f => (f.Key, f.Value.Pushed, f.Value.Own))];
    }

    private static MetricFamily Merge(MetricFamily pushed, MetricFamily? own) => own is null ? pushed : Sorted(own, pushed.Metrics.Concat(own.Metrics));

    private static MetricFamily Sorted(MetricFamily family, IEnumerable<Metric> metrics)
    {
        MetricFamily sorted = new(family.Name) { Help = family.Help, Type = family.Type };
        sorted.Metrics.AddRange(metrics.OrderBy(m => m.Labels.Count).ThenBy(m => string.Join('\0', m.Labels.OrderBy(l => l.Name, StringComparer.Ordinal).Select(l => l.Value)), StringComparer.Ordinal));
        return sorted;
    }

    private static void WriteStructured(PipeWriter output, MetricFamily family)
    {
        var type = family.Type ?? MetricType.Untyped;
        TextFormatWriter.WriteHeader(output, family.Name, family.Help ?? "", type);
        foreach (var metric in family.Metrics)
        {
            TextFormatWriter.WriteMetric(output, family.Name, type, metric);
        }
    }

    private static MetricFamily Structured(ExposedFamily family)
    {
        ByteBuffer text = new();
        ExpositionText.WriteHeader(text, family.Name, family.Help, family.Type);
        foreach (var series in family.Series.Sort(SeriesComparer.Instance))
        {
            text.Write(series.Lines);
        }

        return Parse(text).Single();
    }

    private static IEnumerable<MetricFamily> PiecesOf(ExposedFamily family)
    {
        FamilySet set = new();
        ByteBuffer text = new();
        for (var next = 0; next < family.Series.Count;)
        {
            text.Truncate(0);
            ExpositionText.WriteHeader(text, family.Name, family.Help, family.Type);
            var end = Math.Min(next + Piece, family.Series.Count);
            for (; next < end; next++)
            {
                text.Write(family.Series.Sort(SeriesComparer.Instance)[next].Lines);
            }

            yield return Parse(text, set).Single();
        }
    }

    private IEnumerable<MetricFamily> TimesPieces(bool failure)
    {
        for (var next = 0; next < GroupOrder.Count;)
        {
            MetricFamily piece = new(failure ? GroupTimes.FailureTime : GroupTimes.PushTime) { Help = TimesHelp(failure), Type = MetricType.Gauge };
            var end = Math.Min(next + Piece, GroupOrder.Count);
            for (; next < end; next++)
            {
                var group = GroupOrder.Sort(GroupComparer.Instance)[next].Group;
                piece.Metrics.Add(new Metric { Labels = ExposedLabels(group.Key), Value = GroupTimes.Seconds(failure ? group.FailureTicks : group.PushTicks) });
            }

            yield return piece;
        }
    }

    private static string TimesHelp(bool failure) => failure ? GroupTimes.FailureTimeHelp : GroupTimes.PushTimeHelp;

    internal static IReadOnlyList<MetricFamily> Structured(Group group)
    {
        ByteBuffer text = new();
        var content = group.Content;
        for (var f = 0; f < content.Families.Length; f++)
        {
            var part = content.Families[f];
            ExpositionText.WriteHeader(text, part.Family.Name, part.Help.Text, part.Family.Type);
            var (first, end) = content.MetricsOf(f);
            for (var m = first; m < end; m++)
            {
                text.Write(content.Lines(m));
            }
        }

        return [.. Parse(text).Append(Time(group, failure: true)).Append(Time(group, failure: false)).OrderBy(f => f.Name, StringComparer.Ordinal)];
    }

    private static MetricFamily Time(Group group, bool failure)
    {
        MetricFamily family = new(failure ? GroupTimes.FailureTime : GroupTimes.PushTime) { Help = TimesHelp(failure), Type = MetricType.Gauge };
        family.Metrics.Add(new Metric { Labels = ExposedLabels(group.Key), Value = GroupTimes.Seconds(failure ? group.FailureTicks : group.PushTicks) });
        return family;
    }

    private static List<Label> ExposedLabels(GroupKey key)
    {
        ByteBuffer text = new();
        key.WriteExposed(text);
        return [.. LabelText.Read(text.Written)];
    }

    private static IReadOnlyList<MetricFamily> Parse(ByteBuffer text, FamilySet? set = null)
    {
        set ??= new FamilySet();
        return TextParser.Read(text.WrittenMemory, set, utf8Names: true) ? set.ToFamilies() : throw new InvalidDataException(set.Error);
    }
}

/// <summary>One group.</summary>
public sealed class GroupView
{
    private readonly Group _group;

    internal GroupView(Group group)
    {
        _group = group;
        Labels = group.Key.Labels;
    }

    /// <summary>Its labels, <c>job</c> among them, sorted by name.</summary>
    public IReadOnlyList<Label> Labels { get; }

    /// <summary>Last push that was taken in; null where there was none.</summary>
    public DateTimeOffset? PushTime => _group.PushTime;

    /// <summary>Last push that was refused; null where there was none.</summary>
    public DateTimeOffset? FailureTime => _group.FailureTime;

    /// <summary>Its families, sorted by name, those of the group's times among them; their metrics bear the group's labels. Made anew with each call.</summary>
    public IReadOnlyList<MetricFamily> Families() => StoreView.Structured(_group);
}
