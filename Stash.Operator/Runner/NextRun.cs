using System.Runtime.InteropServices;

namespace Stash.Operator.Runner;

/// <summary>What a session's report says of the runs after it.</summary>
/// <param name="Time">When the schedule runs next; null without a schedule.</param>
/// <param name="Interval">
/// The longest time between two runs, where the schedule is what runs them: the gateway may forget the group once several have been missed.
/// Null for a session that was started by hand or by something else, whatever schedule the Restic has.
/// </param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct NextRun(DateTimeOffset? Time, TimeSpan? Interval)
{
    public static readonly NextRun None;
}
