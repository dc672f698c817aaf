using System.Globalization;
using System.Text;

namespace Stash.Operator.Gateway;

/// <summary>URL-safe base64 as the reference reads it: padding may be left out, be <c>=</c> alone, and spare bits are not looked at.</summary>
internal static class GoBase64
{
    private const string Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

    /// <param name="text">The encoded value.</param>
    /// <param name="decoded">The value; where something is wrong, of what comes before it.</param>
    /// <returns>What is wrong, in the reference's words; null where nothing is.</returns>
    public static string? Decode(string text, out string decoded)
    {
        decoded = "";
        var body = text.TrimEnd('=');
        List<byte> bytes = new(body.Length);
        var bits = 0;
        for (var i = 0; i < body.Length; i++)
        {
            var digit = Alphabet.IndexOf(body[i], StringComparison.Ordinal);
            if (digit < 0)
            {
                decoded = Whole(bytes, i);
                return Illegal(i);
            }

            bits = (bits << 6) | digit;
            if (i % 4 > 0)
            {
                bytes.Add((byte)(bits >> (6 - (2 * (i % 4)))));
            }
        }

        if (body.Length % 4 == 1)
        {
            decoded = Whole(bytes, body.Length);
            return Illegal(body.Length - 1);
        }

        try
        {
            decoded = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true).GetString([.. bytes]);
            return null;
        }
        catch (DecoderFallbackException)
        {
            return "the decoded value is not utf8";
        }
    }

    private static string Whole(List<byte> bytes, int digits) => Encoding.UTF8.GetString([.. bytes[..(digits / 4 * 3)]]);

    private static string Illegal(int at) => string.Create(CultureInfo.InvariantCulture, $"illegal base64 data at input byte {at}");
}
