using System.Text.Json.Nodes;
using Stash.Operator.Tests.Support.Kubernetes;

namespace Stash.Operator.Tests.Deploy;

/// <summary>What is installed, without what tells by whom.</summary>
internal static class Installed
{
    private static readonly string[] OfHelm = ["helm.sh/chart", "app.kubernetes.io/managed-by"];

    /// <summary>An object as a text, the same for the same object.</summary>
    public static string Text(JsonObject manifest)
    {
        var copy = manifest.DeepClone().AsObject();
        if (copy["metadata"]!["labels"] is JsonObject labels && copy["kind"]!.ToString() != "CustomResourceDefinition")
        {
            foreach (var label in OfHelm)
            {
                labels.Remove(label);
            }
        }

        return $"{Manifests.NameOf(copy)}: {Sorted(copy)!.ToJsonString()}";
    }

    private static JsonNode? Sorted(JsonNode? node) => node switch
    {
        JsonObject map => new JsonObject(map.OrderBy(p => p.Key, StringComparer.Ordinal).Select(p => KeyValuePair.Create(p.Key, Sorted(p.Value)))),
        JsonArray list => new JsonArray([.. list.Select(Sorted)]),
        _ => node?.DeepClone(),
    };
}
