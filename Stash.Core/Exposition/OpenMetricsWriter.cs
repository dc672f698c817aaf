using System.Buffers;

namespace Stash.Core.Exposition;

/// <summary>A family, or a part of one, as it is told in OpenMetrics.</summary>
/// <param name="Name">Its name there.</param>
/// <param name="Help">Null for none.</param>
/// <param name="Type">In OpenMetrics' words.</param>
/// <param name="Part">Which of the family's samples it has.</param>
public readonly record struct OpenMetricsFamily(string Name, string? Help, string Type, OpenMetricsPart Part);

/// <summary>Samples of a family.</summary>
public enum OpenMetricsPart
{
    /// <summary>All, as in the text format.</summary>
    All,

    /// <summary>Buckets, or quantiles.</summary>
    Bounds,

    Count,
    Sum,
}

/// <summary>
/// Writes OpenMetrics 1.0.0. Every series keeps the name and the labels that it has in the text format 0.0.4: a scraper that changes over to
/// this format must not find other series. A family that OpenMetrics would rename or refuse is therefore told as <c>unknown</c>: its
/// samples are the same, only its type is not told.
/// </summary>
/// <param name="names">Names of all families that are written, to see which would collide here.</param>
public sealed class OpenMetricsWriter(IReadOnlySet<string> names)
{
    private const string Total = "_total";
    private const string Created = "_created";

    /// <summary>How a family is told.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="help">Null for none.</param>
    /// <param name="type">Its type.</param>
    /// <param name="pieces">Gives its metrics in pieces; asked only where they matter.</param>
    /// <returns>One, or for what is no proper histogram or summary here a family for each of its parts.</returns>
    public IReadOnlyList<OpenMetricsFamily> Tell(string name, string? help, MetricType type, Func<IEnumerable<MetricFamily>> pieces)
    {
        switch (type)
        {
            case MetricType.Gauge:
                return [new OpenMetricsFamily(name, help, "gauge", OpenMetricsPart.All)];
            case MetricType.Counter when IsCounterName(name) && pieces().All(p => p.Metrics.TrueForAll(m => m.Value >= 0)):
                return [new OpenMetricsFamily(name[..^Total.Length], help, "counter", OpenMetricsPart.All)];
            case MetricType.Summary when !names.Contains(name + Created) && pieces().All(p => p.Metrics.TrueForAll(IsSummary)):
                return [new OpenMetricsFamily(name, help, "summary", OpenMetricsPart.All)];
            case MetricType.Histogram when !names.Contains(name + Created) && pieces().All(p => p.Metrics.TrueForAll(IsHistogram)):
                return [new OpenMetricsFamily(name, help, "histogram", OpenMetricsPart.All)];
            case MetricType.Histogram or MetricType.Summary:
                return
                [
                    new OpenMetricsFamily(type == MetricType.Histogram ? name + "_bucket" : name, help, "unknown", OpenMetricsPart.Bounds),
                    new OpenMetricsFamily(name + "_count", null, "unknown", OpenMetricsPart.Count),
                    new OpenMetricsFamily(name + "_sum", null, "unknown", OpenMetricsPart.Sum),
                ];
            default:
                return [new OpenMetricsFamily(name, help, "unknown", OpenMetricsPart.All)];
        }
    }

    /// <summary>Writes the lines before a family's samples.</summary>
    public static void WriteHeader(IBufferWriter<byte> output, OpenMetricsFamily family)
    {
        output.Write("# TYPE "u8);
        TextFormatWriter.WriteFamilyName(output, family.Name);
        output.Write(" "u8);
        TextFormatWriter.WriteEscaped(output, family.Type, quotes: true);
        output.Write("\n"u8);
        if (family.Help is { Length: > 0 } help)
        {
            output.Write("# HELP "u8);
            TextFormatWriter.WriteFamilyName(output, family.Name);
            output.Write(" "u8);
            TextFormatWriter.WriteEscaped(output, help, quotes: true);
            output.Write("\n"u8);
        }
    }

    /// <summary>Writes samples of a piece of a family.</summary>
    public static void WriteSamples(IBufferWriter<byte> output, MetricFamily piece, OpenMetricsPart part)
    {
        var type = piece.Type ?? MetricType.Untyped;
        foreach (var metric in piece.Metrics)
        {
            switch (part)
            {
                case OpenMetricsPart.Bounds:
                    TextFormatWriter.WriteBounds(output, piece.Name, type, metric);
                    break;
                case OpenMetricsPart.Count:
                    TextFormatWriter.WriteCount(output, piece.Name, metric);
                    break;
                case OpenMetricsPart.Sum:
                    TextFormatWriter.WriteSum(output, piece.Name, metric);
                    break;
                default:
                    TextFormatWriter.WriteMetric(output, piece.Name, type, metric);
                    break;
            }
        }
    }

    /// <summary>Writes what ends an exposition.</summary>
    public static void WriteEnd(IBufferWriter<byte> output) => output.Write("# EOF\n"u8);

    private bool IsCounterName(string name) =>
        name.Length > Total.Length && name.EndsWith(Total, StringComparison.Ordinal) && !names.Contains(name[..^Total.Length]) && !names.Contains(name[..^Total.Length] + Created);

    private static bool IsSummary(Metric metric) =>
        metric.Sum is not (< 0 or double.NaN) && (metric.Parts ?? []).TrueForAll(p => p.Bound is >= 0 and <= 1 && p.Value is not < 0 && IsFraction(p.Bound));

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
}
