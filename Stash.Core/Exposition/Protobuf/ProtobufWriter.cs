using System.Buffers;
using System.Buffers.Binary;
using System.Numerics;
using System.Text;

namespace Stash.Core.Exposition.Protobuf;

/// <summary>
/// Writes the delimited protobuf exposition format, <c>io.prometheus.client.MetricFamily</c> for each family. The lengths that go before the
/// messages are reckoned first, so that nothing is gathered in memory on the way.
/// </summary>
public static class ProtobufWriter
{
    private const int Variable = 0;
    private const int Fixed64 = 1;
    private const int Bytes = 2;

    /// <summary>Writes what comes before a family's metrics: the length of the whole, name, help and type.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="name">Its name.</param>
    /// <param name="help">Null for none.</param>
    /// <param name="type">Its type.</param>
    /// <param name="metrics"><see cref="LengthOf"/> all its pieces together.</param>
    public static void WriteHeader(IBufferWriter<byte> output, string name, string? help, MetricType type, long metrics)
    {
        var number = type switch
        {
            MetricType.Counter => 0,
            MetricType.Gauge => 1,
            MetricType.Summary => 2,
            MetricType.Histogram => 4,
            _ => 3,
        };
        WriteVariable(output, (ulong)(TextLength(name) + TextLength(help) + 2L + metrics));
        WriteText(output, 1, name);
        WriteText(output, 2, help);
        WriteTag(output, 3, Variable);
        WriteVariable(output, (ulong)number);
    }

    /// <summary>Bytes that the metrics of a piece of a family take.</summary>
    public static long LengthOf(MetricFamily piece)
    {
        var length = 0L;
        foreach (var metric in piece.Metrics)
        {
            length += Nested(MetricLength(metric, piece.Type ?? MetricType.Untyped));
        }

        return length;
    }

    /// <summary>Writes the metrics of a piece of a family.</summary>
    public static void WriteMetrics(IBufferWriter<byte> output, MetricFamily piece)
    {
        var type = piece.Type ?? MetricType.Untyped;
        foreach (var metric in piece.Metrics)
        {
            WriteMessage(output, 4, MetricLength(metric, type));
            foreach (var label in metric.Labels)
            {
                WriteMessage(output, 1, LabelLength(label));
                WriteText(output, 1, label.Name);
                WriteText(output, 2, label.Value);
            }

            WriteValue(output, metric, type);
            if (metric.Timestamp is { } timestamp)
            {
                WriteTag(output, 6, Variable);
                WriteVariable(output, (ulong)timestamp);
            }
        }
    }

    private static void WriteValue(IBufferWriter<byte> output, Metric metric, MetricType type)
    {
        var field = type switch
        {
            MetricType.Gauge => 2,
            MetricType.Counter => 3,
            MetricType.Summary => 4,
            MetricType.Histogram => 7,
            _ => 5,
        };
        WriteMessage(output, field, ValueLength(metric, type));
        if (type is not (MetricType.Summary or MetricType.Histogram))
        {
            WriteDouble(output, 1, metric.Value);
            return;
        }

        if (metric.Count is { } count)
        {
            WriteTag(output, 1, Variable);
            WriteVariable(output, count);
        }

        if (metric.Sum is { } sum)
        {
            WriteDouble(output, 2, sum);
        }

        foreach (var (bound, value) in metric.Parts ?? [])
        {
            WriteMessage(output, 3, PartLength(value, type));
            if (type == MetricType.Summary)
            {
                WriteDouble(output, 1, bound);
                WriteDouble(output, 2, value);
            }
            else
            {
                WriteTag(output, 1, Variable);
                WriteVariable(output, (ulong)value);
                WriteDouble(output, 2, bound);
            }
        }
    }

    private static int MetricLength(Metric metric, MetricType type)
    {
        var length = Nested(ValueLength(metric, type)) + (metric.Timestamp is { } timestamp ? 1 + VariableLength((ulong)timestamp) : 0);
        foreach (var label in metric.Labels)
        {
            length += Nested(LabelLength(label));
        }

        return length;
    }

    private static int ValueLength(Metric metric, MetricType type)
    {
        if (type is not (MetricType.Summary or MetricType.Histogram))
        {
            return 9;
        }

        var length = (metric.Count is { } count ? 1 + VariableLength(count) : 0) + (metric.Sum is null ? 0 : 9);
        foreach (var (_, value) in metric.Parts ?? [])
        {
            length += Nested(PartLength(value, type));
        }

        return length;
    }

    private static int PartLength(double value, MetricType type) => type == MetricType.Summary ? 18 : 10 + VariableLength((ulong)value);

    private static int LabelLength(Label label) => TextLength(label.Name) + TextLength(label.Value);

    private static int TextLength(string? text) => text is null ? 0 : Nested(Encoding.UTF8.GetByteCount(text));

    /// <summary>Of a field of the bytes' kind, all field numbers here being below 16.</summary>
    private static int Nested(int length) => 1 + VariableLength((ulong)length) + length;

    private static int VariableLength(ulong value) => Math.Max(1, (64 - BitOperations.LeadingZeroCount(value) + 6) / 7);

    private static void WriteMessage(IBufferWriter<byte> output, int field, int length)
    {
        WriteTag(output, field, Bytes);
        WriteVariable(output, (ulong)length);
    }

    private static void WriteText(IBufferWriter<byte> output, int field, string? text)
    {
        if (text is not null)
        {
            WriteMessage(output, field, Encoding.UTF8.GetByteCount(text));
            Encoding.UTF8.GetBytes(text, output);
        }
    }

    private static void WriteDouble(IBufferWriter<byte> output, int field, double value)
    {
        WriteTag(output, field, Fixed64);
        BinaryPrimitives.WriteDoubleLittleEndian(output.GetSpan(sizeof(double)), value);
        output.Advance(sizeof(double));
    }

    private static void WriteTag(IBufferWriter<byte> output, int field, int kind) => WriteVariable(output, (ulong)((field << 3) | kind));

    private static void WriteVariable(IBufferWriter<byte> output, ulong value)
    {
        var span = output.GetSpan(10);
        var at = 0;
        while (value > 0x7f)
        {
            span[at++] = (byte)(value | 0x80);
            value >>= 7;
        }

        span[at++] = (byte)value;
        output.Advance(at);
    }
}
