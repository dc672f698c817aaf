using System.Buffers;
using System.Globalization;
using System.Text;

namespace Stash.Core.Exposition;

/// <summary>Writes the Prometheus text format 0.0.4 as UTF-8.</summary>
public static class TextFormatWriter
{
    /// <summary>Writes the <c># HELP</c> (left out where empty) and <c># TYPE</c> lines of a family.</summary>
    public static void WriteHeader(IBufferWriter<byte> output, string name, string help, MetricType type)
    {
        if (help.Length > 0)
        {
            output.Write("# HELP "u8);
            Write(output, name);
            output.Write(" "u8);
            WriteEscaped(output, help, quotes: false);
            output.Write("\n"u8);
        }

        output.Write("# TYPE "u8);
        Write(output, name);
        output.Write(type switch
        {
            MetricType.Counter => " counter\n"u8,
            MetricType.Gauge => " gauge\n"u8,
            MetricType.Histogram => " histogram\n"u8,
            MetricType.Summary => " summary\n"u8,
            _ => " untyped\n"u8,
        });
    }

    /// <summary>Writes one sample line.</summary>
    public static void WriteSample(IBufferWriter<byte> output, string name, IReadOnlyList<Label> labels, double value)
    {
        WriteNameAndLabels(output, name, "", labels, "", 0);
        WriteNumber(output, value);
        WriteEnd(output, null);
    }

    /// <summary>Writes the line of a metric; for a histogram or summary its lines.</summary>
    public static void WriteMetric(IBufferWriter<byte> output, string name, MetricType type, Metric metric)
    {
        if (type is not (MetricType.Histogram or MetricType.Summary))
        {
            WriteNameAndLabels(output, name, "", metric.Labels, "", 0);
            WriteNumber(output, metric.Value);
            WriteEnd(output, metric.Timestamp);
            return;
        }

        var infinite = false;
        foreach (var (bound, value) in metric.Parts ?? [])
        {
            WriteNameAndLabels(output, name, type == MetricType.Histogram ? "_bucket" : "", metric.Labels, type == MetricType.Histogram ? "le" : "quantile", bound);
            WriteNumber(output, value);
            WriteEnd(output, metric.Timestamp);

            infinite |= double.IsPositiveInfinity(bound);
        }

        if (type == MetricType.Histogram && !infinite)
        {
            WriteNameAndLabels(output, name, "_bucket", metric.Labels, "le", double.PositiveInfinity);
            WriteNumber(output, metric.Count ?? 0);
            WriteEnd(output, metric.Timestamp);
        }

        WriteNameAndLabels(output, name, "_sum", metric.Labels, "", 0);
        WriteNumber(output, metric.Sum ?? 0);
        WriteEnd(output, metric.Timestamp);
        WriteNameAndLabels(output, name, "_count", metric.Labels, "", 0);
        WriteNumber(output, metric.Count ?? 0);
        WriteEnd(output, metric.Timestamp);
    }

    internal static void WriteNameAndLabels(IBufferWriter<byte> output, string name, string suffix, IReadOnlyList<Label> labels, string part, double bound)
    {
        Write(output, name);
        Write(output, suffix);
        for (var i = 0; i < labels.Count; i++)
        {
            output.Write(i == 0 ? "{"u8 : ","u8);
            Write(output, labels[i].Name);
            output.Write("=\""u8);
            WriteEscaped(output, labels[i].Value, quotes: true);
            output.Write("\""u8);
        }

        if (part.Length > 0)
        {
            output.Write(labels.Count == 0 ? "{"u8 : ","u8);
            Write(output, part);
            output.Write("=\""u8);
            WriteNumber(output, bound);
            output.Write("\""u8);
        }

        if (labels.Count > 0 || part.Length > 0)
        {
            output.Write("}"u8);
        }

        output.Write(" "u8);
    }

    internal static void WriteName(IBufferWriter<byte> output, string name) => Write(output, name);

    private static void WriteEnd(IBufferWriter<byte> output, long? timestamp)
    {
        if (timestamp is { } time)
        {
            output.Write(" "u8);
            time.TryFormat(output.GetSpan(24), out var written, default, CultureInfo.InvariantCulture);
            output.Advance(written);
        }

        output.Write("\n"u8);
    }

    private static void WriteNumber(IBufferWriter<byte> output, double value) =>
        output.Advance(GoFloat.Format(value, output.GetSpan(GoFloat.MaxLength)));

    internal static void WriteEscaped(IBufferWriter<byte> output, string text, bool quotes)
    {
        while (text.AsSpan().IndexOfAny('\\', '\n', quotes ? '"' : '\n') is >= 0 and var at)
        {
            Encoding.UTF8.GetBytes(text.AsSpan(0, at), output);
            output.Write(text[at] switch
            {
                '\n' => "\\n"u8,
                '"' => "\\\""u8,
                _ => "\\\\"u8,
            });
            text = text[(at + 1)..];
        }

        Write(output, text);
    }

    private static void Write(IBufferWriter<byte> output, string text) => Encoding.UTF8.GetBytes(text, output);
}
