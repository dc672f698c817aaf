using System.Buffers;

namespace Stash.Core.Exposition;

/// <summary>
/// Writes OpenMetrics 1.0.0. Every series keeps the name and the labels that it has in the text format 0.0.4: a scraper that changes over to
/// this format must not find other series. A family that OpenMetrics would rename or refuse is therefore written as <c>unknown</c>: its
/// samples are the same, only its type is not told.
/// </summary>
/// <param name="names">Names of all families that are written, to see which would collide here.</param>
public sealed class OpenMetricsWriter(IReadOnlySet<string> names)
{
    private const string Total = "_total";
    private const string Created = "_created";

    /// <summary>Writes a family.</summary>
    public void WriteFamily(IBufferWriter<byte> output, MetricFamily family)
    {
        switch (family.Type)
        {
            case MetricType.Gauge:
                WriteHeader(output, family.Name, family.Help, "gauge"u8);
                WriteValues(output, family);
                break;
            case MetricType.Counter when IsCounter(family):
                WriteHeader(output, family.Name[..^Total.Length], family.Help, "counter"u8);
                WriteValues(output, family);
                break;
            case MetricType.Summary when IsSummary(family):
                WriteHeader(output, family.Name, family.Help, "summary"u8);
                foreach (var metric in family.Metrics)
                {
                    WriteParts(output, family, metric);
                    WriteSum(output, family.Name, metric);
                    WriteCount(output, family.Name, metric);
                }

                break;
            case MetricType.Histogram when IsHistogram(family):
                WriteHeader(output, family.Name, family.Help, "histogram"u8);
                foreach (var metric in family.Metrics)
                {
                    WriteParts(output, family, metric);
                    WriteCount(output, family.Name, metric);
                    WriteSum(output, family.Name, metric);
                }

                break;
            case MetricType.Histogram or MetricType.Summary:
                WriteApart(output, family);
                break;
            default:
                WriteHeader(output, family.Name, family.Help, "unknown"u8);
                WriteValues(output, family);
                break;
        }
    }

    /// <summary>Writes what ends an exposition.</summary>
    public static void WriteEnd(IBufferWriter<byte> output) => output.Write("# EOF\n"u8);

    private bool IsCounter(MetricFamily family)
    {
        var name = family.Name;
        if (!name.EndsWith(Total, StringComparison.Ordinal) || name.Length == Total.Length)
        {
            return false;
        }

        var bare = name[..^Total.Length];
        return !names.Contains(bare) && !names.Contains(bare + Created) && family.Metrics.TrueForAll(m => m.Value >= 0);
    }

    private bool IsSummary(MetricFamily family) =>
        !names.Contains(family.Name + Created) && family.Metrics.TrueForAll(m => m.Sum is not (< 0 or double.NaN)
            && (m.Parts ?? []).TrueForAll(p => p.Bound is >= 0 and <= 1 && p.Value is not < 0 && IsFraction(p.Bound)));

    private bool IsHistogram(MetricFamily family) => !names.Contains(family.Name + Created) && family.Metrics.TrueForAll(IsHistogram);

    private static bool IsHistogram(Metric metric)
    {
        var (last, count) = (double.NegativeInfinity, 0.0);
        foreach (var (bound, value) in metric.Parts ?? [])
        {
            // A sum goes with buckets of positive values only.
            if (!(bound > last) || bound < 0 || value < count || !IsFraction(bound))
            {
                return false;
            }

            (last, count) = (bound, value);
        }

        var total = (double)(metric.Count ?? 0);
        return metric.Sum is not (< 0 or double.NaN) && (double.IsPositiveInfinity(last) ? count == total : count <= total);
    }

    /// <summary>Whether a bound is written the same in both formats: a whole number would be <c>1</c> there and <c>1.0</c> here.</summary>
    private static bool IsFraction(double bound)
    {
        Span<byte> text = stackalloc byte[GoFloat.MaxLength];
        return !double.IsFinite(bound) || text[..GoFloat.Format(bound, text)].ContainsAny((byte)'.', (byte)'e');
    }

    /// <summary>Each part of a histogram or summary as a family of its own.</summary>
    private static void WriteApart(IBufferWriter<byte> output, MetricFamily family)
    {
        WriteHeader(output, family.Type == MetricType.Histogram ? family.Name + "_bucket" : family.Name, family.Help, "unknown"u8);
        foreach (var metric in family.Metrics)
        {
            WriteParts(output, family, metric);
        }

        WriteHeader(output, family.Name + "_count", null, "unknown"u8);
        foreach (var metric in family.Metrics)
        {
            WriteCount(output, family.Name, metric);
        }

        WriteHeader(output, family.Name + "_sum", null, "unknown"u8);
        foreach (var metric in family.Metrics)
        {
            WriteSum(output, family.Name, metric);
        }
    }

    private static void WriteHeader(IBufferWriter<byte> output, string name, string? help, ReadOnlySpan<byte> type)
    {
        output.Write("# TYPE "u8);
        TextFormatWriter.WriteName(output, name);
        output.Write(" "u8);
        output.Write(type);
        output.Write("\n"u8);
        if (help is { Length: > 0 })
        {
            output.Write("# HELP "u8);
            TextFormatWriter.WriteName(output, name);
            output.Write(" "u8);
            TextFormatWriter.WriteEscaped(output, help, quotes: true);
            output.Write("\n"u8);
        }
    }

    private static void WriteValues(IBufferWriter<byte> output, MetricFamily family)
    {
        foreach (var metric in family.Metrics)
        {
            TextFormatWriter.WriteNameAndLabels(output, family.Name, "", metric.Labels, "", 0);
            WriteNumber(output, metric.Value);
        }
    }

    private static void WriteParts(IBufferWriter<byte> output, MetricFamily family, Metric metric)
    {
        var (suffix, label) = family.Type == MetricType.Histogram ? ("_bucket", "le") : ("", "quantile");
        var infinite = false;
        foreach (var (bound, value) in metric.Parts ?? [])
        {
            TextFormatWriter.WriteNameAndLabels(output, family.Name, suffix, metric.Labels, label, bound);
            WriteNumber(output, value);
            infinite |= double.IsPositiveInfinity(bound);
        }

        if (family.Type == MetricType.Histogram && !infinite)
        {
            TextFormatWriter.WriteNameAndLabels(output, family.Name, suffix, metric.Labels, label, double.PositiveInfinity);
            WriteNumber(output, metric.Count ?? 0);
        }
    }

    private static void WriteSum(IBufferWriter<byte> output, string name, Metric metric)
    {
        TextFormatWriter.WriteNameAndLabels(output, name, "_sum", metric.Labels, "", 0);
        WriteNumber(output, metric.Sum ?? 0);
    }

    private static void WriteCount(IBufferWriter<byte> output, string name, Metric metric)
    {
        TextFormatWriter.WriteNameAndLabels(output, name, "_count", metric.Labels, "", 0);
        WriteNumber(output, metric.Count ?? 0);
    }

    private static void WriteNumber(IBufferWriter<byte> output, double value)
    {
        output.Advance(GoFloat.Format(value, output.GetSpan(GoFloat.MaxLength)));
        output.Write("\n"u8);
    }
}
