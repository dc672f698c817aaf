using System.IO.Pipelines;
using Stash.Core.Configuration;
using Stash.Core.Exposition;
using Stash.Core.Gateway;

namespace Stash.Operator.Gateway;

/// <summary>Exposes all groups and the gateway's own metrics, in the form and the compression that the scraper accepts.</summary>
internal sealed class ScrapeHandler(GroupStore store, GatewayMetrics metrics, StashOptions options)
{
    /// <summary>Each holds what it reads until its reader has it, and a reader may be slow.</summary>
    private const int MaxInProgress = 64;

    private int _inProgress;

    public async Task HandleAsync(HttpContext context)
    {
        using var scrape = metrics.BeginScrape(context);
        try
        {
            if (Interlocked.Increment(ref _inProgress) > MaxInProgress)
            {
                context.Response.Headers.RetryAfter = "5";
                await PlainText.ErrorAsync(context, StatusCodes.Status429TooManyRequests, "too many scrapes are in progress: scrape again in some seconds, and see who reads so slowly");
                return;
            }

            await ExposeAsync(context);
        }
        finally
        {
            Interlocked.Decrement(ref _inProgress);
        }
    }

    private async Task ExposeAsync(HttpContext context)
    {
        var format = ExpositionAnswer.FormatOf(context.Request);
        var own = await metrics.FamiliesAsync(context.RequestAborted);
        var escaping = EscapingScheme.AllowUtf8;
        if (options.Gateway.Utf8Names)
        {
            escaping = NameEscaping.Named(format.Escaping) ?? EscapingScheme.Underscores;
            format = format with { ContentType = $"{format.ContentType}; escaping={NameEscaping.NameOf(escaping)}" };
        }

        await store.ReadAsync(
            view => ExpositionAnswer.WriteAsync(context, format.ContentType, output => WriteAsync(output, format.Kind, escaping, view, own, context.RequestAborted)),
            context.RequestAborted);
    }

    private static Task WriteAsync(PipeWriter output, ExpositionKind kind, EscapingScheme escaping, StoreView view, IReadOnlyList<MetricFamily> own, CancellationToken cancellationToken)
    {
        if (kind == ExpositionKind.Text && escaping == EscapingScheme.AllowUtf8)
        {
            return view.WriteTextAsync(output, own, cancellationToken);
        }

        var names = view.FamilyNames(own);
        return ExpositionWriter.WriteAsync(
            output,
            kind,
            view.Pieces(own).Select(f => f.Escaped(escaping)),
            escaping == EscapingScheme.AllowUtf8 ? names : names.Select(n => NameEscaping.Escape(n, escaping)).ToHashSet(StringComparer.Ordinal),
            cancellationToken);
    }
}
