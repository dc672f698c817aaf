using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Unicode;

namespace Stash.Operator.Gateway.Web;

/// <summary>A page being written. Literal text goes in as it is, every value that is put into it is encoded: markup cannot come from data.</summary>
internal sealed class Html
{
    private static readonly HtmlEncoder Encoder = HtmlEncoder.Create(UnicodeRanges.All);

    private readonly StringBuilder _text = new();

    /// <summary>Adds markup with values in it.</summary>
    public Html Add([InterpolatedStringHandlerArgument("")] ref Markup markup)
    {
        // The handler has written it already.
        _ = markup;
        return this;
    }

    /// <summary>Adds markup.</summary>
    public Html Add(string markup)
    {
        _text.Append(markup);
        return this;
    }

    public override string ToString() => _text.ToString();

    /// <summary>Takes an interpolated text apart.</summary>
    [InterpolatedStringHandler]
    public readonly ref struct Markup
    {
        private readonly StringBuilder _text;

        public Markup(int literalLength, int formattedCount, Html html)
        {
            _text = html._text;
            _text.EnsureCapacity(_text.Length + literalLength + (formattedCount * 16));
        }

        public void AppendLiteral(string markup) => _text.Append(markup);

        public void AppendFormatted(string? value) => _text.Append(Encoder.Encode(value ?? ""));

        public void AppendFormatted(int value) => _text.Append(value.ToString("N0", CultureInfo.InvariantCulture));
    }
}
