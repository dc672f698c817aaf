using System.Diagnostics;
using System.Globalization;
using Stash.Core.Exposition;
using Stash.Core.Gateway;

namespace Stash.Operator.Gateway;

/// <summary>What the operating system knows of this process, named and described as the reference's <c>process_*</c>.</summary>
internal static class ProcessMetrics
{
    /// <summary>What could be found out.</summary>
    public static IEnumerable<MetricFamily> Families()
    {
        using var process = Process.GetCurrentProcess();
        yield return Family(GatewayFamilies.CpuSeconds, "Total user and system CPU time spent in seconds.", MetricType.Counter, Math.Round(process.TotalProcessorTime.TotalSeconds, 2));
        if (Limit("Max open files") is { } files)
        {
            yield return Family(GatewayFamilies.MaxFiles, "Maximum number of open file descriptors.", MetricType.Gauge, files);
        }

        if (OpenFiles() is { } open)
        {
            yield return Family(GatewayFamilies.OpenFiles, "Number of open file descriptors.", MetricType.Gauge, open);
        }

        yield return Family(GatewayFamilies.ResidentMemory, "Resident memory size in bytes.", MetricType.Gauge, process.WorkingSet64);
        yield return Family(
            GatewayFamilies.StartTime, "Start time of the process since unix epoch in seconds.", MetricType.Gauge, Math.Round((process.StartTime.ToUniversalTime() - DateTime.UnixEpoch).TotalSeconds, 2));
        yield return Family(GatewayFamilies.VirtualMemory, "Virtual memory size in bytes.", MetricType.Gauge, process.VirtualMemorySize64);
        if (Limit("Max address space") is { } space)
        {
            yield return Family(GatewayFamilies.MaxVirtualMemory, "Maximum amount of virtual memory available in bytes.", MetricType.Gauge, space);
        }
    }

    private static MetricFamily Family(string name, string help, MetricType type, double value)
    {
        MetricFamily family = new(name) { Help = help, Type = type };
        family.Metrics.Add(new Metric { Value = value });
        return family;
    }

    private static double? OpenFiles()
    {
        try
        {
            // Less the one that looks.
            return Directory.EnumerateFileSystemEntries("/proc/self/fd").Count() - 1;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>A soft limit. Unlimited is the largest number there is, as in the reference.</summary>
    private static double? Limit(string name)
    {
        try
        {
            var line = File.ReadLines("/proc/self/limits").FirstOrDefault(l => l.StartsWith(name, StringComparison.Ordinal));
            var soft = line?[name.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries).FirstOrDefault();
            return soft == "unlimited" ? ulong.MaxValue : ulong.TryParse(soft, CultureInfo.InvariantCulture, out var number) ? number : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
