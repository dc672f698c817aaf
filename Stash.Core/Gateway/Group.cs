using System.Buffers.Binary;
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

/// <summary>Where a group is, whatever it becomes: its series refer to it, so that a push that brings no other series changes nothing but this.</summary>
internal sealed class GroupHolder
{
    public Group Current { get; set; } = null!;

    /// <summary>Its place in the order of the groups.</summary>
    public int Slot { get; set; }
}

/// <summary>What was pushed to a group, ready to be sent: all lines in one array of bytes, so that a group costs few objects.</summary>
/// <param name="bytes">The lines of its metrics, without headers, one family after the other; then where the lines of each metric begin, 4 bytes each, little-endian.</param>
/// <param name="families">Shared by the contents that a group has one after the other, as long as its series stay the same.</param>
/// <param name="metrics">In the order of the lines; shared likewise.</param>
internal sealed class GroupContent(byte[] bytes, FamilyPart[] families, MetricPart[] metrics)
{
    public static readonly GroupContent Empty = new([], [], []);

    public byte[] Bytes { get; } = bytes;

    /// <summary>The lines.</summary>
    public ReadOnlySpan<byte> Text => Bytes.AsSpan(0, TextLength);

    public FamilyPart[] Families { get; } = families;

    /// <summary>In the order of <see cref="Text"/>.</summary>
    public MetricPart[] Metrics { get; } = metrics;

    private int TextLength => Bytes.Length - (Metrics.Length * sizeof(int));

    /// <summary>Whether another has the same series in the same places.</summary>
    public bool HasSeriesOf(GroupContent other) => ReferenceEquals(Metrics, other.Metrics) && ReferenceEquals(Families, other.Families);

    /// <summary>The lines of a metric.</summary>
    public ReadOnlySpan<byte> Lines(int metric) => Bytes.AsSpan(Start(metric)..(metric + 1 < Metrics.Length ? Start(metric + 1) : TextLength));

    /// <summary>Its metrics, from the first to before the last index.</summary>
    public (int First, int End) MetricsOf(int family) => (Families[family].First, family + 1 < Families.Length ? Families[family + 1].First : Metrics.Length);

    /// <summary>Where the lines of a metric begin.</summary>
    public int Start(int metric) => BinaryPrimitives.ReadInt32LittleEndian(Bytes.AsSpan(TextLength + (metric * sizeof(int))));
}

/// <summary>A family's place in a group's content.</summary>
/// <param name="Family">What is common to all groups that have it.</param>
/// <param name="Help">Its help in this group.</param>
/// <param name="First">Index of its first metric.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct FamilyPart(FamilyEntry Family, HelpEntry Help, int First);

/// <summary>A metric's place in a group's content.</summary>
/// <param name="Hash">Identity: XXH3 of family and labels.</param>
/// <param name="Labels">Number of its labels.</param>
[StructLayout(LayoutKind.Sequential, Pack = 4)]
internal readonly record struct MetricPart(ulong Hash, int Labels);
