using System.Globalization;
using System.Text;
using Stash.Core.Exposition;

namespace Stash.Core.Gateway;

/// <summary>Judges a push before it is taken in: all that the groups would expose together must be one valid exposition.</summary>
internal sealed class ConsistencyCheck(FamilyIndex index)
{
    /// <summary>So many errors are described; of more, the number is told.</summary>
    private const int MaxDescribed = 100;

    /// <summary>
    /// Whether a push is surely in order: no family of another type anywhere, no series of another group, nothing that could collide. Where it
    /// is not sure, <see cref="Judge"/> tells.
    /// </summary>
    /// <param name="push">The push.</param>
    /// <param name="entries">The entries of its families.</param>
    /// <param name="holder">The group's; null for a new group.</param>
    public bool IsFine(PreparedPush push, FamilyEntry[] entries, GroupHolder? holder)
    {
        if (push.OddLabels || push.HasDuplicates)
        {
            return false;
        }

        var families = push.Families;
        var metrics = push.Metrics;
        for (var f = 0; f < families.Length; f++)
        {
            ref readonly var family = ref families[f];
            var entry = entries[f];
            if (entry.Type != family.Type || (entry.Required is { } required && required != family.Type) || MayCollide(push, entry, family.Type))
            {
                return false;
            }

            for (var m = family.First; m < family.First + family.Count; m++)
            {
                if (index.OwnerOf(entry, metrics[m].Hash) is { } owner && !ReferenceEquals(owner, holder))
                {
                    return false;
                }
            }
        }

        return true;
    }

    /// <summary>What is wrong, in the reference's words; null where nothing is.</summary>
    /// <param name="push">The push.</param>
    /// <param name="old">The group's content as it is; null for a new group.</param>
    public string? Judge(PreparedPush push, GroupContent? old)
    {
        Errors errors = new();
        var leaving = old?.Families.Select(f => f.Family.NameText).ToHashSet(StringComparer.Ordinal) ?? [];
        HashSet<ulong> leavingMetrics = [.. old?.Metrics.Select(m => m.Hash) ?? []];

        // Those seen before: of two that collide, one is reported.
        Dictionary<string, MetricType> names = new(StringComparer.Ordinal);
        HashSet<ulong> seen = [];
        var sources = Sources(push);
        foreach (var family in Families(push, old, sources))
        {
            if (index.Required(Encoding.UTF8.GetBytes(family.Name)) is { } own && own != family.Type)
            {
                errors.Add(() => $"gathered metric family {family.Name} has type {Upper(family.Type)} but should have {Upper(own)}");
                continue;
            }

            if (Collision(family, names, leaving) is { } collision)
            {
                errors.Add(() => collision);
                continue;
            }

            names[family.Name] = family.Type;
            var other = TypeElsewhere(family.Name, leaving);
            for (var i = 0; i < family.Hashes.Length; i++)
            {
                var at = i;
                if (other is { } type && type != family.Type)
                {
                    errors.Add(() => $"{Describe(family, at)} is not a {Upper(type)}");
                }
                else if (family.Source?.Metrics[i].Labels.Find(l => l.Name.StartsWith("__", StringComparison.Ordinal)) is { Name: { } name })
                {
                    errors.Add(() => $"{Describe(family, at)} has a label with an invalid name: {name}");
                }
                else if (Reserved(family.Type) is { } reserved && family.Source?.Metrics[i].Labels.Exists(l => l.Name == reserved) is true)
                {
                    errors.Add(() => $"{Describe(family, at)} must not have an explicit {GoQuote.Text(reserved)} label");
                }
                else if (!seen.Add(family.Hashes[i]) || (!leavingMetrics.Contains(family.Hashes[i]) && index.Find(Encoding.UTF8.GetBytes(family.Name)) is { } entry && index.OwnerOf(entry, family.Hashes[i]) is not null))
                {
                    errors.Add(() => $"{Describe(family, at)} was collected before with the same name and label values");
                }
            }
        }

        return errors.Text;
    }

    private bool MayCollide(PreparedPush push, FamilyEntry entry, MetricType type)
    {
        if (!entry.Stem.IsEmpty && (IsComposed(index.Find(entry.Stem.Span)?.Type) || IsComposed(index.Required(entry.Stem.Span)) || HasComposed(push)))
        {
            return true;
        }

        if (!IsComposed(type))
        {
            return false;
        }

        if (push.Families.Length > 64)
        {
            return true;
        }

        foreach (var other in push.Families)
        {
            var name = push.Set.Text(other.Name);
            if (name.Length > entry.Name.Length && name.StartsWith(entry.Name))
            {
                return true;
            }
        }

        Span<byte> derived = stackalloc byte[entry.Name.Length < 256 ? entry.Name.Length + 8 : 0];
        if (derived.IsEmpty)
        {
            return true;
        }

        entry.Name.CopyTo(derived);
        foreach (var suffix in FamilyEntry.Suffixes)
        {
            suffix.CopyTo(derived[entry.Name.Length..]);
            var name = derived[..(entry.Name.Length + suffix.Length)];
            if (index.Find(name) is not null || index.Required(name) is not null)
            {
                return true;
            }
        }

        return false;
    }

    private static bool HasComposed(PreparedPush push)
    {
        foreach (var family in push.Families)
        {
            if (IsComposed(family.Type))
            {
                return true;
            }
        }

        return false;
    }

    private static bool IsComposed(MetricType? type) => type is MetricType.Histogram or MetricType.Summary;

    private static Dictionary<string, MetricFamily> Sources(PreparedPush push)
    {
        var families = push.Set.ToFamilies();
        Relabeling.Apply(families, push.Group);
        return families.ToDictionary(f => f.Name, StringComparer.Ordinal);
    }

    /// <summary>What the group would hold: what is pushed, then what stays.</summary>
    private static List<JudgedFamily> Families(PreparedPush push, GroupContent? old, Dictionary<string, MetricFamily> sources)
    {
        List<JudgedFamily> families = [];
        foreach (var family in push.Families)
        {
            var name = Encoding.UTF8.GetString(push.Set.Text(family.Name));
            families.Add(new JudgedFamily(name, family.Type, [.. push.Metrics.Slice(family.First, family.Count).ToArray().Select(m => m.Hash)], sources[name]));
        }

        if (old is not null && !push.Replace)
        {
            for (var f = 0; f < old.Families.Length; f++)
            {
                var name = old.Families[f].Family.NameText;
                var (first, end) = old.MetricsOf(f);
                if (!sources.ContainsKey(name))
                {
                    families.Add(new JudgedFamily(name, old.Families[f].Family.Type, [.. old.Metrics[first..end].Select(m => m.Hash)], null));
                }
            }
        }

        return families;
    }

    /// <summary>
    /// The label that tells a metric's lines apart, which a group's labels can bring in again. The reference refuses it of summaries only,
    /// and then exposes histograms that no Prometheus can read.
    /// </summary>
    private static string? Reserved(MetricType type) => type switch
    {
        MetricType.Summary => "quantile",
        MetricType.Histogram => "le",
        _ => null,
    };

    /// <summary>Type of a family as other groups hold it.</summary>
    private MetricType? TypeElsewhere(string name, HashSet<string> leaving) =>
        index.Find(Encoding.UTF8.GetBytes(name)) is { } entry && entry.Groups > (leaving.Contains(name) ? 1 : 0) ? entry.Type : null;

    /// <summary>A histogram or summary <c>x</c> also exposes <c>x_count</c>, <c>x_sum</c> and <c>x_bucket</c>.</summary>
    private string? Collision(JudgedFamily family, Dictionary<string, MetricType> names, HashSet<string> leaving)
    {
        MetricType? TypeOf(string name) =>
            index.Required(Encoding.UTF8.GetBytes(name)) ?? (names.TryGetValue(name, out var here) ? here : TypeElsewhere(name, leaving));

        foreach (var suffix in (ReadOnlySpan<string>)["_count", "_sum", "_bucket"])
        {
            if (family.Name.EndsWith(suffix, StringComparison.Ordinal))
            {
                var stem = family.Name[..^suffix.Length];
                var type = TypeOf(stem);
                if (type == MetricType.Histogram || (type == MetricType.Summary && suffix != "_bucket"))
                {
                    return $"collected metric named \"{family.Name}\" collides with previously collected {type.Value.ToString().ToLowerInvariant()} named \"{stem}\"";
                }

                break;
            }
        }

        if (IsComposed(family.Type))
        {
            foreach (var suffix in (ReadOnlySpan<string>)["_count", "_sum"])
            {
                if (TypeOf(family.Name + suffix) is not null)
                {
                    return $"collected histogram or summary named \"{family.Name}\" collides with previously collected metric named \"{family.Name}{suffix}\"";
                }
            }

            if (family.Type == MetricType.Histogram && TypeOf(family.Name + "_bucket") is not null)
            {
                return $"collected histogram named \"{family.Name}\" collides with previously collected metric named \"{family.Name}_bucket\"";
            }
        }

        return null;
    }

    private static string Describe(JudgedFamily family, int metric) =>
        $"collected metric \"{family.Name}\" {{ {(family.Source is null ? "" : ProtobufText.Of(family.Source.Metrics[metric], family.Type))}}}";

    private static string Upper(MetricType type) => type.ToString().ToUpperInvariant();

    /// <param name="Name">The family's name.</param>
    /// <param name="Type">As it would be exposed.</param>
    /// <param name="Hashes">Of its series.</param>
    /// <param name="Source">As it was pushed, relabelled; null for one that stays.</param>
    private sealed record JudgedFamily(string Name, MetricType Type, ulong[] Hashes, MetricFamily? Source);

    private sealed class Errors
    {
        private readonly List<string> _described = [];
        private int _count;

        public string? Text => _count switch
        {
            0 => null,
            1 => _described[0],
            _ => string.Create(
                CultureInfo.InvariantCulture,
                $"{_count} error(s) occurred:{string.Concat(_described.Select(e => $"\n* {e}"))}{(_count > _described.Count ? string.Create(CultureInfo.InvariantCulture, $"\n* and {_count - _described.Count} more") : "")}"),
        };

        public void Add(Func<string> describe)
        {
            if (_count++ < MaxDescribed)
            {
                _described.Add(describe());
            }
        }
    }
}
