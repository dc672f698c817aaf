using System.IO.Pipelines;

namespace Stash.Operator.Gateway;

/// <summary>Answers a scrape, compressed as the scraper accepts it.</summary>
internal static class ExpositionAnswer
{
    /// <summary>The form that a request asks for.</summary>
    public static ExpositionFormat FormatOf(HttpRequest request) => ExpositionFormat.Negotiate(request.Headers.Accept is [var accept, ..] ? accept : null);

    /// <param name="context">Of the scrape.</param>
    /// <param name="contentType">Of what is written.</param>
    /// <param name="write">Writes it, and flushes.</param>
    public static async Task WriteAsync(HttpContext context, string contentType, Func<PipeWriter, Task> write)
    {
        context.Response.ContentType = contentType;
        if (ContentCoding.Negotiate(context.Request) is not { } coding)
        {
            await write(context.Response.BodyWriter);
            return;
        }

        context.Response.Headers.ContentEncoding = coding;
        await using var compressed = ContentCoding.Compress(coding, context.Response.Body);
        var writer = PipeWriter.Create(compressed, new StreamPipeWriterOptions(leaveOpen: true));
        await write(writer);
        await writer.CompleteAsync();
    }
}
