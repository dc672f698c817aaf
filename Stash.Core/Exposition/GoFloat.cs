using System.Globalization;

namespace Stash.Core.Exposition;

/// <summary>Numbers as the reference reads and writes them: Go's <c>strconv.ParseFloat</c>, and <c>strconv.AppendFloat(f, 'g', -1, 64)</c>.</summary>
public static class GoFloat
{
    /// <summary>More than the longest form, <c>-1.7976931348623157e+308</c>, takes.</summary>
    public const int MaxLength = 32;

    /// <summary>Writes the shortest text that reads back as the same number.</summary>
    /// <returns>Bytes written.</returns>
    public static int Format(double value, Span<byte> output)
    {
        if (double.IsNaN(value))
        {
            return Copy("NaN"u8, output);
        }

        if (value == 0)
        {
            // Minus zero too: the reference writes every zero as this.
            return Copy("0"u8, output);
        }

        if (double.IsInfinity(value))
        {
            return Copy(value > 0 ? "+Inf"u8 : "-Inf"u8, output);
        }

        // .NET and Go find the same shortest digits; only the layout differs.
        Span<byte> shortest = stackalloc byte[MaxLength];
        value.TryFormat(shortest, out var shortestLength, "R", CultureInfo.InvariantCulture);
        Span<byte> digits = stackalloc byte[MaxLength];
        var (count, exponent, negative) = Digits(shortest[..shortestLength], digits);
        return Layout(digits[..count], exponent, negative, output);
    }

    /// <summary>The text of a number.</summary>
    public static string ToText(double value)
    {
        Span<byte> text = stackalloc byte[MaxLength];
        return System.Text.Encoding.ASCII.GetString(text[..Format(value, text)]);
    }

    /// <summary>Reads a number. A number too large for a double is refused, as Go does.</summary>
    public static bool TryParse(ReadOnlySpan<byte> text, out double value)
    {
        value = 0;
        if (text.IsEmpty)
        {
            return false;
        }

        var signed = text[0] is (byte)'+' or (byte)'-';
        var body = signed ? text[1..] : text;
        if (Is(body, "inf"u8) || Is(body, "infinity"u8))
        {
            value = text[0] == '-' ? double.NegativeInfinity : double.PositiveInfinity;
            return true;
        }

        if (!signed && Is(body, "nan"u8))
        {
            value = double.NaN;
            return true;
        }

        return IsDecimal(body) && double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out value) && double.IsFinite(value);
    }

    private static int Layout(ReadOnlySpan<byte> digits, int exponent, bool negative, Span<byte> output)
    {
        var at = 0;
        if (negative)
        {
            output[at++] = (byte)'-';
        }

        // Go's %g of the shortest form goes over to an exponent where a precision of 6 would.
        if (exponent is < -4 or >= 6)
        {
            output[at++] = digits[0];
            if (digits.Length > 1)
            {
                output[at++] = (byte)'.';
                at += Copy(digits[1..], output[at..]);
            }

            output[at++] = (byte)'e';
            output[at++] = exponent < 0 ? (byte)'-' : (byte)'+';
            var size = Math.Abs(exponent);
            if (size < 10)
            {
                output[at++] = (byte)'0';
            }

            size.TryFormat(output[at..], out var written, default, CultureInfo.InvariantCulture);
            return at + written;
        }

        if (exponent < 0)
        {
            at += Copy("0."u8, output[at..]);
            output.Slice(at, -exponent - 1).Fill((byte)'0');
            at += -exponent - 1;
            return at + Copy(digits, output[at..]);
        }

        var whole = Math.Min(digits.Length, exponent + 1);
        at += Copy(digits[..whole], output[at..]);
        output.Slice(at, exponent + 1 - whole).Fill((byte)'0');
        at += exponent + 1 - whole;
        if (digits.Length > whole)
        {
            output[at++] = (byte)'.';
            at += Copy(digits[whole..], output[at..]);
        }

        return at;
    }

    /// <summary>The significant digits of a plain or exponential number, and the decimal exponent of the first.</summary>
    private static (int Count, int Exponent, bool Negative) Digits(ReadOnlySpan<byte> text, Span<byte> digits)
    {
        var negative = text[0] == '-';
        text = negative ? text[1..] : text;
        var e = text.IndexOf((byte)'E');
        var exponent = 0;
        if (e >= 0)
        {
            exponent = int.Parse(text[(e + 1)..], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
            text = text[..e];
        }

        var count = 0;
        var seenPoint = false;
        var first = true;
        var beforePoint = -1;
        foreach (var c in text)
        {
            if (c == '.')
            {
                seenPoint = true;
                continue;
            }

            if (first && c == '0')
            {
                // A leading zero: 0.00012 begins further right.
                exponent -= seenPoint ? 1 : 0;
                continue;
            }

            first = false;
            digits[count++] = c;
            beforePoint += seenPoint ? 0 : 1;
        }

        exponent += beforePoint >= 0 ? beforePoint : -1;
        while (count > 1 && digits[count - 1] == '0')
        {
            count--;
        }

        return (count, exponent, negative);
    }

    private static bool IsDecimal(ReadOnlySpan<byte> text)
    {
        var digits = Skip(ref text);
        if (!text.IsEmpty && text[0] == '.')
        {
            text = text[1..];
            digits += Skip(ref text);
        }

        if (digits == 0)
        {
            return false;
        }

        if (text.IsEmpty)
        {
            return true;
        }

        if (text[0] is not ((byte)'e' or (byte)'E'))
        {
            return false;
        }

        text = text[1..];
        if (!text.IsEmpty && text[0] is (byte)'+' or (byte)'-')
        {
            text = text[1..];
        }

        return Skip(ref text) > 0 && text.IsEmpty;
    }

    private static int Skip(ref ReadOnlySpan<byte> text)
    {
        var count = 0;
        while (count < text.Length && char.IsAsciiDigit((char)text[count]))
        {
            count++;
        }

        text = text[count..];
        return count;
    }

    private static bool Is(ReadOnlySpan<byte> text, ReadOnlySpan<byte> lower) => System.Text.Ascii.EqualsIgnoreCase(text, lower);

    private static int Copy(ReadOnlySpan<byte> text, Span<byte> output)
    {
        text.CopyTo(output);
        return text.Length;
    }
}
