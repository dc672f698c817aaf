using System.IO.Compression;
using Microsoft.Net.Http.Headers;

namespace Stash.Operator.Gateway;

/// <summary>Compresses answers as their reader accepts it.</summary>
internal static class ContentCoding
{
    /// <summary>What the answer is compressed with: the one preferred, of those preferred alike the first of gzip, deflate.</summary>
    /// <returns>Null for none.</returns>
    public static string? Negotiate(HttpRequest request)
    {
        var header = request.Headers.AcceptEncoding;
        if (header.Count == 0 || !StringWithQualityHeaderValue.TryParseList(header, out var accepted))
        {
            return null;
        }

        string? best = null;
        var quality = 0.0;
        foreach (var coding in accepted)
        {
            var name = coding.Value.Equals("gzip", StringComparison.OrdinalIgnoreCase) ? "gzip"
                : coding.Value.Equals("deflate", StringComparison.OrdinalIgnoreCase) ? "deflate" : null;
            var wish = coding.Quality ?? 1;
            if (name is not null && (wish > quality || (wish == quality && wish > 0 && name == "gzip")))
            {
                (best, quality) = (name, wish);
            }
        }

        return best;
    }

    /// <summary>A stream that compresses into another.</summary>
    /// <param name="coding">As <see cref="Negotiate"/> gave it.</param>
    /// <param name="output">Stays open.</param>
    public static Stream Compress(string coding, Stream output) => coding == "gzip"
        ? new GZipStream(output, CompressionLevel.Fastest, leaveOpen: true)
        : new ZLibStream(output, CompressionLevel.Fastest, leaveOpen: true);
}
