using System.Globalization;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Net.Http.Headers;
using Stash.Core.Exposition.Protobuf;

namespace Stash.Operator.Gateway;

/// <summary>The body of a push cannot be read: the message is for the pusher.</summary>
internal sealed class BadPushException(int status, string message, long work = 0) : Exception(message)
{
    public int Status { get; } = status;

    /// <summary>Bytes that were worked through before it was known.</summary>
    public long Work { get; } = work;
}

/// <summary>Reads the body of a push.</summary>
internal static class PushBody
{
    private const int MaxAhead = PushAdmission.Free;

    /// <summary>Reads it as it was sent.</summary>
    /// <param name="context">The request.</param>
    /// <param name="max">Most bytes.</param>
    /// <param name="admission">Gives the memory for it.</param>
    /// <returns>To be disposed.</returns>
    /// <exception cref="BadPushException">It is larger, came too slowly or ended early, or there is no memory for it.</exception>
    public static async ValueTask<BodyBytes> ReadAsync(HttpContext context, long max, PushAdmission admission)
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
        BodyBytes body = new((int)Math.Clamp(request.ContentLength ?? 0, 256, MaxAhead), admission);
        try
        {
            var reader = request.BodyReader;
            while (true)
            {
                var result = await reader.ReadAsync(context.RequestAborted);
                if (body.Length + result.Buffer.Length > max)
                {
                    throw TooLarge(max, max);
                }

                body.Add(result.Buffer);
                reader.AdvanceTo(result.Buffer.End);
                if (result.IsCompleted)
                {
                    return body;
                }

                if (body.Length > PushAdmission.Free)
                {
                    admission.HurryWhereScarce(context);
                }
            }
        }
        catch (Exception e)
        {
            body.Dispose();
            if (e is BadHttpRequestException bad)
            {
                throw new BadPushException(bad.StatusCode, bad.StatusCode == StatusCodes.Status408RequestTimeout
                    ? "the body came too slowly: send it faster, or lower Stash:Gateway:MinBodyRate"
                    : "the body ended before its announced length");
            }

            throw;
        }
    }

    /// <summary>The families in the text format: where they came as protobuf, converted.</summary>
    /// <exception cref="BadPushException">It is not in the protobuf format, as which it came.</exception>
    /// <param name="context">The request.</param>
    /// <param name="body">Its body.</param>
    /// <param name="utf8Names">Whether names may be any UTF-8.</param>
    public static ReadOnlyMemory<byte> Text(HttpContext context, ReadOnlyMemory<byte> body, bool utf8Names)
    {
        if (!IsProtobuf(context.Request.ContentType))
        {
            return body;
        }

        try
        {
            return ProtobufReader.ToText(ProtobufReader.Parse(body, utf8Names));
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

    /// <param name="max">The limit.</param>
    /// <param name="work">Bytes that were read or decompressed before it was known.</param>
    public static BadPushException TooLarge(long max, long work = 0) => new(
        StatusCodes.Status413PayloadTooLarge,
        string.Create(CultureInfo.InvariantCulture, $"the push is larger than {max} bytes, decompressed: push less at once, or raise Stash:Gateway:MaxPushBytes"),
        work);
}
