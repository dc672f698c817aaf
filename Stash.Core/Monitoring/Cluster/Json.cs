using System.Text.Json.Nodes;

namespace Stash.Core.Monitoring.Cluster;

/// <summary>Objects of the cluster as JSON.</summary>
internal static class Json
{
    /// <summary>A map of texts, in the order of its keys.</summary>
    public static JsonObject Map(IEnumerable<KeyValuePair<string, string>> map) =>
        new(map.OrderBy(p => p.Key, StringComparer.Ordinal).Select(p => KeyValuePair.Create(p.Key, (JsonNode?)p.Value)));

    /// <summary>The text at a path; null where there is none.</summary>
    public static string? Text(this JsonNode? node, params ReadOnlySpan<string> path)
    {
        foreach (var key in path)
        {
            node = (node as JsonObject)?[key];
        }

        return node is JsonValue value && value.TryGetValue(out string? text) ? text : null;
    }
}
