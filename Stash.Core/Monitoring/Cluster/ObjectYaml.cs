using System.Text.Json.Nodes;
using Stash.Core.Yaml;

namespace Stash.Core.Monitoring.Cluster;

/// <summary>An object of the cluster as YAML for people.</summary>
internal static class ObjectYaml
{
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

        return JsonYaml.Write(shown);
    }
}
