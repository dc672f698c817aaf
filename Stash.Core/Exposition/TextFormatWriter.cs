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
            WriteFamilyName(output, name);
            output.Write(" "u8);
            WriteEscaped(output, help, quotes: false);
            output.Write("\n"u8);
        }

        output.Write("# TYPE "u8);
        WriteFamilyName(output, name);
        output.Write(TypeEnd(type));
    }

    /// <summary>What ends a TYPE line.</summary>
    internal static ReadOnlySpan<byte> TypeEnd(MetricType type) => type switch
    {
        MetricType.Counter => " counter\n"u8,
        MetricType.Gauge => " gauge\n"u8,
        MetricType.Histogram => " histogram\n"u8,
        MetricType.Summary => " summary\n"u8,
        _ => " untyped\n"u8,
    };

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

        WriteBounds(output, name, type, metric);
        WriteSum(output, name, metric);
        WriteCount(output, name, metric);
    }

    /// <summary>Writes the buckets of a histogram, the infinite one among them, or the quantiles of a summary.</summary>
    internal static void WriteBounds(IBufferWriter<byte> output, string name, MetricType type, Metric metric)
    {
        var (suffix, label) = type == MetricType.Histogram ? ("_bucket", "le") : ("", "quantile");
        var infinite = false;
        foreach (var (bound, value) in metric.Parts ?? [])
        {
            WriteNameAndLabels(output, name, suffix, metric.Labels, label, bound);
            WriteNumber(output, value);
            WriteEnd(output, metric.Timestamp);
            infinite |= double.IsPositiveInfinity(bound);
        }

        if (type == MetricType.Histogram && !infinite)
        {
            WriteNameAndLabels(output, name, suffix, metric.Labels, label, double.PositiveInfinity);
            WriteNumber(output, metric.Count ?? 0);
            WriteEnd(output, metric.Timestamp);
        }
    }

    internal static void WriteSum(IBufferWriter<byte> output, string name, Metric metric)
    {
        WriteNameAndLabels(output, name, "_sum", metric.Labels, "", 0);
        WriteNumber(output, metric.Sum ?? 0);
        WriteEnd(output, metric.Timestamp);
    }

    internal static void WriteCount(IBufferWriter<byte> output, string name, Metric metric)
    {
        WriteNameAndLabels(output, name, "_count", metric.Labels, "", 0);
        WriteNumber(output, metric.Count ?? 0);
        WriteEnd(output, metric.Timestamp);
    }

    /// <summary>Writes a name of any UTF-8 as it stands in a header: in quotes where it has to be.</summary>
    internal static void WriteFamilyName(IBufferWriter<byte> output, string name)
    {
        if (MetricNames.IsMetricName(name))
        {
            Write(output, name);
            return;
        }

        output.Write("\""u8);
        WriteEscaped(output, name, quotes: true);
        output.Write("\""u8);
    }

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

    private static void WriteNameAndLabels(IBufferWriter<byte> output, string name, string suffix, IReadOnlyList<Label> labels, string part, double bound)
    {
        var plain = MetricNames.IsMetricName(name);
        if (plain)
        {
            Write(output, name);
            Write(output, suffix);
        }
        else
        {
            output.Write("{\""u8);
            WriteEscaped(output, name, quotes: true);
            Write(output, suffix);
            output.Write("\""u8);
        }

        var open = !plain;
        foreach (var label in labels)
        {
            output.Write(open ? ","u8 : "{"u8);
            open = true;
            if (MetricNames.IsLabelName(label.Name))
            {
                Write(output, label.Name);
            }
            else
            {
                output.Write("\""u8);
                WriteEscaped(output, label.Name, quotes: true);
                output.Write("\""u8);
            }

            output.Write("=\""u8);
            WriteEscaped(output, label.Value, quotes: true);
            output.Write("\""u8);
        }

        if (part.Length > 0)
        {
            output.Write(open ? ","u8 : "{"u8);
            open = true;
            Write(output, part);
            output.Write("=\""u8);
            WriteNumber(output, bound);
            output.Write("\""u8);
        }

        if (open)
        {
            output.Write("}"u8);
        }

        output.Write(" "u8);
    }

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

    private static void Write(IBufferWriter<byte> output, string text) => Encoding.UTF8.GetBytes(text, output);
}
