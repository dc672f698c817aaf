using System.Buffers;
using System.Globalization;
using Google.Protobuf;

namespace Stash.Core.Exposition.Protobuf;

/// <summary>Why a body is not in the delimited protobuf exposition format.</summary>
public sealed class ProtobufFormatException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>
/// Reads the delimited protobuf exposition format, in which the Go client pushes. What could not be exposed as text later (a bad name,
/// a metric without a value of its family's type) is refused here; the reference finds a part of that only when it is scraped.
/// </summary>
public static class ProtobufReader
{
    /// <summary>Reads families, in the order in which they come; of two of a name the last counts, as in the reference.</summary>
    /// <exception cref="ProtobufFormatException">The bytes are not in the format.</exception>
    /// <param name="body">The bytes.</param>
    /// <param name="utf8Names">Whether names may be any UTF-8.</param>
    public static IReadOnlyList<MetricFamily> Parse(ReadOnlyMemory<byte> body, bool utf8Names = false)
    {
        Dictionary<string, MetricFamily> families = new(StringComparer.Ordinal);
        using CodedInputStream input = new(body.ToArray());
        while (!input.IsAtEnd)
        {
            MetricFamilyMessage message = new();
            try
            {
                // Not ParseDelimitedFrom, which does not mind an end between two fields.
                input.ReadMessage(message);
            }
            catch (InvalidProtocolBufferException e)
            {
                throw new ProtobufFormatException("protobuf parsing error: the body is no sequence of delimited metric families, or it is not whole", e);
            }

            var family = Family(message, utf8Names);
            families[family.Name] = family;
        }

        return [.. families.Values.Where(f => f.Metrics.Count > 0)];
    }

    /// <summary>The same in the text format.</summary>
    public static ReadOnlyMemory<byte> ToText(IReadOnlyList<MetricFamily> families)
    {
        ArrayBufferWriter<byte> text = new();
        foreach (var family in families)
        {
            TextFormatWriter.WriteHeader(text, family.Name, family.Help ?? "", family.Type ?? MetricType.Untyped);
            foreach (var metric in family.Metrics)
            {
                TextFormatWriter.WriteMetric(text, family.Name, family.Type ?? MetricType.Untyped, metric);
            }
        }

        return text.WrittenMemory;
    }

    private static MetricFamily Family(MetricFamilyMessage message, bool utf8Names)
    {
        if (!(utf8Names ? message.Name.Length > 0 : MetricNames.IsMetricName(message.Name)))
        {
            throw Wrong($"invalid metric name {GoQuote.Text(message.Name)}");
        }

        var type = (message.HasType ? message.Type : 0) switch
        {
            0 => MetricType.Counter,
            1 => MetricType.Gauge,
            2 => MetricType.Summary,
            3 => MetricType.Untyped,
            4 => MetricType.Histogram,
            var other => throw Wrong(string.Create(CultureInfo.InvariantCulture, $"metric {GoQuote.Text(message.Name)} has the unknown type {other}")),
        };
        MetricFamily family = new(message.Name) { Help = message.Help, Type = type };
        family.Metrics.AddRange(message.Metric.Select(m => Metric(family, type, m, utf8Names)));
        return family;
    }

    private static Metric Metric(MetricFamily family, MetricType type, MetricMessage message, bool utf8Names)
    {
        Metric metric = new() { Timestamp = message.HasTimestampMs ? message.TimestampMs : null };
        foreach (var label in message.Label)
        {
            if (!(utf8Names ? label.Name.Length > 0 : MetricNames.IsLabelName(label.Name)))
            {
                throw Wrong($"invalid label name {GoQuote.Text(label.Name)} for metric {GoQuote.Text(family.Name)}");
            }

            if (metric.Labels.Exists(l => l.Name == label.Name))
            {
                throw Wrong($"duplicate label names for metric {GoQuote.Text(family.Name)}");
            }

            metric.Labels.Add(new Label(label.Name, label.Value));
        }

        switch (type)
        {
            case MetricType.Counter when message.Counter is { } value:
                metric.Value = value.Value;
                break;
            case MetricType.Gauge when message.Gauge is { } value:
                metric.Value = value.Value;
                break;
            case MetricType.Untyped when message.Untyped is { } value:
                metric.Value = value.Value;
                break;
            case MetricType.Summary when message.Summary is { } summary:
                metric.Count = summary.HasSampleCount ? summary.SampleCount : null;
                metric.Sum = summary.HasSampleSum ? summary.SampleSum : null;
                metric.Parts = [.. summary.Quantile.Where(q => !double.IsNaN(q.Quantile)).Select(q => (q.Quantile, q.Value))];
                break;
            case MetricType.Histogram when message.Histogram is { } histogram:
                metric.Count = histogram.HasSampleCount ? histogram.SampleCount : null;
                metric.Sum = histogram.HasSampleSum ? histogram.SampleSum : null;
                metric.Parts = [.. histogram.Bucket.Where(b => !double.IsNaN(b.UpperBound)).Select(b => (b.UpperBound, (double)b.CumulativeCount))];
                break;
            default:
                throw Wrong($"collected metric {GoQuote.Text(family.Name)} is not a {type.ToString().ToUpperInvariant()}");
        }

        return metric;
    }

    private static ProtobufFormatException Wrong(string problem) => new($"protobuf parsing error: {problem}");
}
