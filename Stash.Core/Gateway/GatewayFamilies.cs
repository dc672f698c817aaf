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

    // Ours alone.
    public const string Groups = "stash_gateway_groups";
    public const string Series = "stash_gateway_series";
    public const string Pushes = "stash_gateway_pushes_total";
    public const string Syncs = "stash_gateway_log_syncs_total";
    public const string Expired = "stash_gateway_groups_expired_total";
    public const string LogBytes = "stash_gateway_log_bytes";
    public const string LogSegments = "stash_gateway_log_segments";
    public const string LogCuts = "stash_gateway_log_cuts_total";
    public const string LogCutBytes = "stash_gateway_log_cut_bytes_total";
    public const string SnapshotBytes = "stash_gateway_snapshot_bytes";
    public const string SnapshotTime = "stash_gateway_snapshot_time_seconds";
    public const string Unavailable = "stash_gateway_unavailable";
    public const string PushesInProgress = "stash_gateway_pushes_in_progress";
    public const string BodyMemory = "stash_gateway_body_memory_bytes";
    public const string RequestsWaiting = "stash_gateway_requests_waiting";
    public const string RequestsDelayed = "stash_gateway_requests_delayed_total";
    public const string RequestsTurnedAway = "stash_gateway_requests_turned_away_total";
    public const string JournalLagPushes = "stash_journal_lag_pushes";
    public const string JournalLagSeconds = "stash_journal_lag_seconds";
    public const string JournalSessions = "stash_journal_sessions_total";
    public const string JournalFailures = "stash_journal_failures_total";

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
        [Groups] = MetricType.Gauge,
        [PushesInProgress] = MetricType.Gauge,
        [BodyMemory] = MetricType.Gauge,
        [RequestsWaiting] = MetricType.Gauge,
        [RequestsDelayed] = MetricType.Counter,
        [RequestsTurnedAway] = MetricType.Counter,
        [Series] = MetricType.Gauge,
        [Pushes] = MetricType.Counter,
        [Syncs] = MetricType.Counter,
        [Expired] = MetricType.Counter,
        [LogBytes] = MetricType.Gauge,
        [LogSegments] = MetricType.Gauge,
        [LogCuts] = MetricType.Counter,
        [LogCutBytes] = MetricType.Counter,
        [SnapshotBytes] = MetricType.Gauge,
        [SnapshotTime] = MetricType.Gauge,
        [Unavailable] = MetricType.Gauge,
        [JournalLagPushes] = MetricType.Gauge,
        [JournalLagSeconds] = MetricType.Gauge,
        [JournalSessions] = MetricType.Counter,
        [JournalFailures] = MetricType.Counter,
    }.Concat(SessionMetrics.Families.Select(f => KeyValuePair.Create(f, MetricType.Gauge))).ToFrozenDictionary(StringComparer.Ordinal);
}
