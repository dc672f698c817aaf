using System.Globalization;
using System.Text;

namespace Stash.Core.Exposition;

/// <summary>Forms of names that are any UTF-8, for readers that know only the old names: the reference's escaping schemes.</summary>
public enum EscapingScheme
{
    /// <summary>What is not in the old names becomes <c>_</c>.</summary>
    Underscores,

    /// <summary>A dot becomes <c>_dot_</c>, an underscore and anything else that is not in the old names two underscores.</summary>
    Dots,

    /// <summary><c>U__</c>, then the name with each other character as its number, <c>_2e_</c>, and each underscore doubled.</summary>
    Values,

    /// <summary>The name as it is.</summary>
    AllowUtf8,
}

/// <summary>Turns names of metrics and labels into those forms, and the last of them back.</summary>
public static class NameEscaping
{
    private const string Prefix = "U__";
    private const int MaxDigits = 6;

    /// <summary>The scheme of that name in an <c>Accept</c> header, as <c>allow-utf-8</c>; null for none.</summary>
    public static EscapingScheme? Named(string? name) => name switch
    {
        "underscores" => EscapingScheme.Underscores,
        "dots" => EscapingScheme.Dots,
        "values" => EscapingScheme.Values,
        "allow-utf-8" => EscapingScheme.AllowUtf8,
        _ => null,
    };

    /// <summary>Its name in headers.</summary>
    public static string NameOf(EscapingScheme scheme) => scheme switch
    {
        EscapingScheme.Underscores => "underscores",
        EscapingScheme.Dots => "dots",
        EscapingScheme.Values => "values",
        _ => "allow-utf-8",
    };

    /// <summary>A family with all its names in the form of a scheme; the same one where nothing changes.</summary>
    public static MetricFamily Escape(MetricFamily family, EscapingScheme scheme)
    {
        if (scheme == EscapingScheme.AllowUtf8 || (MetricNames.IsMetricName(family.Name) && scheme != EscapingScheme.Dots && family.Metrics.TrueForAll(m => m.Labels.TrueForAll(l => IsOld(l.Name)))))
        {
            return family;
        }

        MetricFamily escaped = new(Escape(family.Name, scheme)) { Help = family.Help, Type = family.Type };
        foreach (var metric in family.Metrics)
        {
            escaped.Metrics.Add(new Metric
            {
                // The reference leaves labels of old names alone, whatever the scheme.
                Labels = [.. metric.Labels.Select(l => IsOld(l.Name) ? l : l with { Name = Escape(l.Name, scheme) })],
                Value = metric.Value,
                Timestamp = metric.Timestamp,
                Count = metric.Count,
                Sum = metric.Sum,
                Parts = metric.Parts,
            });
        }

        return escaped;
    }

    /// <summary>A name in the form of a scheme.</summary>
    public static string Escape(string name, EscapingScheme scheme)
    {
        if (scheme == EscapingScheme.AllowUtf8 || (scheme != EscapingScheme.Dots && IsOld(name)))
        {
            return name;
        }

        StringBuilder escaped = new(scheme == EscapingScheme.Values ? Prefix : "");
        var first = true;
        foreach (var rune in name.EnumerateRunes())
        {
            _ = (scheme, rune.Value) switch
            {
                (not EscapingScheme.Underscores, '_') => escaped.Append("__"),
                (EscapingScheme.Dots, '.') => escaped.Append("_dot_"),
                _ when rune.IsAscii && MetricNames.IsMetricNameByte((byte)rune.Value, first) => escaped.Append((char)rune.Value),
                (EscapingScheme.Underscores, _) => escaped.Append('_'),
                (EscapingScheme.Dots, _) => escaped.Append("__"),
                _ => escaped.Append(CultureInfo.InvariantCulture, $"_{rune.Value:x}_"),
            };
            first = false;
        }

        return escaped.ToString();
    }

    /// <summary>The name that one in the form of <see cref="EscapingScheme.Values"/> stands for; itself where it is in no such form.</summary>
    public static string Unescape(string name)
    {
        if (!name.StartsWith(Prefix, StringComparison.Ordinal))
        {
            return name;
        }

        StringBuilder meant = new();
        var rest = name.AsSpan(Prefix.Length);
        while (!rest.IsEmpty)
        {
            if (rest[0] != '_')
            {
                meant.Append(rest[0]);
                rest = rest[1..];
                continue;
            }

            var end = rest[1..].IndexOf('_');
            if (end == 0)
            {
                meant.Append('_');
                rest = rest[2..];
                continue;
            }

            if (end is < 0 or > MaxDigits || !int.TryParse(rest.Slice(1, end), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value) || !Rune.IsValid(value))
            {
                return name;
            }

            meant.Append(new Rune(value).ToString());
            rest = rest[(end + 2)..];
        }

        return meant.ToString();
    }

    private static bool IsOld(string name) => MetricNames.IsMetricName(name);
}
