using System.Buffers;
using System.Globalization;
using System.Text;

namespace Stash.Core.Exposition.Protobuf;

/// <summary>Writes families as protobuf's text form, for people: a line for each family (<c>compact-text</c>), or a line for each field (<c>text</c>).</summary>
/// <param name="compact">Which of the two.</param>
public sealed class ProtobufTextWriter(bool compact)
{
    private readonly StringBuilder _text = new();
    private int _depth;

    /// <summary>Writes what comes before a family's metrics.</summary>
    public void WriteHeader(IBufferWriter<byte> output, string name, string? help, MetricType type)
    {
        Field("name", ProtobufText.Quote(name));
        if (help is not null)
        {
            Field("help", ProtobufText.Quote(help));
        }

        Field("type", type.ToString().ToUpperInvariant());
        Flush(output);
    }

    /// <summary>Writes the metrics of a piece of a family.</summary>
    public void WriteMetrics(IBufferWriter<byte> output, MetricFamily piece)
    {
        foreach (var metric in piece.Metrics)
        {
            Open("metric");
            Metric(metric, piece.Type ?? MetricType.Untyped);
            Close();
        }

        Flush(output);
    }

    /// <summary>Ends a family.</summary>
    public static void WriteEnd(IBufferWriter<byte> output) => output.Write("\n"u8);

    private void Metric(Metric metric, MetricType type)
    {
        foreach (var label in metric.Labels)
        {
            Open("label");
            Field("name", ProtobufText.Quote(label.Name));
            Field("value", ProtobufText.Quote(label.Value));
            Close();
        }

        Open(type.ToString().ToLowerInvariant());
        if (type is not (MetricType.Summary or MetricType.Histogram))
        {
            Field("value", ProtobufText.Number(metric.Value));
            Close();
            return;
        }

        if (metric.Count is { } count)
        {
            Field("sample_count", count.ToString(CultureInfo.InvariantCulture));
        }

        if (metric.Sum is { } sum)
        {
            Field("sample_sum", ProtobufText.Number(sum));
        }

        foreach (var (bound, value) in metric.Parts ?? [])
        {
            if (type == MetricType.Summary)
            {
                Open("quantile");
                Field("quantile", ProtobufText.Number(bound));
                Field("value", ProtobufText.Number(value));
            }
            else
            {
                Open("bucket");
                Field("cumulative_count", ((ulong)value).ToString(CultureInfo.InvariantCulture));
                Field("upper_bound", ProtobufText.Number(bound));
            }

            Close();
        }

        Close();
    }

    private void Field(string name, string value)
    {
        Indent();
        _text.Append(name).Append(compact ? ":" : ": ").Append(value).Append(compact ? ' ' : '\n');
    }

    private void Open(string name)
    {
        Indent();
        _text.Append(name).Append(compact ? ":<" : ": <\n");
        _depth++;
    }

    private void Close()
    {
        _depth--;
        Indent();
        _text.Append(compact ? "> " : ">\n");
    }

    private void Indent()
    {
        if (!compact)
        {
            _text.Append(' ', 2 * _depth);
        }
    }

    private void Flush(IBufferWriter<byte> output)
    {
        foreach (var chunk in _text.GetChunks())
        {
            Encoding.UTF8.GetBytes(chunk.Span, output);
        }

        _text.Clear();
    }
}
