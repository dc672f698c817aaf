using System.IO.Compression;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Primitives;

namespace Stash.Operator.Gateway;

/// <summary>How a body is compressed.</summary>
internal enum BodyCoding
{
    /// <summary>Not, or by what the reference does not know either: it is taken as it is.</summary>
    None,

    Gzip,

    /// <summary>zlib's format, as the standard has it; or the bare one that some clients send by that name.</summary>
    Deflate,
}

/// <summary>
/// Decompresses whole bodies. That a body ends where it should is seen to by the runtime's strict validation, switched on in the
/// program's runtime configuration: without, a truncated body would pass as a shorter one.
/// </summary>
internal static class ContentDecoding
{
    private const int Chunk = 1 << 15;

    /// <param name="contentEncoding">The header.</param>
    public static BodyCoding Of(StringValues contentEncoding)
    {
        if (contentEncoding.Count != 1)
        {
            return BodyCoding.None;
        }

        var name = contentEncoding.ToString().AsSpan().Trim();
        return name.Equals("gzip", StringComparison.OrdinalIgnoreCase) ? BodyCoding.Gzip
            : name.Equals("deflate", StringComparison.OrdinalIgnoreCase) ? BodyCoding.Deflate
            : BodyCoding.None;
    }

    /// <summary>Decompresses a body. One that becomes large does so in its turn, and by pieces, so that it takes no thread from small ones for long.</summary>
    /// <param name="coding">Not <see cref="BodyCoding.None"/>.</param>
    /// <param name="compressed">The whole body.</param>
    /// <param name="max">Most bytes of the result.</param>
    /// <param name="admission">Gives the memory for it.</param>
    /// <param name="turn">Taken where the result is large.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <returns>To be disposed.</returns>
    /// <exception cref="BadPushException">It is larger, not of that format, only a part of it, or there is no memory for it.</exception>
    public static async ValueTask<BodyBytes> DecodeAsync(
        BodyCoding coding, ReadOnlyMemory<byte> compressed, long max, PushAdmission admission, LargeTurn turn, CancellationToken cancellationToken)
    {
        if (coding == BodyCoding.Gzip && compressed.Length >= 10 && compressed.Span is not [0x1f, 0x8b, ..])
        {
            throw new BadPushException(StatusCodes.Status400BadRequest, "gzip: invalid header");
        }

        if (compressed.IsEmpty)
        {
            throw Damaged(coding, 0);
        }

        BodyBytes body = new(Math.Min(Chunk, 4 * compressed.Length), admission);
        try
        {
            await using var stream = Open(coding, compressed);
            var pause = PushAdmission.Large;
            while (true)
            {
                var read = stream.Read(body.Free(Chunk));
                if (read == 0)
                {
                    return body;
                }

                body.Advance(read);
                if (body.Length > max)
                {
                    throw PushBody.TooLarge(max, max);
                }

                if (body.Length > pause)
                {
                    pause += PushAdmission.Large;
                    await turn.TakeAsync(cancellationToken);
                    await Task.Yield();
                }
            }
        }
        catch (Exception e)
        {
            var work = body.Length;
            body.Dispose();
            // Of memory, reading fails by what it holds: a preset dictionary gives an error of its own.
            if (e is InvalidDataException or IOException)
            {
                throw Damaged(coding, work);
            }

            throw;
        }
    }

    private static Stream Open(BodyCoding coding, ReadOnlyMemory<byte> compressed)
    {
        MemoryStream source = MemoryMarshal.TryGetArray(compressed, out var array)
            ? new MemoryStream(array.Array!, array.Offset, array.Count, writable: false)
            : new MemoryStream(compressed.ToArray());
        return coding == BodyCoding.Gzip ? new GZipStream(source, CompressionMode.Decompress)
            : IsZlib(compressed.Span) ? new ZLibStream(source, CompressionMode.Decompress)
            : new DeflateStream(source, CompressionMode.Decompress);
    }

    /// <summary>By its first two bytes (RFC 1950): method 8, and a multiple of 31.</summary>
    private static bool IsZlib(ReadOnlySpan<byte> body) => body.Length >= 2 && (body[0] & 0x0f) == 8 && ((body[0] << 8) + body[1]) % 31 == 0;

    private static BadPushException Damaged(BodyCoding coding, long work) =>
        new(StatusCodes.Status400BadRequest, $"{(coding == BodyCoding.Gzip ? "gzip" : "deflate")}: the body is damaged or not whole", work);
}
