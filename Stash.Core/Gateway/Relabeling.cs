using Stash.Core.Exposition;

namespace Stash.Core.Gateway;

/// <summary>Puts a group's labels over those of metrics.</summary>
internal static class Relabeling
{
    /// <summary>Puts the group's labels over those of every metric, adds <c>instance=""</c> where there is none, sorts them.</summary>
    public static void Apply(IReadOnlyList<MetricFamily> families, GroupKey group)
    {
        var over = group.Labels;
        foreach (var metric in families.SelectMany(f => f.Metrics))
        {
            List<Label> merged = [.. over, .. metric.Labels.Where(l => !over.Any(g => g.Name == l.Name))];
            if (!merged.Exists(l => l.Name == "instance"))
            {
                merged.Add(new Label("instance", ""));
            }

            merged.Sort((a, b) => string.CompareOrdinal(a.Name, b.Name));
            metric.Labels = merged;
        }
    }
}
