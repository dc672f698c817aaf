using Stash.Core.Exposition;

namespace Stash.Core.Gateway;

/// <summary>Judges a push before it is taken in: all that the groups would expose together must be one valid exposition.</summary>
internal sealed class ConsistencyCheck(FamilyIndex index, IReadOnlyDictionary<string, MetricType> ownFamilies)
{
    /// <summary>What is wrong, in the reference's words; null where nothing is.</summary>
    /// <param name="families">As pushed, relabelled.</param>
    /// <param name="next">The group as it would become.</param>
    /// <param name="old">The group as it is; null for a new one.</param>
    public string? Judge(IReadOnlyList<MetricFamily> families, Group next, Group? old)
    {
        List<string> errors = [];
        var leaving = old?.Families.ToDictionary(f => f.Name, StringComparer.Ordinal) ?? [];
        HashSet<ulong> leavingMetrics = [.. leaving.Values.SelectMany(f => f.Metrics).Select(m => m.Hash)];
        // Those seen before: of two that collide, one is reported.
        Dictionary<string, MetricType> names = new(StringComparer.Ordinal);
        HashSet<ulong> seen = [];
        var pushed = families.ToDictionary(f => f.Name, StringComparer.Ordinal);
        foreach (var family in next.Families)
        {
            var other = TypeElsewhere(family.Name, leaving);
            if (ownFamilies.TryGetValue(family.Name, out var own) && own != family.Type)
            {
                errors.Add($"gathered metric family {family.Name} has type {Upper(family.Type)} but should have {Upper(own)}");
                continue;
            }

            if (Collision(family, names, leaving) is { } collision)
            {
                errors.Add(collision);
                continue;
            }

            names[family.Name] = family.Type;
            var source = pushed.GetValueOrDefault(family.Name);
            for (var i = 0; i < family.Metrics.Length; i++)
            {
                var metric = family.Metrics[i];
                if (other is { } type && type != family.Type)
                {
                    errors.Add($"{Describe(family, source, i)} is not a {Upper(type)}");
                }
                else if (source?.Metrics[i].Labels.Find(l => l.Name.StartsWith("__", StringComparison.Ordinal)) is { Name: { } name })
                {
                    errors.Add($"{Describe(family, source, i)} has a label with an invalid name: {name}");
                }
                else if (Reserved(family.Type) is { } reserved && source?.Metrics[i].Labels.Exists(l => l.Name == reserved) is true)
                {
                    errors.Add($"{Describe(family, source, i)} must not have an explicit {GoQuote.Text(reserved)} label");
                }
                else if (!seen.Add(metric.Hash) || (index.Contains(metric.Hash) && !leavingMetrics.Contains(metric.Hash)))
                {
                    errors.Add($"{Describe(family, source, i)} was collected before with the same name and label values");
                }
            }
        }

        return errors.Count switch
        {
            0 => null,
            1 => errors[0],
            var count => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{count} error(s) occurred:{string.Concat(errors.Select(e => $"\n* {e}"))}"),
        };
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
    private MetricType? TypeElsewhere(string name, Dictionary<string, GroupFamily> leaving) =>
        index.GroupsOf(name) > (leaving.ContainsKey(name) ? 1 : 0) ? index.TypeOf(name) : null;

    /// <summary>A histogram or summary <c>x</c> also exposes <c>x_count</c>, <c>x_sum</c> and <c>x_bucket</c>.</summary>
    private string? Collision(GroupFamily family, Dictionary<string, MetricType> names, Dictionary<string, GroupFamily> leaving)
    {
        MetricType? TypeOf(string name) =>
            ownFamilies.TryGetValue(name, out var own) ? own : names.TryGetValue(name, out var here) ? here : TypeElsewhere(name, leaving);

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

        if (family.Type is MetricType.Histogram or MetricType.Summary)
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

    private static string Describe(GroupFamily family, MetricFamily? source, int i) =>
        $"collected metric \"{family.Name}\" {{ {(source is null ? "" : ProtobufText.Of(source.Metrics[i], family.Type))}}}";

    private static string Upper(MetricType type) => type.ToString().ToUpperInvariant();
}
