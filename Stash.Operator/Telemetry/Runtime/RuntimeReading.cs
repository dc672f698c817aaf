namespace Stash.Operator.Telemetry.Runtime;

/// <summary>What process and runtime tell of themselves at one moment.</summary>
/// <param name="Process">By the operating system.</param>
/// <param name="LastCollection">By the garbage collector, as of its last collection; all zero before the first.</param>
internal sealed record RuntimeReading(ProcessReading Process, GCMemoryInfo LastCollection)
{
    public static RuntimeReading Take() => new(ProcessReading.Take(), GC.GetGCMemoryInfo(GCKind.Any));
}
