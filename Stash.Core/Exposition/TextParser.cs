using System.Globalization;
using System.Text;
using System.Text.Unicode;

namespace Stash.Core.Exposition;

/// <summary>
/// Reads the text format 0.0.4. Verdicts and messages are those of the reference (prometheus/common's <c>expfmt</c>), so that a
/// pusher's mistakes look the same on either gateway.
/// </summary>
public ref struct TextParser
{
    private readonly ReadOnlySpan<byte> _text;
    private readonly Dictionary<string, MetricFamily> _families = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Dictionary<string, Metric>> _composed = new(StringComparer.Ordinal);
    private readonly List<byte> _token = [];
    private int _next;
    private int _line;
    private byte _current;
    private MetricFamily _family = null!;
    private bool _isCount;
    private bool _isSum;

    private TextParser(ReadOnlySpan<byte> text) => _text = text;

    /// <summary>Reads families, in the order in which their names first came. A family without samples is left out.</summary>
    /// <exception cref="ExpositionFormatException">The text is not in the format.</exception>
    public static IReadOnlyList<MetricFamily> Parse(ReadOnlySpan<byte> text)
    {
        var parser = new TextParser(text);
        while (parser.Line())
        {
        }

        return [.. parser._families.Values.Where(f => f.Metrics.Count > 0)];
    }

    /// <summary>False at the end of the text.</summary>
    private bool Line()
    {
        _line++;
        do
        {
            if (_next == _text.Length)
            {
                return false;
            }

            _current = _text[_next++];
        }
        while (IsBlank(_current));

        switch (_current)
        {
            case (byte)'#':
                Comment();
                break;
            case (byte)'\n':
                break;
            default:
                Sample();
                break;
        }

        return true;
    }

    private void Comment()
    {
        Skip();
        if (_current == '\n')
        {
            return;
        }

        UntilBlank();
        if (_current == '\n')
        {
            return;
        }

        var help = Is("HELP"u8);
        if (!help && !Is("TYPE"u8))
        {
            while (_current != '\n')
            {
                Read();
            }

            return;
        }

        Skip();
        Name(metric: true);
        if (_current == '\n')
        {
            return;
        }

        if (!IsBlank(_current))
        {
            throw Wrong("invalid metric name in comment");
        }

        FindFamily();
        Skip();
        if (_current == '\n')
        {
            return;
        }

        if (help)
        {
            Help();
        }
        else
        {
            Type();
        }
    }

    private void Help()
    {
        if (_family.Help is not null)
        {
            throw Wrong($"second HELP line for metric name {GoQuote.Text(_family.Name)}");
        }

        RestOfLine(escapes: true);
        _family.Help = TokenText();
    }

    private void Type()
    {
        if (_family.Type is not null)
        {
            throw Wrong($"second TYPE line for metric name {GoQuote.Text(_family.Name)}, or TYPE reported after samples");
        }

        RestOfLine(escapes: false);
        _family.Type = TokenText().ToUpperInvariant() switch
        {
            "COUNTER" => MetricType.Counter,
            "GAUGE" => MetricType.Gauge,
            "SUMMARY" => MetricType.Summary,
            "UNTYPED" => MetricType.Untyped,
            "HISTOGRAM" => MetricType.Histogram,
            _ => throw Wrong($"unknown metric type {Quoted()}"),
        };
    }

    private void Sample()
    {
        Name(metric: true);
        if (_token.Count == 0)
        {
            throw Wrong("invalid metric name");
        }

        FindFamily();
        _family.Type ??= MetricType.Untyped;
        if (IsBlank(_current))
        {
            Skip();
        }

        var metric = new Metric();
        var bound = double.NaN;
        if (_current == '{')
        {
            Labels(metric, ref bound);
        }

        Value(metric, bound);
    }

    private void Labels(Metric metric, ref double bound)
    {
        while (true)
        {
            Skip();
            if (_current == '}')
            {
                Skip();
                return;
            }

            Name(metric: false);
            if (_token.Count == 0)
            {
                throw Wrong($"invalid label name for metric {GoQuote.Text(_family.Name)}");
            }

            var name = TokenText();
            if (name == "__name__")
            {
                throw Wrong("label name \"__name__\" is reserved");
            }

            var part = (_family.Type, name) is (MetricType.Summary, "quantile") or (MetricType.Histogram, "le");
            if (IsBlank(_current))
            {
                Skip();
            }

            if (_current != '=')
            {
                throw Wrong($"expected '=' after label name, found {GoQuote.Character(_current)}");
            }

            if (!part && metric.Labels.Exists(l => l.Name == name))
            {
                throw Wrong($"duplicate label names for metric {GoQuote.Text(_family.Name)}");
            }

            Skip();
            if (_current != '"')
            {
                throw Wrong($"expected '\"' at start of label value, found {GoQuote.Character(_current)}");
            }

            LabelValue();
            if (!Utf8.IsValid(Token()))
            {
                throw Wrong($"invalid label value {Quoted()}");
            }

            if (!part)
            {
                metric.Labels.Add(new Label(name, TokenText()));
            }
            else if (!GoFloat.TryParse(Token(), out bound))
            {
                throw Wrong($"expected float as value for '{name}' label, got {Quoted()}");
            }

            Skip();
            if (_current == '}')
            {
                Skip();
                return;
            }

            if (_current != ',')
            {
                throw Wrong($"unexpected end of label value {Quoted()}");
            }
        }
    }

    private void Value(Metric metric, double bound)
    {
        if (_family.Type is MetricType.Summary or MetricType.Histogram)
        {
            metric = Composed(metric);
        }
        else
        {
            _family.Metrics.Add(metric);
        }

        UntilBlank();
        if (!GoFloat.TryParse(Token(), out var value))
        {
            throw Wrong($"expected float as value, got {Quoted()}");
        }

        if (_family.Type is not (MetricType.Summary or MetricType.Histogram))
        {
            metric.Value = value;
        }
        else if (_isCount)
        {
            metric.Count = ToCount(value);
        }
        else if (_isSum)
        {
            metric.Sum = value;
        }
        else if (!double.IsNaN(bound))
        {
            (metric.Parts ??= []).Add((bound, _family.Type == MetricType.Histogram ? ToCount(value) : value));
        }

        if (_current != '\n')
        {
            Timestamp(metric);
        }
    }

    private void Timestamp(Metric metric)
    {
        Skip();
        UntilBlank();
        if (!IsInteger(Token()) || !long.TryParse(Token(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var timestamp))
        {
            throw Wrong($"expected integer as timestamp, got {Quoted()}");
        }

        metric.Timestamp = timestamp;
        RestOfLine(escapes: false);
        if (_token.Count > 0)
        {
            throw Wrong($"spurious string after timestamp: {Quoted()}");
        }
    }

    /// <summary>The metric of this label set that is there already, since a histogram or summary comes in several lines.</summary>
    private readonly Metric Composed(Metric metric)
    {
        if (!_composed.TryGetValue(_family.Name, out var metrics))
        {
            _composed[_family.Name] = metrics = new(StringComparer.Ordinal);
        }

        StringBuilder key = new();
        foreach (var label in metric.Labels.OrderBy(l => l.Name, StringComparer.Ordinal))
        {
            key.Append(label.Name).Append('\0').Append(label.Value).Append('\0');
        }

        if (!metrics.TryGetValue(key.ToString(), out var known))
        {
            metrics[key.ToString()] = known = metric;
            _family.Metrics.Add(metric);
        }

        return known;
    }

    private void FindFamily()
    {
        _isCount = _isSum = false;
        var name = TokenText();
        if (_families.TryGetValue(name, out var family))
        {
            _family = family;
            return;
        }

        var count = name.EndsWith("_count", StringComparison.Ordinal);
        var sum = name.EndsWith("_sum", StringComparison.Ordinal);
        var suffix = count ? 6 : sum ? 4 : 0;
        if (suffix > 0 && name.Length > suffix && _families.TryGetValue(name[..^suffix], out family) && family.Type is MetricType.Summary or MetricType.Histogram)
        {
            _family = family!;
            (_isCount, _isSum) = (count, sum);
            return;
        }

        if (name.EndsWith("_bucket", StringComparison.Ordinal) && name.Length > 7 && _families.TryGetValue(name[..^7], out family) && family.Type == MetricType.Histogram)
        {
            _family = family;
            return;
        }

        _families[name] = _family = new MetricFamily(name);
    }

    private void Name(bool metric)
    {
        _token.Clear();
        var first = true;
        while (metric ? MetricNames.IsMetricNameByte(_current, first) : MetricNames.IsLabelNameByte(_current, first))
        {
            _token.Add(_current);
            first = false;
            Read();
        }
    }

    private void LabelValue()
    {
        _token.Clear();
        while (true)
        {
            Read();
            switch (_current)
            {
                case (byte)'"':
                    return;
                case (byte)'\n':
                    throw Wrong($"label value {Quoted()} contains unescaped new-line");
                case (byte)'\\':
                    Read();
                    _token.Add(_current switch
                    {
                        (byte)'"' or (byte)'\\' => _current,
                        (byte)'n' => (byte)'\n',
                        _ => throw Wrong($"invalid escape sequence '\\{(char)_current}'"),
                    });
                    break;
                default:
                    _token.Add(_current);
                    break;
            }
        }
    }

    private void RestOfLine(bool escapes)
    {
        _token.Clear();
        while (_current != '\n')
        {
            if (_current != '\\')
            {
                _token.Add(_current);
            }
            else if (escapes)
            {
                Read();
                _token.Add(_current switch
                {
                    (byte)'\\' => _current,
                    (byte)'n' => (byte)'\n',
                    _ => throw Wrong($"invalid escape sequence '\\{(char)_current}'"),
                });
            }

            Read();
        }
    }

    private void UntilBlank()
    {
        _token.Clear();
        while (!IsBlank(_current) && _current != '\n')
        {
            _token.Add(_current);
            Read();
        }
    }

    private void Skip()
    {
        do
        {
            Read();
        }
        while (IsBlank(_current));
    }

    private void Read() => _current = _next < _text.Length ? _text[_next++] : throw Wrong("unexpected end of input stream");

    private readonly ReadOnlySpan<byte> Token() => System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_token);

    private readonly bool Is(ReadOnlySpan<byte> text) => Token().SequenceEqual(text);

    private readonly string TokenText() => Encoding.UTF8.GetString(Token());

    private readonly string Quoted() => GoQuote.Text(Token());

    private readonly ExpositionFormatException Wrong(string problem) => new(_line, problem);

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
