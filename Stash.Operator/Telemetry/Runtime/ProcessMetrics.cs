using Stash.Core.Gateway;

namespace Stash.Operator.Telemetry.Runtime;

/// <summary>What the operating system knows of this process, named and described as Go's client names <c>process_*</c>.</summary>
internal static class ProcessMetrics
{
    /// <param name="metrics">Where to.</param>
    /// <param name="of">The part of its reading that is the process'.</param>
    public static void Add<T>(ScrapedMetrics<T> metrics, Func<T, ProcessReading> of) => metrics
        .Counter(GatewayFamilies.CpuSeconds, "Total user and system CPU time spent in seconds.", r => of(r).CpuSeconds ?? 0)
        .Gauge(GatewayFamilies.MaxFiles, "Maximum number of open file descriptors.", r => of(r).MaxFiles)
        .Gauge(GatewayFamilies.OpenFiles, "Number of open file descriptors.", r => of(r).OpenFiles)
        .Gauge(GatewayFamilies.ResidentMemory, "Resident memory size in bytes.", r => of(r).ResidentBytes)
        .Gauge(GatewayFamilies.StartTime, "Start time of the process since unix epoch in seconds.", r => of(r).StartTime)
        .Gauge(GatewayFamilies.VirtualMemory, "Virtual memory size in bytes.", r => of(r).VirtualBytes)
        .Gauge(GatewayFamilies.MaxVirtualMemory, "Maximum amount of virtual memory available in bytes.", r => of(r).MaxVirtualBytes);
}
