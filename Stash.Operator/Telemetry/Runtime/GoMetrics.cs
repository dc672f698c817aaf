using System.Globalization;
using Stash.Core.Exposition;

namespace Stash.Operator.Telemetry.Runtime;

/// <summary>
/// The names by which dashboards ask for Go's runtime, each with the nearest reading of .NET's, which its HELP names. Where .NET
/// has none the value is 0, and HELP says so. Types are those of Go's client.
/// </summary>
internal static class GoMetrics
{
    private const string Last = ", as of the last collection; 0 before the first.";
    private const string None = "Always 0: ";

    /// <summary>Quantiles of the pauses, as Go tells them.</summary>
    private static readonly double[] Quantiles = [0, 0.25, 0.5, 0.75, 1];

    public static void Add(OperatorMetrics operatorMetrics, ScrapedMetrics<RuntimeReading> metrics, Collections collections)
    {
        var gen0Budget = Configured("GCGen0MaxBudget");
        operatorMetrics.AddFamilies(() => [Pauses(collections)]);
        metrics
            .Gauge("go_goroutines", "Threads of the process (/proc/self/stat) and work items that wait for one (ThreadPool.PendingWorkItemCount). .NET does not count tasks that wait for something else.",
                r => r.Process.Threads + ThreadPool.PendingWorkItemCount)
            .Gauge("go_memstats_alloc_bytes", "Bytes of managed objects, those that are no longer used and not yet collected among them (GC.GetTotalMemory).", _ => GC.GetTotalMemory(forceFullCollection: false))
            .Counter("go_memstats_alloc_bytes_total", "Bytes of managed objects allocated since the start, to within a few kilobytes for each thread (GC.GetTotalAllocatedBytes).", _ => GC.GetTotalAllocatedBytes())
            .Gauge("go_memstats_buck_hash_sys_bytes", None + ".NET has no table of profiling buckets.", Zero)
            .Counter("go_memstats_frees_total", None + ".NET does not count the objects that it frees.", NoCount)
            .Gauge("go_memstats_gc_sys_bytes", None + ".NET does not tell the garbage collector's own tables apart; they are in go_memstats_sys_bytes.", Zero)
            .Gauge("go_memstats_heap_alloc_bytes", "The same as go_memstats_alloc_bytes (GC.GetTotalMemory).", _ => GC.GetTotalMemory(forceFullCollection: false))
            .Gauge("go_memstats_heap_idle_bytes", "Bytes that the garbage collector has committed and the managed heap does not use (GCMemoryInfo.TotalCommittedBytes less HeapSizeBytes)" + Last,
                r => Math.Max(0, r.LastCollection.TotalCommittedBytes - r.LastCollection.HeapSizeBytes))
            .Gauge("go_memstats_heap_inuse_bytes", "Bytes of the managed heap, its gaps among them (GCMemoryInfo.HeapSizeBytes)" + Last, r => r.LastCollection.HeapSizeBytes)
            .Gauge("go_memstats_heap_objects", None + ".NET does not count the objects that are alive.", Zero)
            .Counter("go_memstats_heap_released_bytes_total", None + ".NET returns memory to the system and does not count it.", NoCount)
            .Gauge("go_memstats_heap_sys_bytes", "Bytes that the garbage collector has committed (GCMemoryInfo.TotalCommittedBytes)" + Last, r => r.LastCollection.TotalCommittedBytes)
            .Gauge("go_memstats_last_gc_time_seconds", "When the last collection ended, Unix seconds, noted by a finalizer that it made run; 0 before the first.", _ => collections.LastTime?.ToUnixTimeMilliseconds() / 1000d ?? 0)
            .Counter("go_memstats_lookups_total", None + ".NET does not look pointers up.", NoCount)
            .Counter("go_memstats_mallocs_total", None + ".NET counts the bytes that it allocates, not the objects.", NoCount)
            .Gauge("go_memstats_mcache_inuse_bytes", None + ".NET's allocator has no such caches.", Zero)
            .Gauge("go_memstats_mcache_sys_bytes", None + ".NET's allocator has no such caches.", Zero)
            .Gauge("go_memstats_mspan_inuse_bytes", None + ".NET's allocator has no such spans.", Zero)
            .Gauge("go_memstats_mspan_sys_bytes", None + ".NET's allocator has no such spans.", Zero)
            .Gauge("go_memstats_next_gc_bytes", "Bytes of the managed heap at which the next collection comes at the latest, as far as small objects go: its size as of the last one (GCMemoryInfo.HeapSizeBytes) and the largest budget of generation 0 (GCGen0MaxBudget).",
                r => gen0Budget is > 0 ? r.LastCollection.HeapSizeBytes + gen0Budget : 0)
            .Gauge("go_memstats_other_sys_bytes", None + ".NET does not count the memory of its code and of its loader; it is in process_resident_memory_bytes.", Zero)
            .Gauge("go_memstats_stack_inuse_bytes", None + ".NET does not count the stacks of its threads; they are in process_resident_memory_bytes.", Zero)
            .Gauge("go_memstats_stack_sys_bytes", None + ".NET does not count the stacks of its threads; they are in process_virtual_memory_bytes.", Zero)
            .Gauge("go_memstats_sys_bytes", "Bytes that the garbage collector has committed, its own tables among them (GCMemoryInfo.TotalCommittedBytes)" + Last, r => r.LastCollection.TotalCommittedBytes);
    }

    /// <summary>A number among the garbage collector's settings; null where this runtime has no such one.</summary>
    internal static long? Configured(string name) => GC.GetConfigurationVariables().TryGetValue(name, out var value) ? Convert.ToInt64(value, CultureInfo.InvariantCulture) : null;

    private static MetricFamily Pauses(Collections collections)
    {
        var recent = collections.RecentPauses();
        Array.Sort(recent);
        MetricFamily family = new("go_gc_duration_seconds")
        {
            Help = "How long collections stopped the program: quantiles over up to 256 of the last ones (GCMemoryInfo.PauseDurations), sum (GC.GetTotalPauseDuration) and number (GC.CollectionCount) since the start.",
            Type = MetricType.Summary,
        };
        family.Metrics.Add(new Metric
        {
            Parts = [.. Quantiles.Select(q => (q, recent.Length == 0 ? double.NaN : recent[(int)Math.Round(q * (recent.Length - 1))]))],
            Sum = GC.GetTotalPauseDuration().TotalSeconds,
            Count = (ulong)GC.CollectionCount(0),
        });
        return family;
    }

    private static double? Zero(RuntimeReading reading) => 0;

    private static double NoCount(RuntimeReading reading) => 0;
}
