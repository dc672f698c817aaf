using Stash.Core.Exposition;
using Stash.Core.Sessions;

namespace Stash.Core.Gateway;

/// <summary>A push with all the work done that needs no look at other groups, so that pushers do it side by side.</summary>
/// <param name="Group">The group's key.</param>
/// <param name="Replace">True for PUT.</param>
/// <param name="Families">The families with the group's labels put over their own; those of the group's times left out.</param>
/// <param name="Built">The same, ready to be stored, in the same order.</param>
internal sealed record PreparedPush(GroupKey Group, bool Replace, IReadOnlyList<MetricFamily> Families, IReadOnlyList<GroupFamily> Built)
{
    /// <param name="group">The group's key.</param>
    /// <param name="replace">True for PUT.</param>
    /// <param name="families">As pushed; their metrics get the group's labels.</param>
    public static PreparedPush Of(GroupKey group, bool replace, IReadOnlyList<MetricFamily> families)
    {
        GroupBuilder.Relabel(families, group);

        // A script often pushes these without a TYPE. The first to do so would have every other session refused for the difference.
        foreach (var family in families.Where(f => (f.Type ?? MetricType.Untyped) == MetricType.Untyped && SessionMetrics.Families.Contains(f.Name)))
        {
            family.Type = MetricType.Gauge;
        }

        MetricFamily[] kept = [.. families.Where(f => !GroupBuilder.IsTime(f.Name))];
        return new PreparedPush(group, replace, kept, [.. kept.Select(GroupBuilder.Build)]);
    }
}
