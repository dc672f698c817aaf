using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Unicode;
using Stash.Core.Gateway;

namespace Stash.Core.Exposition;

/// <summary>
/// Reads the text format 0.0.4. Verdicts and messages are those of the reference (prometheus/common's <c>expfmt</c>), so that a
/// pusher's mistakes look the same on either gateway.
/// </summary>
public ref struct TextParser
{
    private const string UnexpectedEnd = "unexpected end of input stream";

    private static readonly SearchValues<byte> MetricNameBytes = SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_:"u8);
    private static readonly SearchValues<byte> LabelNameBytes = SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"u8);

    private readonly ReadOnlySpan<byte> _text;
    private readonly FamilySet _set;
    private readonly PushLimits? _limits;
    private readonly bool _utf8Names;
    private TextPiece _token;
    private int _next;
    private int _line;
    private int _family;
    private byte _current;
    private bool _isCount;
    private bool _isSum;

    private TextParser(ReadOnlySpan<byte> text, FamilySet set, PushLimits? limits, bool utf8Names)
    {
        _utf8Names = utf8Names;
        _text = text;
        _set = set;
        _limits = limits;
    }

    /// <summary>Reads families, in the order in which their names first came. A family without samples is left out.</summary>
    /// <exception cref="ExpositionFormatException">The text is not in the format.</exception>
    /// <param name="text">The text.</param>
    /// <param name="utf8Names">Whether names may be any UTF-8, in quotes.</param>
    public static IReadOnlyList<MetricFamily> Parse(ReadOnlySpan<byte> text, bool utf8Names = false)
    {
        FamilySet set = new();
        return Read(text.ToArray(), set, utf8Names: utf8Names) ? set.ToFamilies() : throw new ExpositionFormatException(set.Error!);
    }

    /// <summary>Reads families without making objects of them.</summary>
    /// <param name="text">The text; the set refers to it.</param>
    /// <param name="set">Gets the families.</param>
    /// <param name="limits">Null for none.</param>
    /// <param name="utf8Names">Whether names may be any UTF-8, in quotes: <c>{"a.b", "c d"="e"} 1</c>.</param>
    /// <returns>False where the text is not in the format or exceeds a limit: see <see cref="FamilySet.Error"/>.</returns>
    public static bool Read(ReadOnlyMemory<byte> text, FamilySet set, PushLimits? limits = null, bool utf8Names = false)
    {
        set.Start(text);
        return new TextParser(text.Span, set, limits, utf8Names).Lines();
    }

    private bool Lines()
    {
        while (true)
        {
            _line++;
            do
            {
                if (_next == _text.Length)
                {
                    return true;
                }

                _current = _text[_next++];
            }
            while (IsBlank(_current));

            if (_current switch
            {
                (byte)'\n' => false,
                (byte)'#' => !Comment(),
                _ => !Sample(),
            })
            {
                return false;
            }
        }
    }

    private bool Comment()
    {
        if (!Skip())
        {
            return false;
        }

        if (_current == '\n')
        {
            return true;
        }

        if (!Until(blank: true))
        {
            return false;
        }

        if (_current == '\n')
        {
            return true;
        }

        var help = Token().SequenceEqual("HELP"u8);
        if (!help && !Token().SequenceEqual("TYPE"u8))
        {
            return Until(blank: false);
        }

        if (!Skip() || !(IsQuote() ? QuotedName() && Read() : Name(MetricNameBytes)))
        {
            return false;
        }

        if (_current == '\n')
        {
            return true;
        }

        if (!IsBlank(_current))
        {
            return Wrong("invalid metric name in comment");
        }

        FindFamily();
        if (!Skip())
        {
            return false;
        }

        return _current == '\n' || (help ? Help() : Type());
    }

    private bool Help()
    {
        if (_set.FamilyAt(_family).HasHelp)
        {
            return Wrong($"second HELP line for metric name {FamilyName()}");
        }

        if (!HelpText())
        {
            return false;
        }

        ref var family = ref _set.FamilyAt(_family);
        (family.Help, family.HasHelp) = (_token, true);
        return true;
    }

    private bool Type()
    {
        if (_set.FamilyAt(_family).HasType)
        {
            return Wrong($"second TYPE line for metric name {FamilyName()}, or TYPE reported after samples");
        }

        if (!RestOfLine())
        {
            return false;
        }

        var token = Token();
        MetricType? type = Ascii.EqualsIgnoreCase(token, "GAUGE"u8) ? MetricType.Gauge
            : Ascii.EqualsIgnoreCase(token, "COUNTER"u8) ? MetricType.Counter
            : Ascii.EqualsIgnoreCase(token, "UNTYPED"u8) ? MetricType.Untyped
            : Ascii.EqualsIgnoreCase(token, "SUMMARY"u8) ? MetricType.Summary
            : Ascii.EqualsIgnoreCase(token, "HISTOGRAM"u8) ? MetricType.Histogram
            : null;
        if (type is null)
        {
            return Wrong($"unknown metric type {Quoted()}");
        }

        ref var family = ref _set.FamilyAt(_family);
        (family.Type, family.HasType) = (type.Value, true);
        return true;
    }

    private bool Sample()
    {
        var inBraces = _utf8Names && _current == '{';
        if (!(inBraces ? NameInBraces() : Name(MetricNameBytes)))
        {
            return false;
        }

        if (_token.Length == 0)
        {
            return Wrong("invalid metric name");
        }

        if (_token.Length > _limits?.MaxLabelNameBytes)
        {
            return Over(Limit("a metric's name has more bytes than", _limits.MaxLabelNameBytes, nameof(PushLimits.MaxLabelNameBytes)));
        }

        FindFamily();
        _set.FamilyAt(_family).HasType = true;
        var metric = _set.NewMetric();
        var bound = double.NaN;
        if (inBraces)
        {
            return (_current == '}' ? Skip() : Labels(ref metric, ref bound)) && Value(metric, bound);
        }

        if (IsBlank(_current) && !Skip())
        {
            return false;
        }

        return (_current != '{' || Labels(ref metric, ref bound)) && Value(metric, bound);
    }

    private bool Labels(ref MetricRow metric, ref double bound)
    {
        while (true)
        {
            if (!Skip())
            {
                return false;
            }

            if (_current == '}')
            {
                return Skip();
            }

            if (!(IsQuote() ? QuotedName() && Read() : Name(LabelNameBytes)))
            {
                return false;
            }

            if (_token.Length == 0)
            {
                return Wrong($"invalid label name for metric {FamilyName()}");
            }

            var name = _token;
            if (Token().SequenceEqual("__name__"u8))
            {
                return Wrong("label name \"__name__\" is reserved");
            }

            var part = _set.FamilyAt(_family).Type switch
            {
                MetricType.Summary => Token().SequenceEqual("quantile"u8),
                MetricType.Histogram => Token().SequenceEqual("le"u8),
                _ => false,
            };
            if (IsBlank(_current) && !Skip())
            {
                return false;
            }

            if (_current != '=')
            {
                return Wrong($"expected '=' after label name, found {GoQuote.Character(_current)}");
            }

            if (!part && Has(metric, name))
            {
                return Wrong($"duplicate label names for metric {FamilyName()}");
            }

            if (!Skip())
            {
                return false;
            }

            if (_current != '"')
            {
                return Wrong($"expected '\"' at start of label value, found {GoQuote.Character(_current)}");
            }

            if (!LabelValue())
            {
                return false;
            }

            if (!Utf8.IsValid(Token()))
            {
                return Wrong($"invalid label value {Quoted()}");
            }

            if (!part)
            {
                if (_limits is not null && Exceeds(metric, name))
                {
                    return false;
                }

                _set.AddLabel(ref metric, name, _token);
            }
            else if (!GoFloat.TryParse(Token(), out bound))
            {
                return Wrong($"expected float as value for '{Encoding.UTF8.GetString(_set.Text(name))}' label, got {Quoted()}");
            }

            if (!Skip())
            {
                return false;
            }

            if (_current == '}')
            {
                return Skip();
            }

            if (_current != ',')
            {
                return Wrong($"unexpected end of label value {Quoted()}");
            }
        }
    }

    private readonly bool Has(in MetricRow metric, TextPiece name)
    {
        foreach (ref readonly var label in _set.Labels(metric))
        {
            if (label.Name.Length == name.Length && _set.Text(label.Name).SequenceEqual(_set.Text(name)))
            {
                return true;
            }
        }

        return false;
    }

    private readonly bool Exceeds(in MetricRow metric, TextPiece name)
    {
        var problem = metric.Labels >= _limits!.MaxLabelsPerSeries ? Limit("a series has more labels than", _limits.MaxLabelsPerSeries, nameof(PushLimits.MaxLabelsPerSeries))
            : name.Length > _limits.MaxLabelNameBytes ? Limit("a label's name has more bytes than", _limits.MaxLabelNameBytes, nameof(PushLimits.MaxLabelNameBytes))
            : _token.Length > _limits.MaxLabelValueBytes ? Limit($"the value of label {GoQuote.Text(_set.Text(name))} has more bytes than", _limits.MaxLabelValueBytes, nameof(PushLimits.MaxLabelValueBytes))
            : null;
        return problem is not null && !Over(problem);
    }

    private bool Value(in MetricRow row, double bound)
    {
        var type = _set.FamilyAt(_family).Type;
        var composed = type is MetricType.Summary or MetricType.Histogram;
        var index = composed ? _set.Composed(_family, row) : _set.Add(_family, row);
        if (_set.SampleCount > _limits?.MaxSeriesPerPush)
        {
            return Over(Limit("the push has more series than", _limits.MaxSeriesPerPush, nameof(PushLimits.MaxSeriesPerPush)));
        }

        if (!Until(blank: true))
        {
            return false;
        }

        if (!GoFloat.TryParse(Token(), out var value))
        {
            return Wrong($"expected float as value, got {Quoted()}");
        }

        ref var metric = ref _set.MetricAt(index);
        if (!composed)
        {
            metric.Value = value;
        }
        else if (_isCount)
        {
            (metric.Count, metric.HasCount) = (ToCount(value), true);
        }
        else if (_isSum)
        {
            (metric.Sum, metric.HasSum) = (value, true);
        }
        else if (!double.IsNaN(bound))
        {
            _set.AddPart(ref metric, bound, type == MetricType.Histogram ? ToCount(value) : value);
        }

        return _current == '\n' || Timestamp(index);
    }

    private bool Timestamp(int metric)
    {
        if (!Skip() || !Until(blank: true))
        {
            return false;
        }

        if (!IsInteger(Token()) || !long.TryParse(Token(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var timestamp))
        {
            return Wrong($"expected integer as timestamp, got {Quoted()}");
        }

        _set.SetTimestamp(metric, timestamp);
        return RestOfLine() && (_token.Length == 0 || Wrong($"spurious string after timestamp: {Quoted()}"));
    }

    private void FindFamily()
    {
        _isCount = _isSum = false;
        var name = Token();
        _family = _set.Find(name);
        if (_family >= 0)
        {
            return;
        }

        var count = name.EndsWith("_count"u8);
        var sum = !count && name.EndsWith("_sum"u8);
        var suffix = count ? 6 : sum ? 4 : 0;
        if (suffix > 0 && name.Length > suffix && _set.Find(name[..^suffix]) is >= 0 and var totals && _set.FamilyAt(totals) is { HasType: true, Type: MetricType.Summary or MetricType.Histogram })
        {
            (_family, _isCount, _isSum) = (totals, count, sum);
            return;
        }

        if (name.EndsWith("_bucket"u8) && name.Length > 7 && _set.Find(name[..^7]) is >= 0 and var buckets && _set.FamilyAt(buckets) is { HasType: true, Type: MetricType.Histogram })
        {
            _family = buckets;
            return;
        }

        _family = _set.AddFamily(_token);
    }

    /// <summary>Takes a name in, which may be empty, and goes on to what comes after it.</summary>
    private bool Name(SearchValues<byte> accepted)
    {
        var start = _next - 1;
        if (char.IsAsciiDigit((char)_current))
        {
            _token = new TextPiece(start, 0);
            return true;
        }

        return Take(start, _text[start..].IndexOfAnyExcept(accepted));
    }

    private readonly bool IsQuote() => _utf8Names && _current == '"';

    /// <summary>Takes a name of any UTF-8 in, up to its closing quote.</summary>
    private bool QuotedName() => LabelValue() && (Utf8.IsValid(Token()) || Wrong($"invalid name {Quoted()}"));

    /// <summary>Takes in the name of a metric that stands in quotes as the first of its labels, and goes on to the comma or brace after it.</summary>
    private bool NameInBraces()
    {
        if (!Skip())
        {
            return false;
        }

        if (_current != '"')
        {
            return Wrong("invalid metric name");
        }

        if (!QuotedName() || !Skip())
        {
            return false;
        }

        return _current is (byte)',' or (byte)'}' || Wrong($"expected ',' or '}}' after metric name, found {GoQuote.Character(_current)}");
    }

    /// <summary>Takes in what comes before a blank or the end of the line, or before the end of the line.</summary>
    private bool Until(bool blank)
    {
        var start = _next - 1;
        return Take(start, blank ? _text[start..].IndexOfAny((byte)' ', (byte)'\t', (byte)'\n') : _text[start..].IndexOf((byte)'\n'));
    }

    /// <summary>Takes in what comes before the end of the line, without backslashes: the reference drops them.</summary>
    private bool RestOfLine()
    {
        if (!Until(blank: false))
        {
            return false;
        }

        var rest = Token();
        if (rest.Contains((byte)'\\'))
        {
            var scratch = _set.ScratchLength;
            for (var at = rest.IndexOf((byte)'\\'); at >= 0; at = rest.IndexOf((byte)'\\'))
            {
                _set.AppendScratch(rest[..at]);
                rest = rest[(at + 1)..];
            }

            _set.AppendScratch(rest);
            _token = new TextPiece(~scratch, _set.ScratchLength - scratch);
        }

        return true;
    }

    private bool Take(int start, int length)
    {
        if (length < 0)
        {
            _next = _text.Length;
            return Wrong(UnexpectedEnd);
        }

        _token = new TextPiece(start, length);
        _current = _text[start + length];
        _next = start + length + 1;
        return true;
    }

    private bool LabelValue()
    {
        var start = _next;
        var length = _text[start..].IndexOfAny((byte)'"', (byte)'\\', (byte)'\n');
        if (length >= 0 && _text[start + length] == '"')
        {
            return Take(start, length);
        }

        var scratch = _set.ScratchLength;
        while (length >= 0)
        {
            _set.AppendScratch(_text.Slice(_next, length));
            _token = new TextPiece(~scratch, _set.ScratchLength - scratch);
            _current = _text[_next + length];
            _next += length + 1;
            switch (_current)
            {
                case (byte)'"':
                    return true;
                case (byte)'\n':
                    return Wrong($"label value {Quoted()} contains unescaped new-line");
            }

            if (!Read())
            {
                return false;
            }

            if (_current is not ((byte)'"' or (byte)'\\' or (byte)'n'))
            {
                return Wrong($"invalid escape sequence '\\{(char)_current}'");
            }

            _set.AppendScratch([_current == 'n' ? (byte)'\n' : _current]);
            length = _text[_next..].IndexOfAny((byte)'"', (byte)'\\', (byte)'\n');
        }

        _next = _text.Length;
        return Wrong(UnexpectedEnd);
    }

    private bool HelpText()
    {
        var start = _next - 1;
        var length = _text[start..].IndexOfAny((byte)'\n', (byte)'\\');
        if (length >= 0 && _text[start + length] == '\n')
        {
            return Take(start, length);
        }

        var scratch = _set.ScratchLength;
        _next = start;
        while (length >= 0)
        {
            _set.AppendScratch(_text.Slice(_next, length));
            _current = _text[_next + length];
            _next += length + 1;
            if (_current == '\n')
            {
                _token = new TextPiece(~scratch, _set.ScratchLength - scratch);
                return true;
            }

            if (!Read())
            {
                return false;
            }

            if (_current is not ((byte)'\\' or (byte)'n'))
            {
                return Wrong($"invalid escape sequence '\\{(char)_current}'");
            }

            _set.AppendScratch([_current == 'n' ? (byte)'\n' : _current]);
            length = _text[_next..].IndexOfAny((byte)'\n', (byte)'\\');
        }

        _next = _text.Length;
        return Wrong(UnexpectedEnd);
    }

    private bool Skip()
    {
        do
        {
            if (!Read())
            {
                return false;
            }
        }
        while (IsBlank(_current));

        return true;
    }

    private bool Read()
    {
        if (_next < _text.Length)
        {
            _current = _text[_next++];
            return true;
        }

        return Wrong(UnexpectedEnd);
    }

    private readonly ReadOnlySpan<byte> Token() => _set.Text(_token);

    private readonly string Quoted() => GoQuote.Text(Token());

    private readonly string FamilyName() => GoQuote.Text(_set.Text(_set.FamilyAt(_family).Name));

    private readonly bool Wrong(string problem)
    {
        _set.Error = ExpositionFormatException.Describe(_line, problem);
        return false;
    }

    private readonly bool Over(string problem)
    {
        (_set.Error, _set.OverLimit) = (problem, true);
        return false;
    }

    private readonly string Limit(string what, int limit, string option) =>
        string.Create(CultureInfo.InvariantCulture, $"line {_line}: {what} {limit}: push less, or raise Stash:Gateway:{option}");

    private static bool IsBlank(byte c) => c is (byte)' ' or (byte)'\t';

    private static bool IsInteger(ReadOnlySpan<byte> text)
    {
        var digits = text.Length > 0 && text[0] is (byte)'+' or (byte)'-' ? text[1..] : text;
        return digits.Length > 0 && !digits.ContainsAnyExceptInRange((byte)'0', (byte)'9');
    }

    // What Go's conversion gives on amd64.
    private static ulong ToCount(double value) => value switch
    {
        double.NaN or >= 18446744073709551616.0 or < -9223372036854775808.0 => 1UL << 63,
        >= 9223372036854775808.0 => (ulong)value,
        _ => unchecked((ulong)(long)value),
    };
}
