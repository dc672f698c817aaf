using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Stash.Core.Monitoring;

/// <summary>Writes block-style YAML of plain maps and lists, two spaces a level. A value that YAML could read otherwise is quoted.</summary>
internal sealed partial class YamlText
{
    private readonly StringBuilder _text = new();

    public void Line(int level, string line) => _text.Append(' ', level * 2).Append(line).Append('\n');

    /// <summary>Whole lines, as they are.</summary>
    public void Append(string lines) => _text.Append(lines);

    public void Value(int level, string key, string value) => Line(level, $"{Quote(key)}: {Quote(value)}");

    public void Map(int level, string key, IReadOnlyDictionary<string, string> map)
    {
        if (map.Count == 0)
        {
            Line(level, $"{key}: {{}}");
            return;
        }

        Line(level, $"{key}:");
        foreach (var (name, value) in map.OrderBy(p => p.Key, StringComparer.Ordinal))
        {
            Value(level + 1, name, value);
        }
    }

    public void List(int level, string key, IReadOnlyList<string> items)
    {
        if (items.Count == 0)
        {
            Line(level, $"{key}: []");
            return;
        }

        Line(level, $"{key}:");
        foreach (var item in items)
        {
            Line(level + 1, $"- {Quote(item)}");
        }
    }

    public override string ToString() => _text.ToString();

    // A JSON string is a YAML double-quoted scalar.
    public static string Quote(string value) => Plain().IsMatch(value) && !Special().IsMatch(value) ? value : $"\"{JsonEncodedText.Encode(value, System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping)}\"";

    [GeneratedRegex(@"^[A-Za-z/][-A-Za-z0-9_./]*\z", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Plain();

    /// <summary>What YAML 1.1 or 1.2 reads as a boolean or null.</summary>
    [GeneratedRegex(@"^(true|false|yes|no|on|off|y|n|null)\z", RegexOptions.CultureInvariant | RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Special();
}
