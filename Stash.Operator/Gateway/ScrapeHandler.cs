using System.Buffers;
using System.IO.Pipelines;
using Stash.Core.Exposition;
using Stash.Core.Exposition.Protobuf;
using Stash.Core.Gateway;

namespace Stash.Operator.Gateway;

/// <summary>Exposes all groups and the gateway's own metrics, in the form and the compression that the scraper accepts.</summary>
internal sealed class ScrapeHandler(GroupStore store, GatewayMetrics metrics)
{
    private const int FlushBytes = 1 << 16;

    public async Task HandleAsync(HttpContext context)
    {
        using var scrape = metrics.BeginScrape(context);
        var format = ExpositionFormat.Negotiate(context.Request.Headers.Accept is [var accept, ..] ? accept : null);
        var own = await metrics.FamiliesAsync(context.RequestAborted);

        // Before the answer begins: a store that is closing has none.
        using var view = format.Kind == ExpositionKind.Text ? null : await store.ReadAsync(context.RequestAborted);
        context.Response.ContentType = format.ContentType;
        if (ContentCoding.Negotiate(context.Request) is not { } coding)
        {
            await WriteAsync(context.Response.BodyWriter, format, view, own, context.RequestAborted);
            return;
        }

        context.Response.Headers.ContentEncoding = coding;
        await using var compressed = ContentCoding.Compress(coding, context.Response.Body);
        var writer = PipeWriter.Create(compressed, new StreamPipeWriterOptions(leaveOpen: true));
        await WriteAsync(writer, format, view, own, context.RequestAborted);
        await writer.CompleteAsync();
    }

    private async Task WriteAsync(PipeWriter output, ExpositionFormat format, StoreView? view, IReadOnlyList<MetricFamily> own, CancellationToken cancellationToken)
    {
        if (view is null)
        {
            await store.WriteTextAsync(output, own, cancellationToken);
            return;
        }

        var write = Writer(format.Kind, view, own);
        foreach (var family in view.Families(own))
        {
            write(output, family);
            if (output.UnflushedBytes > FlushBytes)
            {
                await output.FlushAsync(cancellationToken);
            }
        }

        if (format.Kind == ExpositionKind.OpenMetrics)
        {
            OpenMetricsWriter.WriteEnd(output);
        }

        await output.FlushAsync(cancellationToken);
    }

    private static Action<IBufferWriter<byte>, MetricFamily> Writer(ExpositionKind kind, StoreView view, IReadOnlyList<MetricFamily> own) => kind switch
    {
        ExpositionKind.OpenMetrics => new OpenMetricsWriter(view.FamilyNames(own)).WriteFamily,
        ExpositionKind.ProtobufDelimited => ProtobufWriter.WriteFamily,
        var text => new ProtobufTextWriter(text == ExpositionKind.ProtobufCompact).WriteFamily,
    };
}
