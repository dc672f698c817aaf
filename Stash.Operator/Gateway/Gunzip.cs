using System.Buffers;
using System.Buffers.Binary;
using System.IO.Compression;

namespace Stash.Operator.Gateway;

/// <summary>Decompresses a whole body, and sees to it that it is whole.</summary>
internal static class Gunzip
{
    private const int HeaderLength = 10;
    private const int TrailerLength = 8;
    private const int Chunk = 1 << 16;

    /// <returns>Null where it is larger than the limit.</returns>
    /// <exception cref="BadPushException">It is no gzip, or only a part of one.</exception>
    public static async Task<ReadOnlyMemory<byte>?> DecompressAsync(ReadOnlyMemory<byte> compressed, long max, CancellationToken cancellationToken)
    {
        if (compressed.Length >= 2 && compressed.Span is not [0x1f, 0x8b, ..] && compressed.Length >= HeaderLength)
        {
            throw new BadPushException(StatusCodes.Status400BadRequest, "gzip: invalid header");
        }

        if (compressed.Length < HeaderLength + TrailerLength)
        {
            throw Truncated();
        }

        ArrayBufferWriter<byte> buffer = new(Chunk);
        try
        {
            await using GZipStream gzip = new(new MemoryStream(compressed.ToArray()), CompressionMode.Decompress);
            while (await gzip.ReadAsync(buffer.GetMemory(Chunk), cancellationToken) is > 0 and var read)
            {
                buffer.Advance(read);
                if (buffer.WrittenCount > max)
                {
                    return null;
                }
            }
        }
        catch (InvalidDataException)
        {
            throw Truncated();
        }

        // The last member's length, modulo 2^32: the stream itself does not mind a missing end.
        var length = BinaryPrimitives.ReadUInt32LittleEndian(compressed.Span[^4..]);
        return length <= buffer.WrittenCount && (length > 0 || buffer.WrittenCount == 0) ? buffer.WrittenMemory : throw Truncated();
    }

    private static BadPushException Truncated() => new(StatusCodes.Status400BadRequest, "gzip: the body is damaged or not whole");
}
