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
            Write(output, $"# HELP {name} {help.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal)}\n");
        }

        Write(output, $"# TYPE {name} {type.ToString().ToLowerInvariant()}\n");
    }

    /// <summary>Writes one sample line.</summary>
    public static void WriteSample(IBufferWriter<byte> output, string name, IReadOnlyList<Label> labels, double value)
    {
        var line = new StringBuilder(name);
        for (var i = 0; i < labels.Count; i++)
        {
            var escaped = labels[i].Value
                .Replace("\\", "\\\\", StringComparison.Ordinal)
                .Replace("\"", "\\\"", StringComparison.Ordinal)
                .Replace("\n", "\\n", StringComparison.Ordinal);
            line.Append(i == 0 ? '{' : ',').Append(labels[i].Name).Append("=\"").Append(escaped).Append('"');
        }

        if (labels.Count > 0)
        {
            line.Append('}');
        }

        line.Append(' ').Append(value.ToString("R", CultureInfo.InvariantCulture)).Append('\n');
        Write(output, line.ToString());
    }

    private static void Write(IBufferWriter<byte> output, string text) => Encoding.UTF8.GetBytes(text, output);
}
