using System.Text.Json;
using System.Text.Json.Nodes;
using Stash.Core.Monitoring;

namespace Stash.Core.Yaml;

/// <summary>JSON as block-style YAML, its fields in their order.</summary>
public static class JsonYaml
{
    /// <summary>Ends with a line feed.</summary>
    public static string Write(JsonObject node) => Block(0, node);

    private static string Block(int level, JsonNode node)
    {
        YamlText yaml = new();
        if (node is JsonArray list)
        {
            foreach (var item in list)
            {
                if (IsBlock(item))
                {
                    // Its first line begins with the dash where the others are indented.
                    yaml.Append(string.Concat(new string(' ', level * 2), "- ", Block(level + 1, item!).AsSpan((level + 1) * 2)));
                }
                else
                {
                    yaml.Line(level, $"- {Scalar(item)}");
                }
            }

            return yaml.ToString();
        }

        foreach (var (key, value) in node.AsObject())
        {
            if (IsBlock(value))
            {
                yaml.Line(level, $"{YamlText.Quote(key)}:");
                yaml.Append(Block(level + 1, value!));
            }
            else
            {
                yaml.Line(level, $"{YamlText.Quote(key)}: {Scalar(value)}");
            }
        }

        return yaml.ToString();
    }

    private static bool IsBlock(JsonNode? node) => node is JsonObject { Count: > 0 } or JsonArray { Count: > 0 };

    private static string Scalar(JsonNode? node) => node switch
    {
        null => "null",
        JsonObject => "{}",
        JsonArray => "[]",
        JsonValue value when value.GetValueKind() == JsonValueKind.String => YamlText.Quote(value.GetValue<string>()),
        _ => node.ToJsonString(),
    };
}
