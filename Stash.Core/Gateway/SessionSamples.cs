using System.Buffers;
using Stash.Core.Exposition;
using Stash.Core.Sessions;

namespace Stash.Core.Gateway;

/// <summary>
/// Reads the samples named <c>restic_session_*</c> out of a push, byte by byte, with no object per sample. It knows the format as nearly
/// everybody writes it; where a line is unusual it says so, and <see cref="Canonical"/> gives the same samples as it can read them.
/// </summary>
internal ref struct SessionSamples(ReadOnlySpan<byte> text)
{
    private ReadOnlySpan<byte> _rest = text;
    private double _value;

    private static ReadOnlySpan<byte> Prefix => "restic_session_"u8;

    /// <summary>The sample's name.</summary>
    public ReadOnlySpan<byte> Name { get; private set; }

    /// <summary>Value of the label <c>filegroup</c>; empty where there is none.</summary>
    public ReadOnlySpan<byte> FileGroup { get; private set; }

    /// <summary>Value of the label <c>op</c>; empty where there is none.</summary>
    public ReadOnlySpan<byte> Op { get; private set; }

    public readonly double Value => _value;

    /// <summary>True where the text has a line that this reader does not understand: what it gave is not to be used.</summary>
    public bool Unusual { get; private set; }

    /// <summary>False for a push that has nothing to do with sessions.</summary>
    public static bool Any(ReadOnlySpan<byte> text) => text.IndexOf(Prefix) >= 0;

    /// <summary>
    /// The session samples of any text that the gateway takes, written as this reader reads them: with the two labels that it knows,
    /// without histograms and summaries.
    /// </summary>
    public static ReadOnlyMemory<byte> Canonical(ReadOnlySpan<byte> text)
    {
        ArrayBufferWriter<byte> output = new();
        foreach (var family in TextParser.Parse(text, utf8Names: true))
        {
            if (SessionMetrics.Families.Contains(family.Name) && family.Type is not (MetricType.Histogram or MetricType.Summary))
            {
                foreach (var metric in family.Metrics)
                {
                    TextFormatWriter.WriteSample(output, family.Name, [.. metric.Labels.Where(l => l.Name is SessionMetrics.FileGroupLabel or SessionMetrics.OpLabel)], metric.Value);
                }
            }
        }

        return output.WrittenMemory;
    }

    /// <summary>Goes to the next sample.</summary>
    /// <returns>False at the end, and where the text is <see cref="Unusual"/>.</returns>
    public bool MoveNext()
    {
        while (!_rest.IsEmpty)
        {
            var end = _rest.IndexOf((byte)'\n');
            var line = end < 0 ? _rest : _rest[..end];
            _rest = end < 0 ? [] : _rest[(end + 1)..];
            if (line.StartsWith(Prefix))
            {
                if (ReadSample(line))
                {
                    return true;
                }

                Unusual = true;
                return false;
            }

            if (line.Length > Prefix.Length && Mentions(line) && !IsPlainComment(line))
            {
                Unusual = true;
                return false;
            }
        }

        return false;
    }

    /// <summary>Lines of other metrics that have the words in a label are unusual too: rare enough.</summary>
    private static bool Mentions(ReadOnlySpan<byte> line) => line.IndexOf(Prefix) >= 0;

    private static bool IsPlainComment(ReadOnlySpan<byte> line) =>
        line.StartsWith("# HELP restic_session_"u8)
        || (line.StartsWith("# TYPE restic_session_"u8) && (line.EndsWith(" gauge"u8) || line.EndsWith(" counter"u8) || line.EndsWith(" untyped"u8)));

    private bool ReadSample(ReadOnlySpan<byte> line)
    {
        FileGroup = Op = [];
        var end = line.IndexOfAny((byte)'{', (byte)' ');
        if (end < 0)
        {
            return false;
        }

        Name = line[..end];
        line = line[end..];
        if (line[0] == (byte)'{' && !ReadLabels(ref line))
        {
            return false;
        }

        return line.Length > 1 && line[0] == (byte)' ' && GoFloat.TryParse(line[1..], out _value);
    }

    private bool ReadLabels(ref ReadOnlySpan<byte> line)
    {
        // Behind the brace, then behind each comma.
        do
        {
            line = line[1..];
            var equals = line.IndexOf((byte)'=');
            if (equals <= 0 || line.Length < equals + 3 || line[equals + 1] != (byte)'"')
            {
                return false;
            }

            var name = line[..equals];
            line = line[(equals + 2)..];
            var quote = line.IndexOfAny((byte)'"', (byte)'\\');
            if (quote >= 0 && line[quote] == (byte)'\\')
            {
                quote = ClosingQuote(line, quote);
            }

            if (quote < 0)
            {
                return false;
            }

            Take(name, line[..quote]);
            line = line[(quote + 1)..];
        }
        while (line.Length > 1 && line[0] == (byte)',');

        if (line.IsEmpty || line[0] != (byte)'}')
        {
            return false;
        }

        line = line[1..];
        return true;
    }

    private static int ClosingQuote(ReadOnlySpan<byte> line, int at)
    {
        while (at < line.Length && line[at] != (byte)'"')
        {
            at += line[at] == (byte)'\\' ? 2 : 1;
        }

        return at < line.Length ? at : -1;
    }

    private void Take(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        if (name.SequenceEqual("filegroup"u8))
        {
            FileGroup = Unescaped(value);
        }
        else if (name.SequenceEqual("op"u8))
        {
            Op = Unescaped(value);
        }
    }

    private static ReadOnlySpan<byte> Unescaped(ReadOnlySpan<byte> value) => value.Contains((byte)'\\') ? LabelText.Unescape(value) : value;
}
