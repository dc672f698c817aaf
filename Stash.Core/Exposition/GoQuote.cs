using System.Globalization;
using System.Text;

namespace Stash.Core.Exposition;

/// <summary>Go's <c>%q</c>, in which the reference's error messages show what they are about.</summary>
public static class GoQuote
{
    /// <summary>A text in double quotes.</summary>
    public static string Text(ReadOnlySpan<byte> text)
    {
        StringBuilder quoted = new("\"");
        while (!text.IsEmpty)
        {
            if (Rune.DecodeFromUtf8(text, out var rune, out var length) != System.Buffers.OperationStatus.Done)
            {
                quoted.Append(CultureInfo.InvariantCulture, $"\\x{text[0]:x2}");
                text = text[1..];
                continue;
            }

            Append(quoted, rune, '"');
            text = text[length..];
        }

        return quoted.Append('"').ToString();
    }

    public static string Text(string text) => Text(Encoding.UTF8.GetBytes(text));

    /// <summary>A byte as a character in single quotes.</summary>
    public static string Character(byte value)
    {
        StringBuilder quoted = new("'");
        Append(quoted, new Rune(value), '\'');
        return quoted.Append('\'').ToString();
    }

    private static void Append(StringBuilder output, Rune rune, char quote)
    {
        switch (rune.Value)
        {
            case '\\':
                output.Append(@"\\");
                return;
            case '\a':
                output.Append(@"\a");
                return;
            case '\b':
                output.Append(@"\b");
                return;
            case '\f':
                output.Append(@"\f");
                return;
            case '\n':
                output.Append(@"\n");
                return;
            case '\r':
                output.Append(@"\r");
                return;
            case '\t':
                output.Append(@"\t");
                return;
            case '\v':
                output.Append(@"\v");
                return;
        }

        if (rune.Value == quote)
        {
            output.Append('\\').Append(quote);
        }
        else if (IsPrintable(rune))
        {
            output.Append(rune.ToString());
        }
        else if (rune.Value < 0x80)
        {
            output.Append(CultureInfo.InvariantCulture, $"\\x{rune.Value:x2}");
        }
        else
        {
            output.Append(rune.Value < 0x10000 ? string.Create(CultureInfo.InvariantCulture, $"\\u{rune.Value:x4}") : string.Create(CultureInfo.InvariantCulture, $"\\U{rune.Value:x8}"));
        }
    }

    // Go: letters, marks, numbers, punctuation, symbols and the ASCII space.
    private static bool IsPrintable(Rune rune) => rune.Value == ' ' || Rune.GetUnicodeCategory(rune) is not (
        UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned
        or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.SpaceSeparator);
}
