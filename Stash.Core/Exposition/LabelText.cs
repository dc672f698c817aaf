using System.Text;

namespace Stash.Core.Exposition;

/// <summary>Labels as the text format writes them: <c>a="1",b="2"</c>. Names that are no plain ones are in quotes too.</summary>
internal static class LabelText
{
    public static void WriteName(ByteBuffer output, string name)
    {
        if (MetricNames.IsLabelName(name))
        {
            Encoding.UTF8.GetBytes(name, output);
            return;
        }

        output.Write((byte)'"');
        WriteValue(output, name);
        output.Write((byte)'"');
    }

    public static void WriteName(ByteBuffer output, ReadOnlySpan<byte> name)
    {
        if (MetricNames.IsLabelName(name))
        {
            output.Write(name);
            return;
        }

        output.Write((byte)'"');
        WriteValue(output, name);
        output.Write((byte)'"');
    }

    /// <summary>Writes a value, escaped, without its quotes.</summary>
    public static void WriteValue(ByteBuffer output, string value)
    {
        var start = output.Length;
        Encoding.UTF8.GetBytes(value, output);
        if (output.Written[start..].IndexOfAny((byte)'\\', (byte)'"', (byte)'\n') >= 0)
        {
            var raw = output.Written[start..].ToArray();
            output.Truncate(start);
            WriteValue(output, raw);
        }
    }

    /// <summary>Writes a value, escaped, without its quotes.</summary>
    public static void WriteValue(ByteBuffer output, ReadOnlySpan<byte> value)
    {
        while (value.IndexOfAny((byte)'\\', (byte)'"', (byte)'\n') is >= 0 and var at)
        {
            output.Write(value[..at]);
            output.Write(value[at] switch
            {
                (byte)'\n' => "\\n"u8,
                (byte)'"' => "\\\""u8,
                _ => "\\\\"u8,
            });
            value = value[(at + 1)..];
        }

        output.Write(value);
    }

    /// <summary>The labels as objects.</summary>
    public static IReadOnlyList<Label> Read(ReadOnlySpan<byte> text)
    {
        List<Label> labels = [];
        LabelReader reader = new(text);
        while (reader.Next())
        {
            labels.Add(new Label(Unescaped(reader.Name), Unescaped(reader.Value)));
        }

        return labels;
    }

    /// <summary>Compares values that are escaped as what they stand for.</summary>
    public static int CompareValues(ReadOnlySpan<byte> a, ReadOnlySpan<byte> b) =>
        a.Contains((byte)'\\') || b.Contains((byte)'\\') ? Unescape(a).AsSpan().SequenceCompareTo(Unescape(b)) : a.SequenceCompareTo(b);

    public static byte[] Unescape(ReadOnlySpan<byte> text)
    {
        var result = new byte[text.Length];
        var length = 0;
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (c == '\\' && i + 1 < text.Length)
            {
                c = text[++i] == 'n' ? (byte)'\n' : text[i];
            }

            result[length++] = c;
        }

        return result[..length];
    }

    private static string Unescaped(ReadOnlySpan<byte> text) => Encoding.UTF8.GetString(text.Contains((byte)'\\') ? Unescape(text) : text);
}

/// <summary>Goes through labels in their text form, from the first to the end of the text or a closing brace.</summary>
internal ref struct LabelReader(ReadOnlySpan<byte> text)
{
    private readonly ReadOnlySpan<byte> _text = text;
    private int _next;

    /// <summary>Escaped, without quotes.</summary>
    public ReadOnlySpan<byte> Name { get; private set; }

    /// <summary>Escaped, without quotes.</summary>
    public ReadOnlySpan<byte> Value { get; private set; }

    /// <summary>Where the label begins.</summary>
    public int Start { get; private set; }

    /// <summary>Where it ends: after its closing quote.</summary>
    public readonly int End => _next;

    /// <returns>False at the end.</returns>
    public bool Next()
    {
        while (true)
        {
            if (_next < _text.Length && _text[_next] == ',')
            {
                _next++;
            }

            if (_next >= _text.Length || _text[_next] == '}')
            {
                return false;
            }

            Start = _next;
            if (_text[_next] == '"')
            {
                Name = Quoted();
                if (_next >= _text.Length || _text[_next] != '=')
                {
                    // The metric's own name, which is written among the labels where it is no plain one.
                    continue;
                }
            }
            else
            {
                var length = _text[_next..].IndexOf((byte)'=');
                Name = _text.Slice(_next, length);
                _next += length;
            }

            _next++;
            Value = Quoted();
            return true;
        }
    }

    private ReadOnlySpan<byte> Quoted()
    {
        var start = ++_next;
        while (true)
        {
            var at = _text[_next..].IndexOfAny((byte)'"', (byte)'\\');
            _next += at + 1;
            if (_text[_next - 1] == '"')
            {
                return _text[start..(_next - 1)];
            }

            _next++;
        }
    }
}
