using System.Buffers;
using Stash.Core.Exposition;

namespace Stash.Core.Gateway;

/// <summary>All groups at one moment, each of them durable. It does not change, whatever is pushed meanwhile.</summary>
public sealed class StoreView
{
    private readonly Group[] _groups;
    private readonly List<ExposedFamily> _families;

    internal StoreView(Group[] groups, List<ExposedFamily> families)
    {
        _groups = groups;
        _families = families;
    }

    public int Count => _groups.Length;

    /// <summary>The groups, sorted by their labels; made one by one as they are asked for.</summary>
    public IEnumerable<GroupView> Groups()
    {
        Array.Sort(_groups, (a, b) => CompareLabels(a.Key.Labels, b.Key.Labels));
        foreach (var group in _groups)
        {
            yield return new GroupView
            {
                Labels = group.Key.Labels,
                PushTime = group.PushTime,
                FailureTime = group.FailureTime,
                Families = [.. group.Families.OrderBy(f => f.Name, StringComparer.Ordinal).Select(f => Structured(new ExposedFamily(f.Name, f.Help, f.Type, f.Metrics)))],
            };
        }
    }

    /// <summary>The families of all groups together, sorted by name, their metrics in the order of exposition; made one by one as they are asked for.</summary>
    /// <param name="own">Families of the process, put in among them.</param>
    public IEnumerable<MetricFamily> Families(IReadOnlyList<MetricFamily> own)
    {
        foreach (var family in Exposed(own))
        {
            yield return Structured(family);
        }
    }

    /// <summary>The names of <see cref="Families"/>.</summary>
    public IReadOnlySet<string> FamilyNames(IReadOnlyList<MetricFamily> own) =>
        new HashSet<string>(_families.Select(f => f.Name).Concat(own.Select(f => f.Name)), StringComparer.Ordinal);

    internal IEnumerable<ExposedFamily> Exposed(IReadOnlyList<MetricFamily> own) => ExposedFamily.Merge(_families, own);

    private static MetricFamily Structured(ExposedFamily family)
    {
        ArrayBufferWriter<byte> text = new();
        family.WriteText(text);
        return TextParser.Parse(text.WrittenSpan) is [var one] ? one : new MetricFamily(family.Name) { Help = family.Help, Type = family.Type };
    }

    private static int CompareLabels(IReadOnlyList<Label> a, IReadOnlyList<Label> b)
    {
        for (var i = 0; i < a.Count && i < b.Count; i++)
        {
            if (string.CompareOrdinal(a[i].Name, b[i].Name) is not 0 and var name)
            {
                return name;
            }

            if (string.CompareOrdinal(a[i].Value, b[i].Value) is not 0 and var value)
            {
                return value;
            }
        }

        return a.Count.CompareTo(b.Count);
    }
}

/// <summary>One group.</summary>
public sealed record GroupView
{
    /// <summary>Its labels, <c>job</c> among them, sorted by name.</summary>
    public required IReadOnlyList<Label> Labels { get; init; }

    /// <summary>Last push that was taken in; null where there was none.</summary>
    public required DateTimeOffset? PushTime { get; init; }

    /// <summary>Last push that was refused; null where there was none.</summary>
    public required DateTimeOffset? FailureTime { get; init; }

    /// <summary>Its families, sorted by name, those of the group's times among them; their metrics bear the group's labels.</summary>
    public required IReadOnlyList<MetricFamily> Families { get; init; }
}
