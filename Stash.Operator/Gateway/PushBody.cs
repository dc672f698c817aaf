using System.Buffers;
using System.Globalization;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Net.Http.Headers;
using Stash.Core.Exposition;
using Stash.Core.Exposition.Protobuf;

namespace Stash.Operator.Gateway;

/// <summary>The body of a push cannot be read: the message is for the pusher.</summary>
internal sealed class BadPushException(int status, string message) : Exception(message)
{
    public int Status { get; } = status;
}

/// <summary>Reads the body of a push.</summary>
internal static class PushBody
{
    private const int Chunk = 1 << 14;
    private const int MaxAhead = 1 << 20;

    /// <summary>Reads and, where it is compressed, decompresses it.</summary>
    /// <param name="context">The request.</param>
    /// <param name="max">Most bytes, decompressed.</param>
    /// <exception cref="BadPushException">It is larger, or not what its headers say.</exception>
    public static async Task<ReadOnlyMemory<byte>> ReadAsync(HttpContext context, long max)
    {
        var request = context.Request;
        if (request.ContentLength > max)
        {
            throw TooLarge(max);
        }

        // The limit is ours, with a text that says what to do.
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
        {
            limit.MaxRequestBodySize = null;
        }

        try
        {
            if (!string.Equals(request.Headers.ContentEncoding, "gzip", StringComparison.OrdinalIgnoreCase))
            {
                // As in the reference, any other encoding is taken as none.
                return await ReadAsync(request.Body, request.ContentLength, max, context.RequestAborted);
            }

            var compressed = await ReadAsync(request.Body, request.ContentLength, max, context.RequestAborted);
            return await Gunzip.DecompressAsync(compressed, max, context.RequestAborted) ?? throw TooLarge(max);
        }
        catch (BadHttpRequestException e)
        {
            throw new BadPushException(e.StatusCode, "the body ended before its announced length");
        }
    }

    /// <summary>The families, and the same in the text format.</summary>
    /// <exception cref="ExpositionFormatException">It is not in the text format.</exception>
    /// <exception cref="BadPushException">It is not in the protobuf format, as which it came.</exception>
    public static (IReadOnlyList<MetricFamily> Families, ReadOnlyMemory<byte> Text) Parse(string? contentType, ReadOnlyMemory<byte> body)
    {
        if (!IsProtobuf(contentType))
        {
            return (TextParser.Parse(body.Span), body);
        }

        try
        {
            var families = ProtobufReader.Parse(body);
            return (families, ProtobufReader.ToText(families));
        }
        catch (ProtobufFormatException e)
        {
            throw new BadPushException(StatusCodes.Status400BadRequest, e.Message);
        }
    }

    private static bool IsProtobuf(string? contentType) =>
        MediaTypeHeaderValue.TryParse(contentType, out var type)
        && type.MediaType.Equals("application/vnd.google.protobuf", StringComparison.OrdinalIgnoreCase)
        && Parameter(type, "encoding") == "delimited"
        && Parameter(type, "proto") == "io.prometheus.client.MetricFamily";

    private static string? Parameter(MediaTypeHeaderValue type, string name) =>
        type.Parameters.FirstOrDefault(p => p.Name.Equals(name, StringComparison.OrdinalIgnoreCase))?.GetUnescapedValue().Value;

    private static async Task<ReadOnlyMemory<byte>> ReadAsync(Stream stream, long? announced, long max, CancellationToken cancellationToken)
    {
        // What is announced may never come: no more than this is set aside on its word.
        ArrayBufferWriter<byte> buffer = new((int)Math.Clamp((announced ?? 0) + 1, 256, MaxAhead));
        while (true)
        {
            var read = await stream.ReadAsync(buffer.GetMemory(buffer.FreeCapacity > 0 ? 1 : Chunk), cancellationToken);
            if (read == 0)
            {
                return buffer.WrittenMemory;
            }

            buffer.Advance(read);
            if (buffer.WrittenCount > max)
            {
                throw TooLarge(max);
            }
        }
    }

    private static BadPushException TooLarge(long max) => new(
        StatusCodes.Status413PayloadTooLarge,
        string.Create(CultureInfo.InvariantCulture, $"the push is larger than {max} bytes, decompressed: push less at once, or raise Stash:Gateway:MaxPushBytes"));
}
