using System.Text.Json.Nodes;
using Stash.Core.Yaml;

namespace Stash.Core.Monitoring.Cluster;

/// <summary>An object of the cluster as YAML for people.</summary>
internal static class ObjectYaml
{
    private static readonly string[] First = ["apiVersion", "kind", "metadata", "name", "namespace"];

    private static readonly string[] Kept = ["managedFields", "resourceVersion", "uid", "creationTimestamp", "generation", "selfLink"];

    /// <summary>Without what the API server keeps for itself, without status, and of a Secret no value but the certificate.</summary>
    public static string Write(JsonObject live)
    {
        var shown = live.DeepClone().AsObject();
        shown.Remove("status");
        var metadata = shown["metadata"]!.AsObject();
        foreach (var key in Kept)
        {
            metadata.Remove(key);
        }

        // kubectl's copy of the whole object, values of a Secret included.
        if (metadata["annotations"] is JsonObject annotations && annotations.Remove("kubectl.kubernetes.io/last-applied-configuration") && annotations.Count == 0)
        {
            metadata.Remove("annotations");
        }

        if (shown.Text("kind") == ClusterKind.Secret.Kind && shown["data"] is JsonObject data)
        {
            foreach (var key in data.Where(d => d.Key != "tls.crt" && d.Value?.ToString() is { Length: > 0 }).Select(d => d.Key).ToList())
            {
                data[key] = "(not shown)";
            }
        }

        return JsonYaml.Write(Ordered(shown).AsObject());
    }

    /// <summary>In one order, whether the API server has written it or it is what is asked for: else a difference would show that is none.</summary>
    private static JsonNode Ordered(JsonNode node) => node switch
    {
        JsonObject map => new JsonObject(map.OrderBy(p => Array.IndexOf(First, p.Key) is >= 0 and var i ? i : First.Length).ThenBy(p => p.Key, StringComparer.Ordinal)
            .Select(p => KeyValuePair.Create(p.Key, p.Value is null ? null : Ordered(p.Value)))),
        JsonArray list => new JsonArray([.. list.Select(i => i is null ? null : Ordered(i))]),
        _ => node.DeepClone(),
    };
}
