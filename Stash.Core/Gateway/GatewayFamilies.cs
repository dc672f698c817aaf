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

    public static readonly FrozenDictionary<string, MetricType> All = new Dictionary<string, MetricType>(StringComparer.Ordinal)
    {
        [BuildInfo] = MetricType.Gauge,
        [Requests] = MetricType.Counter,
        [PushDuration] = MetricType.Summary,
        [PushSize] = MetricType.Summary,
    }.Concat(SessionMetrics.Families.Select(f => KeyValuePair.Create(f, MetricType.Gauge))).ToFrozenDictionary(StringComparer.Ordinal);
}
