using System.Buffers;
using System.Globalization;
using System.IO.Pipelines;
using System.Text;
using Stash.Core.Exposition;

namespace Stash.Core.Gateway;

/// <summary>A text in the format 0.0.4 as families whose lines are sent on as they stand in it; only what has to be told in another form is parsed.</summary>
public static class TextFamilies
{
    /// <summary>Takes a text apart.</summary>
    /// <param name="text">
    /// As prometheus-net writes it: for each family a HELP line, of which nothing is escaped, and a TYPE line, then its samples. It must stay as it is while the families are used.
    /// </param>
    /// <returns>In the order of the text; a family without samples is left out.</returns>
    public static IEnumerable<FamilyPieces> Split(ReadOnlyMemory<byte> text)
    {
        while (!text.IsEmpty)
        {
            var help = LineAt(text);
            var type = LineAt(text[help.Length..]);
            var head = help.Length + type.Length;
            var lines = LinesAt(text[head..]);
            if (!lines.IsEmpty)
            {
                yield return Family(help.Span, type.Span, text[help.Length..(head + lines.Length)], lines);
            }

            text = text[(head + lines.Length)..];
        }
    }

    private static FamilyPieces Family(ReadOnlySpan<byte> help, ReadOnlySpan<byte> type, ReadOnlyMemory<byte> typed, ReadOnlyMemory<byte> lines)
    {
        // "# HELP name text\n", "# TYPE name type\n"
        help = help["# HELP "u8.Length..^1];
        var name = Encoding.UTF8.GetString(help[..help.IndexOf((byte)' ')]);
        var told = TypeOf(type["# TYPE "u8.Length..^1][(name.Length + 1)..]);
        return new FamilyPieces(name, Encoding.UTF8.GetString(help[(name.Length + 1)..]), told, () => TextParser.Parse(typed.Span))
        {
            ReadSample = () => Sample(name, told, typed.Span),
            WriteStoredPart = (output, part) => WritePart(output, name, told, lines.Span, part),
            WriteStored = (output, _) =>
            {
                WriteLines(output, told, lines.Span);
                return ValueTask.CompletedTask;
            },
        };
    }

    /// <summary>The first metric of a histogram or summary: the others have the same bounds. Nothing of a counter: prometheus-net's do not fall below 0.</summary>
    private static IReadOnlyList<MetricFamily> Sample(string name, MetricType type, ReadOnlySpan<byte> text)
    {
        if (type == MetricType.Counter)
        {
            return [];
        }

        // Each begins with its sum.
        var sum = Encoding.UTF8.GetBytes($"\n{name}_sum");
        var first = text.IndexOf(sum) + 1;
        return TextParser.Parse(text[first..].IndexOf(sum) is >= 0 and var next ? text[..(first + next + 1)] : text);
    }

    private static void WritePart(PipeWriter output, string name, MetricType type, ReadOnlySpan<byte> lines, OpenMetricsPart part)
    {
        foreach (var range in lines.TrimEnd((byte)'\n').Split((byte)'\n'))
        {
            var line = lines[range];
            if (PartOf(line[name.Length..]) == part)
            {
                WriteLines(output, part == OpenMetricsPart.Bounds ? type : MetricType.Untyped, line);
                output.Write("\n"u8);
            }
        }
    }

    /// <summary>Writes lines with the bounds of buckets as Go's client writes them: <c>1e+06</c>, where .NET has <c>1000000</c>.</summary>
    private static void WriteLines(PipeWriter output, MetricType type, ReadOnlySpan<byte> lines)
    {
        var label = "le=\""u8;
        while (type == MetricType.Histogram && lines.IndexOf(label) is >= 0 and var at)
        {
            var bound = lines[(at + label.Length)..];
            bound = bound[..bound.IndexOf((byte)'"')];
            output.Write(lines[..(at + label.Length)]);
            if (lines[at - 1] is (byte)'{' or (byte)',' && double.TryParse(bound, NumberStyles.Float, CultureInfo.InvariantCulture, out var number))
            {
                output.Advance(GoFloat.Format(number, output.GetSpan(GoFloat.MaxLength)));
            }
            else
            {
                // +Inf, or another label that ends alike.
                output.Write(bound);
            }

            lines = lines[(at + label.Length + bound.Length)..];
        }

        output.Write(lines);
    }

    /// <summary>The part of a line, by what comes after the family's name.</summary>
    private static OpenMetricsPart PartOf(ReadOnlySpan<byte> rest) =>
        rest.StartsWith("_sum"u8) ? OpenMetricsPart.Sum : rest.StartsWith("_count"u8) ? OpenMetricsPart.Count : OpenMetricsPart.Bounds;

    private static MetricType TypeOf(ReadOnlySpan<byte> type) => type switch
    {
        _ when type.SequenceEqual("counter"u8) => MetricType.Counter,
        _ when type.SequenceEqual("gauge"u8) => MetricType.Gauge,
        _ when type.SequenceEqual("histogram"u8) => MetricType.Histogram,
        _ when type.SequenceEqual("summary"u8) => MetricType.Summary,
        _ => MetricType.Untyped,
    };

    private static ReadOnlyMemory<byte> LineAt(ReadOnlyMemory<byte> text) => text[..(text.Span.IndexOf((byte)'\n') + 1)];

    private static ReadOnlyMemory<byte> LinesAt(ReadOnlyMemory<byte> text) =>
        text.Span.StartsWith("#"u8) ? default : text.Span.IndexOf("\n#"u8) is >= 0 and var end ? text[..(end + 1)] : text;
}
