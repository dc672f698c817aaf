using System.Collections.Frozen;
using Stash.Core.Exposition;
using Stash.Core.Sessions;

namespace Stash.Core.Gateway;

/// <summary>Families whose type is fixed: those that the gateway exposes of itself, named and typed as the reference's, and those of sessions.</summary>
public static class GatewayFamilies
{
    public const string BuildInfo = "pushgateway_build_info";
    public const string Requests = "pushgateway_http_requests_total";
    public const string PushDuration = "pushgateway_http_push_duration_seconds";
    public const string PushSize = "pushgateway_http_push_size_bytes";
    public const string Scrapes = "promhttp_metric_handler_requests_total";
    public const string ScrapesInFlight = "promhttp_metric_handler_requests_in_flight";
    public const string CpuSeconds = "process_cpu_seconds_total";
    public const string OpenFiles = "process_open_fds";
    public const string MaxFiles = "process_max_fds";
    public const string ResidentMemory = "process_resident_memory_bytes";
    public const string VirtualMemory = "process_virtual_memory_bytes";
    public const string MaxVirtualMemory = "process_virtual_memory_max_bytes";
    public const string StartTime = "process_start_time_seconds";

    public static readonly FrozenDictionary<string, MetricType> All = new Dictionary<string, MetricType>(StringComparer.Ordinal)
    {
        [BuildInfo] = MetricType.Gauge,
        [Requests] = MetricType.Counter,
        [PushDuration] = MetricType.Summary,
        [PushSize] = MetricType.Summary,
        [Scrapes] = MetricType.Counter,
        [ScrapesInFlight] = MetricType.Gauge,
        [CpuSeconds] = MetricType.Counter,
        [OpenFiles] = MetricType.Gauge,
        [MaxFiles] = MetricType.Gauge,
        [ResidentMemory] = MetricType.Gauge,
        [VirtualMemory] = MetricType.Gauge,
        [MaxVirtualMemory] = MetricType.Gauge,
        [StartTime] = MetricType.Gauge,
    }.Concat(SessionMetrics.Families.Select(f => KeyValuePair.Create(f, MetricType.Gauge))).ToFrozenDictionary(StringComparer.Ordinal);
}
