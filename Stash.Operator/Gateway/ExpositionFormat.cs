using System.Globalization;

namespace Stash.Operator.Gateway;

/// <summary>The forms in which the metrics are exposed.</summary>
internal enum ExpositionKind
{
    Text,
    OpenMetrics,
    ProtobufDelimited,
    ProtobufText,
    ProtobufCompact,
}

/// <summary>A form and how its content is called.</summary>
/// <param name="Kind">The form.</param>
/// <param name="ContentType">Its <c>Content-Type</c>.</param>
/// <param name="Escaping">The <c>escaping</c> that the scraper asked for; null where it asked for none.</param>
internal readonly record struct ExpositionFormat(ExpositionKind Kind, string ContentType, string? Escaping)
{
    private const string Protobuf = "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=";

    /// <summary>More than any scraper sends; the sorting below is not made for many.</summary>
    private const int MaxRanges = 64;

    public static readonly ExpositionFormat Text = new(ExpositionKind.Text, "text/plain; version=0.0.4; charset=utf-8", null);

    /// <summary>Chooses as the reference does, OpenMetrics among the choices; the text format where nothing fits.</summary>
    public static ExpositionFormat Negotiate(string? accept)
    {
        if (string.IsNullOrEmpty(accept))
        {
            return Text;
        }

        foreach (var range in Ranges(accept))
        {
            if (Of(range) is { } format)
            {
                return format with { Escaping = range.Parameters.GetValueOrDefault("escaping") };
            }
        }

        return Text;
    }

    private static ExpositionFormat? Of(Range range)
    {
        var version = range.Parameters.GetValueOrDefault("version") ?? "";
        switch ($"{range.Type}/{range.Subtype}")
        {
            case "application/vnd.google.protobuf" when range.Parameters.GetValueOrDefault("proto") == "io.prometheus.client.MetricFamily":
                return range.Parameters.GetValueOrDefault("encoding") switch
                {
                    "delimited" => new ExpositionFormat(ExpositionKind.ProtobufDelimited, Protobuf + "delimited", null),
                    "text" => new ExpositionFormat(ExpositionKind.ProtobufText, Protobuf + "text", null),
                    "compact-text" => new ExpositionFormat(ExpositionKind.ProtobufCompact, Protobuf + "compact-text", null),
                    _ => null,
                };
            case "text/plain" when version is "" or "0.0.4":
                return Text;
            case "application/openmetrics-text" when version is "" or "1.0.0" or "0.0.1":
                return new ExpositionFormat(ExpositionKind.OpenMetrics, $"application/openmetrics-text; version={(version.Length > 0 ? version : "1.0.0")}; charset=utf-8", null);
            default:
                return null;
        }
    }

    /// <summary>The media ranges, the preferred one first.</summary>
    private static List<Range> Ranges(string accept)
    {
        List<Range> ranges = [];
        foreach (var part in accept.Split(',', MaxRanges + 1).Take(MaxRanges))
        {
            if (Range.Parse(part) is { } range)
            {
                // The reference's own order: an insertion sort by a comparison that is none.
                ranges.Add(range);
                for (var i = ranges.Count - 1; i > 0 && Range.IsBefore(ranges[i], ranges[i - 1]); i--)
                {
                    (ranges[i], ranges[i - 1]) = (ranges[i - 1], ranges[i]);
                }
            }
        }

        return ranges;
    }

    private sealed record Range(string Type, string Subtype, double Quality, Dictionary<string, string> Parameters)
    {
        public static bool IsBefore(Range a, Range b) =>
            a.Quality > b.Quality || (a.Type != "*" && b.Type == "*") || (a.Subtype != "*" && b.Subtype == "*");

        public static Range? Parse(string text)
        {
            var parts = text.Trim(' ').Split(';');
            var type = parts[0].Split('/');
            if (type.Length > 2 || (type.Length == 1 && type[0].Trim(' ') != "*"))
            {
                return null;
            }

            var quality = 1.0;
            Dictionary<string, string> parameters = new(StringComparer.Ordinal);
            foreach (var parameter in parts.AsSpan(1))
            {
                if (parameter.Split('=', 2) is not [var name, var value])
                {
                    continue;
                }

                if (name.Trim(' ') == "q")
                {
                    _ = double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out quality);
                }
                else
                {
                    parameters[name.Trim(' ')] = value.Trim(' ');
                }
            }

            return new Range(type[0].Trim(' '), type.Length == 2 ? type[1].Trim(' ') : "*", quality, parameters);
        }
    }
}
