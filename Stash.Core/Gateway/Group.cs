using Stash.Core.Exposition;

namespace Stash.Core.Gateway;

/// <summary>One group. Never changed, only replaced as a whole: whoever holds one can read it without a lock.</summary>
internal sealed record Group(GroupKey Key, IReadOnlyList<GroupFamily> Families, DateTimeOffset? PushTime, DateTimeOffset? FailureTime);

/// <summary>One family of one group.</summary>
internal sealed record GroupFamily(string Name, string Help, MetricType Type, StoredMetric[] Metrics);

/// <summary>One metric, ready to be sent.</summary>
/// <param name="Hash">Identity: XXH64 of family and labels.</param>
/// <param name="Order">Orders the metrics of a family as the reference does: number of labels, then label values.</param>
/// <param name="Text">Its lines in the text format.</param>
internal sealed record StoredMetric(ulong Hash, byte[] Order, byte[] Text)
{
    /// <summary>Compares by <see cref="Order"/>; metrics that differ in label names only, by their identity.</summary>
    public static int Compare(StoredMetric a, StoredMetric b) =>
        a.Order.AsSpan().SequenceCompareTo(b.Order) is not 0 and var order ? order : a.Hash.CompareTo(b.Hash);
}
