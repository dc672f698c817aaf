using System.Runtime;

namespace Stash.Operator.Telemetry.Runtime;

/// <summary>
/// .NET's runtime by its own names: prometheus-net's two, and those of the meter <c>System.Runtime</c> in Prometheus' form (a name that ends in
/// <c>.count</c> there is a plural here: Prometheus keeps <c>_count</c> for histograms).
/// </summary>
internal static class DotNetMetrics
{
    private const string Last = ", as of the last collection; 0 before the first.";
    private static readonly string[] Numbers = ["0", "1", "2"];
    private static readonly string[] Generations = ["gen0", "gen1", "gen2", "loh", "poh"];

    public static void Add(ScrapedMetrics<RuntimeReading> metrics, ThrownExceptions exceptions)
    {
        var reserved = GoMetrics.Configured("GCRegionRange");
        metrics
            .Counter("dotnet_collection_count_total", "Collections since the start that took in this generation; each takes in the younger ones too.", "generation", Numbers, (_, i) => GC.CollectionCount(i))
            .Gauge("dotnet_total_memory_bytes", "Bytes of managed objects, those that are no longer used and not yet collected among them (GC.GetTotalMemory).", _ => GC.GetTotalMemory(forceFullCollection: false))
            .Counter("dotnet_gc_heap_allocated_bytes_total", "Bytes of managed objects allocated since the start (GC.GetTotalAllocatedBytes).", _ => GC.GetTotalAllocatedBytes())
            .Counter("dotnet_gc_pause_time_seconds_total", "Time since the start that collections stopped the program (GC.GetTotalPauseDuration).", _ => GC.GetTotalPauseDuration().TotalSeconds)
            .Gauge("dotnet_gc_reserved_bytes", "Address space that the garbage collector reserves at the start (GCRegionRange); it is no memory until committed.", _ => reserved)
            .Gauge("dotnet_gc_last_collection_memory_committed_size_bytes", "Bytes that the garbage collector has committed (GCMemoryInfo.TotalCommittedBytes)" + Last, r => r.LastCollection.TotalCommittedBytes)
            .Gauge("dotnet_gc_last_collection_heap_size_bytes", "Bytes of a generation (GCMemoryInfo.GenerationInfo)" + Last, "gc_heap_generation", Generations, (r, i) => Generation(r, i).SizeAfterBytes)
            .Gauge("dotnet_gc_last_collection_heap_fragmentation_size_bytes", "Bytes of the gaps in a generation (GCMemoryInfo.GenerationInfo)" + Last, "gc_heap_generation", Generations, (r, i) => Generation(r, i).FragmentationAfterBytes)
            .Gauge("dotnet_gc_last_collection_promoted_bytes", "Bytes of objects that stayed alive (GCMemoryInfo.PromotedBytes)" + Last, r => r.LastCollection.PromotedBytes)
            .Gauge("dotnet_gc_last_collection_pinned_objects", "Objects that could not be moved (GCMemoryInfo.PinnedObjectsCount)" + Last, r => r.LastCollection.PinnedObjectsCount)
            .Gauge("dotnet_gc_last_collection_finalization_pending_objects", "Objects that waited for their finalizer (GCMemoryInfo.FinalizationPendingCount)" + Last, r => r.LastCollection.FinalizationPendingCount)
            .Counter("dotnet_jit_compiled_il_size_bytes_total", "Bytes of intermediate language compiled since the start (JitInfo.GetCompiledILBytes).", _ => JitInfo.GetCompiledILBytes())
            .Counter("dotnet_jit_compiled_methods_total", "Methods compiled since the start (JitInfo.GetCompiledMethodCount).", _ => JitInfo.GetCompiledMethodCount())
            .Counter("dotnet_jit_compilation_time_seconds_total", "Time spent to compile since the start (JitInfo.GetCompilationTime).", _ => JitInfo.GetCompilationTime().TotalSeconds)
            .Counter("dotnet_monitor_lock_contentions_total", "Times since the start that a thread had to wait for a lock (Monitor.LockContentionCount).", _ => Monitor.LockContentionCount)
            .Gauge("dotnet_thread_pool_threads", "Threads of the thread pool (ThreadPool.ThreadCount).", _ => ThreadPool.ThreadCount)
            .Gauge("dotnet_thread_pool_queue_length", "Work items that wait for a thread (ThreadPool.PendingWorkItemCount).", _ => ThreadPool.PendingWorkItemCount)
            .Counter("dotnet_thread_pool_work_items_total", "Work items done since the start (ThreadPool.CompletedWorkItemCount).", _ => ThreadPool.CompletedWorkItemCount)
            .Gauge("dotnet_timers", "Timers that are set (Timer.ActiveCount).", _ => Timer.ActiveCount)
            .Gauge("dotnet_assemblies", "Assemblies that are loaded (AppDomain.GetAssemblies).", _ => AppDomain.CurrentDomain.GetAssemblies().Length)
            .Gauge("dotnet_process_processors", "Processors that the process may use (Environment.ProcessorCount).", _ => Environment.ProcessorCount)
            .Counter("dotnet_exceptions_total", "Exceptions thrown since the start, those that were dealt with among them (AppDomain.FirstChanceException).", _ => exceptions.Count);
    }

    private static GCGenerationInfo Generation(RuntimeReading reading, int index) => reading.LastCollection.GenerationInfo is var all && index < all.Length ? all[index] : default;
}
