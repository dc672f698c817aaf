using System.Buffers;
using System.Globalization;
using System.Text;
using Stash.Core.Exposition;

namespace Stash.Core.Tests.Fuzz;

/// <summary>Families written, and described so that two readings of the same can be compared.</summary>
internal static class Families
{
    private static readonly string[] Suffixes = ["_count", "_sum", "_bucket"];

    public static byte[] Write(IReadOnlyList<MetricFamily> families)
    {
        ArrayBufferWriter<byte> output = new();
        foreach (var family in families)
        {
            TextFormatWriter.WriteHeader(output, family.Name, family.Help ?? "", family.Type ?? MetricType.Untyped);
            foreach (var metric in family.Metrics)
            {
                TextFormatWriter.WriteMetric(output, family.Name, family.Type ?? MetricType.Untyped, metric);
            }
        }

        return output.WrittenSpan.ToArray();
    }

    /// <summary>One family's lines would be read as another's: <c>x_count</c> beside a summary <c>x</c>. The gateway refuses these together.</summary>
    public static bool Overlap(IReadOnlyList<MetricFamily> families)
    {
        var composed = families.Where(f => f.Type is MetricType.Histogram or MetricType.Summary).Select(f => f.Name).ToHashSet(StringComparer.Ordinal);
        return composed.Count > 0 && families.Any(f => Suffixes.Any(s => f.Name.EndsWith(s, StringComparison.Ordinal) && (composed.Contains(f.Name[..^s.Length]) || f.Type is MetricType.Histogram or MetricType.Summary)));
    }

    /// <summary>A negative count: the reference makes one near 2^64 of it, writes that as a float, and reads yet another back.</summary>
    public static bool NegativeCount(IReadOnlyList<MetricFamily> families) => families.Any(f => f.Metrics.Any(m =>
        m.Count >= 1UL << 63 || (f.Type == MetricType.Histogram && m.Parts?.Exists(p => p.Value >= 1UL << 63) is true)));

    /// <summary>The text format has no place for it: the gateway refuses it, or takes it as the text says it.</summary>
    public static bool OnlyInProtobuf(IReadOnlyList<MetricFamily> families) => families.Any(f =>
        f.Help is { } help && help.TrimStart(' ', '\t') != help
        || f.Metrics.Any(m => m.Labels.Exists(l => l.Name is "__name__" || (f.Type == MetricType.Histogram && l.Name == "le") || (f.Type == MetricType.Summary && l.Name == "quantile")))
        || (f.Type is MetricType.Histogram or MetricType.Summary
            && (f.Metrics.Any(m => m.Parts?.Exists(p => double.IsNaN(p.Bound)) is true) || f.Metrics.Select(m => Labels(m.Labels.OrderBy(l => l.Name, StringComparer.Ordinal))).Distinct(StringComparer.Ordinal).Count() < f.Metrics.Count)));

    /// <summary>All that a family holds. What is exposed as 0 where it is missing counts as 0; a histogram has its <c>+Inf</c>.</summary>
    public static string Describe(IReadOnlyList<MetricFamily> families)
    {
        StringBuilder text = new();
        foreach (var family in families)
        {
            var composed = family.Type is MetricType.Histogram or MetricType.Summary;
            text.Append(CultureInfo.InvariantCulture, $"{family.Name} {family.Type ?? MetricType.Untyped} {family.Help}\n");
            foreach (var metric in family.Metrics)
            {
                text.Append("  ").Append(Labels(metric.Labels)).Append(CultureInfo.InvariantCulture, $" at {metric.Timestamp}: ");
                if (!composed)
                {
                    text.Append(GoFloat.ToText(metric.Value)).Append('\n');
                    continue;
                }

                var parts = metric.Parts ?? [];
                if (family.Type == MetricType.Histogram && !parts.Exists(p => double.IsPositiveInfinity(p.Bound)))
                {
                    parts = [.. parts, (double.PositiveInfinity, metric.Count ?? 0)];
                }

                text.Append(CultureInfo.InvariantCulture, $"{GoFloat.ToText(metric.Count ?? 0)} {GoFloat.ToText(metric.Sum ?? 0)} {string.Join(' ', parts.Select(p => $"{GoFloat.ToText(p.Bound)}={GoFloat.ToText(p.Value)}"))}\n");
            }
        }

        return text.ToString();
    }

    private static string Labels(IEnumerable<Label> labels) => string.Join(',', labels.Select(l => $"{l.Name}={l.Value}\0"));
}
