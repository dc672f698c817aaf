using System.Globalization;
using YamlDotNet.RepresentationModel;

namespace Stash.Core.Yaml;

/// <summary>The fields of one YAML mapping, read strictly; every error names the file, the line and the field.</summary>
internal sealed class YamlFields
{
    private readonly YamlMappingNode _node;
    private readonly string _path;
    private readonly string _name;

    public YamlFields(YamlNode node, string path, string name)
    {
        _path = path;
        _name = name;
        _node = node as YamlMappingNode ?? throw Wrong(node, path.Length == 0 ? "the document" : path, "fields, one per line, as \"name: value\"");
    }

    /// <exception cref="UserErrorException">The mapping has another field.</exception>
    public void Allow(params string[] fields)
    {
        foreach (var (key, _) in _node.Children)
        {
            var field = Scalar(key, _path);
            if (!fields.Contains(field, StringComparer.Ordinal))
            {
                throw new UserErrorException(string.Create(CultureInfo.InvariantCulture, $"{_name}, line {key.Start.Line}: there is no field {Full(field)}. Known here: {string.Join(", ", fields)}."));
            }
        }
    }

    /// <summary>A mapping; null where the field is missing or empty.</summary>
    public YamlFields? Map(string field) => Find(field) is { } node && !IsNull(node) ? new YamlFields(node, Full(field), _name) : null;

    public string? Text(string field) => Find(field) is { } node && !IsNull(node) ? Scalar(node, Full(field)) : null;

    public bool? Flag(string field) => Text(field) switch
    {
        null => null,
        "true" => true,
        "false" => false,
        var other => throw Wrong(Find(field)!, $"{Full(field)} \"{other}\"", "true or false"),
    };

    /// <summary>A whole number, 0 or more.</summary>
    public int? Count(string field) => Text(field) switch
    {
        null => null,
        var text when int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var count) => count,
        var other => throw Wrong(Find(field)!, $"{Full(field)} \"{other}\"", "a whole number, 0 or more"),
    };

    /// <summary>A list of mappings; errors name them <c>field[0]</c>, <c>field[1]</c> …</summary>
    public IReadOnlyList<YamlFields> Maps(string field) => Find(field) switch
    {
        null => [],
        YamlSequenceNode sequence => [.. sequence.Select((n, i) => new YamlFields(n, string.Create(CultureInfo.InvariantCulture, $"{Full(field)}[{i}]"), _name))],
        var node when IsNull(node) => [],
        var node => throw Wrong(node, Full(field), "a list"),
    };

    /// <summary>Where the mapping is in its document, as <c>spec.backend</c>; empty for the document itself.</summary>
    public string FullPath => _path;

    /// <summary>Line of the mapping in its file, from 1.</summary>
    public long Line => _node.Start.Line;

    public IReadOnlyList<string> List(string field) => Find(field) switch
    {
        null => [],
        YamlSequenceNode sequence => [.. sequence.Select(n => Scalar(n, Full(field)))],
        var node when IsNull(node) => [],
        var node => throw Wrong(node, Full(field), "a list"),
    };

    /// <summary>All fields as texts: a map of labels.</summary>
    public IReadOnlyDictionary<string, string> Texts() =>
        _node.Children.ToDictionary(c => Scalar(c.Key, _path), c => IsNull(c.Value) ? "" : Scalar(c.Value, Full(Scalar(c.Key, _path))), StringComparer.Ordinal);

    private static bool IsNull(YamlNode node) =>
        node is YamlScalarNode { Style: YamlDotNet.Core.ScalarStyle.Plain } scalar && scalar.Value is null or "" or "~" or "null";

    private YamlNode? Find(string field) => _node.Children.TryGetValue(new YamlScalarNode(field), out var node) ? node : null;

    private string Scalar(YamlNode node, string path) =>
        (node as YamlScalarNode)?.Value ?? throw Wrong(node, path, "one value");

    private string Full(string field) => _path.Length == 0 ? field : $"{_path}.{field}";

    private UserErrorException Wrong(YamlNode node, string what, string accepted) =>
        new(string.Create(CultureInfo.InvariantCulture, $"{_name}, line {node.Start.Line}: {what} is not right: give {accepted}."));
}
