using System.Text;
using Stash.Core.Exposition;

namespace Stash.Core.Gateway;

/// <summary>The two families of the groups' own times, which nobody can push. They are not stored: they are written from the groups when they are read.</summary>
internal static class GroupTimes
{
    public const string PushTime = "push_time_seconds";
    public const string FailureTime = "push_failure_time_seconds";
    public const string PushTimeHelp = "Last Unix time when changing this group in the Pushgateway succeeded.";
    public const string FailureTimeHelp = "Last Unix time when changing this group in the Pushgateway failed.";

    private static readonly byte[] Push = Encoding.ASCII.GetBytes(PushTime);
    private static readonly byte[] Failure = Encoding.ASCII.GetBytes(FailureTime);

    public static bool Is(ReadOnlySpan<byte> family) => family.SequenceEqual(Push) || family.SequenceEqual(Failure);

    public static bool Is(string family) => family is PushTime or FailureTime;

    /// <summary>Unix seconds as Go's <c>UnixNano()/1e9</c> gives them, to the ticks that .NET has; 0 for none.</summary>
    public static double Seconds(long ticks) => ticks == 0 ? 0 : (ticks - DateTimeOffset.UnixEpoch.Ticks) * 100 / 1e9;

    /// <summary>Writes a group's line of one of the two families.</summary>
    public static void WriteLine(ByteBuffer output, Group group, bool failure)
    {
        output.Write(failure ? Failure : Push);
        output.Write((byte)'{');
        group.Key.WriteExposed(output);
        output.Write("} "u8);
        output.Advance(GoFloat.Format(Seconds(failure ? group.FailureTicks : group.PushTicks), output.GetSpan(GoFloat.MaxLength)));
        output.Write((byte)'\n');
    }
}
