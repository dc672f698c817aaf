using System.Buffers;
using System.Globalization;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Net.Http.Headers;
using Stash.Core.Exposition.Protobuf;

namespace Stash.Operator.Gateway;

/// <summary>The body of a push cannot be read: the message is for the pusher.</summary>
internal sealed class BadPushException(int status, string message) : Exception(message)
{
    public int Status { get; } = status;
}

/// <summary>The bytes of a push, in memory that is used again once it is disposed.</summary>
internal struct BodyBytes(int capacity) : IDisposable
{
    private byte[] _bytes = ArrayPool<byte>.Shared.Rent(capacity);

    public int Length { get; private set; }

    public readonly ReadOnlyMemory<byte> Memory => _bytes.AsMemory(0, Length);

    public void Add(ReadOnlySequence<byte> more)
    {
        var length = checked(Length + (int)more.Length);
        if (length > _bytes.Length)
        {
            var larger = ArrayPool<byte>.Shared.Rent(Math.Max(length, (int)Math.Min(Array.MaxLength, 2L * _bytes.Length)));
            _bytes.AsSpan(0, Length).CopyTo(larger);
            ArrayPool<byte>.Shared.Return(_bytes);
            _bytes = larger;
        }

        more.CopyTo(_bytes.AsSpan(Length));
        Length = length;
    }

    public void Dispose()
    {
        if (_bytes is { Length: > 0 })
        {
            ArrayPool<byte>.Shared.Return(_bytes);
            (_bytes, Length) = ([], 0);
        }
    }
}

/// <summary>Reads the body of a push.</summary>
internal static class PushBody
{
    private const int MaxAhead = 1 << 20;

    /// <summary>Reads it as it was sent.</summary>
    /// <param name="context">The request.</param>
    /// <param name="max">Most bytes.</param>
    /// <returns>To be disposed.</returns>
    /// <exception cref="BadPushException">It is larger, or ended early.</exception>
    public static async ValueTask<BodyBytes> ReadAsync(HttpContext context, long max)
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

        // What is announced may never come: no more than this is set aside on its word.
        BodyBytes body = new((int)Math.Clamp(request.ContentLength ?? 0, 256, MaxAhead));
        try
        {
            var reader = request.BodyReader;
            while (true)
            {
                var result = await reader.ReadAsync(context.RequestAborted);
                if (body.Length + result.Buffer.Length > max)
                {
                    throw TooLarge(max);
                }

                body.Add(result.Buffer);
                reader.AdvanceTo(result.Buffer.End);
                if (result.IsCompleted)
                {
                    return body;
                }
            }
        }
        catch (Exception e)
        {
            body.Dispose();
            if (e is BadHttpRequestException bad)
            {
                throw new BadPushException(bad.StatusCode, "the body ended before its announced length");
            }

            throw;
        }
    }

    /// <summary>The families in the text format: decompressed, and where they came as protobuf, converted.</summary>
    /// <param name="context">The request.</param>
    /// <param name="body">Its body.</param>
    /// <param name="max">Most bytes, decompressed.</param>
    /// <exception cref="BadPushException">It is larger, or not what its headers say.</exception>
    public static async ValueTask<ReadOnlyMemory<byte>> TextAsync(HttpContext context, ReadOnlyMemory<byte> body, long max)
    {
        var request = context.Request;

        // As in the reference, any other encoding is taken as none.
        if (request.Headers.ContentEncoding is { Count: > 0 } encoding && string.Equals(encoding, "gzip", StringComparison.OrdinalIgnoreCase))
        {
            body = await Gunzip.DecompressAsync(body, max, context.RequestAborted) ?? throw TooLarge(max);
        }

        if (!IsProtobuf(request.ContentType))
        {
            return body;
        }

        try
        {
            return ProtobufReader.ToText(ProtobufReader.Parse(body));
        }
        catch (ProtobufFormatException e)
        {
            throw new BadPushException(StatusCodes.Status400BadRequest, e.Message);
        }
    }

    private static bool IsProtobuf(string? contentType) =>
        contentType is not null
        && contentType.Contains("protobuf", StringComparison.OrdinalIgnoreCase)
        && MediaTypeHeaderValue.TryParse(contentType, out var type)
        && type.MediaType.Equals("application/vnd.google.protobuf", StringComparison.OrdinalIgnoreCase)
        && Parameter(type, "encoding") == "delimited"
        && Parameter(type, "proto") == "io.prometheus.client.MetricFamily";

    private static string? Parameter(MediaTypeHeaderValue type, string name) =>
        type.Parameters.FirstOrDefault(p => p.Name.Equals(name, StringComparison.OrdinalIgnoreCase))?.GetUnescapedValue().Value;

    private static BadPushException TooLarge(long max) => new(
        StatusCodes.Status413PayloadTooLarge,
        string.Create(CultureInfo.InvariantCulture, $"the push is larger than {max} bytes, decompressed: push less at once, or raise Stash:Gateway:MaxPushBytes"));
}
