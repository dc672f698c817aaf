using System.Globalization;
using System.Text.Json.Nodes;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Stash.Operator.Tests.Support.Kubernetes;

/// <summary>YAML documents as JSON, whatever is in them.</summary>
internal static class Manifests
{
    /// <summary>Each document that is not empty.</summary>
    public static IReadOnlyList<JsonObject> Read(string yaml)
    {
        YamlStream stream = [];
        stream.Load(new StringReader(yaml));
        return [.. stream.Documents.Select(d => Node(d.RootNode)).OfType<JsonObject>()];
    }

    /// <summary>As <c>Deployment stash/stash-operator</c>.</summary>
    public static string NameOf(JsonObject manifest) =>
        $"{manifest["kind"]} {(manifest["metadata"]!["namespace"] is { } space ? $"{space}/" : "")}{manifest["metadata"]!["name"]}";

    /// <summary>The one of a kind and name.</summary>
    public static JsonObject The(this IEnumerable<JsonObject> manifests, string kind, string name) =>
        manifests.Single(m => m["kind"]!.ToString() == kind && m["metadata"]!["name"]!.ToString() == name);

    /// <summary>What is at a path of keys and numbers, as <c>spec.template.spec.containers.0.image</c>; null where there is nothing.</summary>
    public static JsonNode? At(this JsonNode node, string path)
    {
        JsonNode? at = node;
        foreach (var part in path.Split('.'))
        {
            at = at switch
            {
                JsonArray list when int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out var i) && i < list.Count => list[i],
                JsonObject map => map[part],
                _ => null,
            };
        }

        return at;
    }

    private static JsonNode? Node(YamlNode node) => node switch
    {
        YamlMappingNode map => new JsonObject(map.Children.Select(c => KeyValuePair.Create(((YamlScalarNode)c.Key).Value!, Node(c.Value)))),
        YamlSequenceNode list => new JsonArray([.. list.Children.Select(Node)]),
        YamlScalarNode { Style: ScalarStyle.Plain, Value: null or "" or "~" or "null" } => null,
        YamlScalarNode { Style: ScalarStyle.Plain, Value: "true" or "false" } scalar => scalar.Value == "true",
        YamlScalarNode { Style: ScalarStyle.Plain } scalar when long.TryParse(scalar.Value, CultureInfo.InvariantCulture, out var number) => number,
        YamlScalarNode scalar => scalar.Value,
        _ => throw new FormatException($"{node.NodeType} is not read here."),
    };
}
