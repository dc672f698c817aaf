using System.Runtime.InteropServices;

namespace Stash.Core.Gateway;

/// <summary>One group. Never changed, only replaced as a whole: whoever holds one can read it without a lock.</summary>
internal sealed class Group(GroupKey key, GroupContent content, long pushTicks, long failureTicks, long lifeTicks)
{
    public GroupKey Key { get; } = key;

    public GroupContent Content { get; } = content;

    /// <summary>UTC ticks of the last push that was taken in; 0 where there was none.</summary>
    public long PushTicks { get; } = pushTicks;

    /// <summary>UTC ticks of the last push that was refused; 0 where there was none.</summary>
    public long FailureTicks { get; } = failureTicks;

    /// <summary>Ticks after the last push when the group may go; 0 where that is not known.</summary>
    public long LifeTicks { get; } = lifeTicks;

    public DateTimeOffset? PushTime => Time(PushTicks);

    public DateTimeOffset? FailureTime => Time(FailureTicks);

    public static DateTimeOffset? Time(long ticks) => ticks == 0 ? null : new DateTimeOffset(ticks, TimeSpan.Zero);
}

/// <summary>What was pushed to a group, ready to be sent: all lines in one array of bytes, so that a group costs few objects.</summary>
internal sealed class GroupContent(byte[] text, FamilyPart[] families, MetricPart[] metrics)
{
    public static readonly GroupContent Empty = new([], [], []);

    /// <summary>The lines of its metrics, without headers, one family after the other.</summary>
    public byte[] Text { get; } = text;

    public FamilyPart[] Families { get; } = families;

    /// <summary>In the order of <see cref="Text"/>.</summary>
    public MetricPart[] Metrics { get; } = metrics;

    /// <summary>The lines of a metric.</summary>
    public ReadOnlySpan<byte> Lines(int metric) => Text.AsSpan(Metrics[metric].Start..End(metric));

    /// <summary>Its metrics, from the first to before the last index.</summary>
    public (int First, int End) MetricsOf(int family) => (Families[family].First, family + 1 < Families.Length ? Families[family + 1].First : Metrics.Length);

    private int End(int metric) => metric + 1 < Metrics.Length ? Metrics[metric + 1].Start : Text.Length;
}

/// <summary>A family's place in a group's content.</summary>
/// <param name="Family">What is common to all groups that have it.</param>
/// <param name="Help">Its help in this group.</param>
/// <param name="First">Index of its first metric.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct FamilyPart(FamilyEntry Family, HelpEntry Help, int First);

/// <summary>A metric's place in a group's content.</summary>
/// <param name="Hash">Identity: XXH3 of family and labels.</param>
/// <param name="Start">Where its lines begin.</param>
/// <param name="Labels">Number of its labels.</param>
[StructLayout(LayoutKind.Sequential, Pack = 4)]
internal readonly record struct MetricPart(ulong Hash, int Start, int Labels);
