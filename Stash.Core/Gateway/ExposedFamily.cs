using System.Buffers;
using Stash.Core.Exposition;

namespace Stash.Core.Gateway;

/// <summary>One family as it is exposed: the metrics of all groups.</summary>
internal sealed record ExposedFamily(string Name, string Help, MetricType Type, StoredMetric[] Metrics)
{
    /// <summary>The groups' families and those of the process, sorted by name.</summary>
    /// <param name="groups">Sorted by name.</param>
    /// <param name="own">In any order.</param>
    public static IEnumerable<ExposedFamily> Merge(IReadOnlyList<ExposedFamily> groups, IReadOnlyList<MetricFamily> own)
    {
        var next = 0;
        foreach (var family in own.OrderBy(f => f.Name, StringComparer.Ordinal).Select(GroupBuilder.Build))
        {
            while (next < groups.Count && string.CompareOrdinal(groups[next].Name, family.Name) < 0)
            {
                yield return groups[next++];
            }

            StoredMetric[] metrics = family.Metrics;
            if (next < groups.Count && groups[next].Name == family.Name)
            {
                var pushed = groups[next++];

                // Another type can only be there from before this version had the family: a scrape with both would fail as a whole.
                metrics = pushed.Type == family.Type ? [.. pushed.Metrics, .. metrics] : metrics;
            }

            Array.Sort(metrics, StoredMetric.Compare);
            yield return new ExposedFamily(family.Name, family.Help, family.Type, metrics);
        }

        while (next < groups.Count)
        {
            yield return groups[next++];
        }
    }

    public void WriteText(IBufferWriter<byte> output)
    {
        TextFormatWriter.WriteHeader(output, Name, Help, Type);
        foreach (var metric in Metrics)
        {
            output.Write(metric.Text);
        }
    }
}
