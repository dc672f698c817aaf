using System.IO.Compression;
using System.IO.Pipelines;
using System.Text.Encodings.Web;
using System.Threading.Channels;
using Microsoft.AspNetCore.Http.Features;
using Stash.Core.Configuration;
using Stash.Core.Gateway;

namespace Stash.Operator.Gateway;

/// <summary>
/// Finds out what a request wants. By the path as it was sent, not as the server decodes it: <c>%2F</c> in a label's value is no separator.
/// </summary>
internal sealed class GatewayRouter(GroupStore store, StashOptions options, PushHandler pushes, GatewayMetrics metrics)
{
    private const string ExpositionType = "text/plain; version=0.0.4; charset=utf-8";

    public async Task HandleAsync(HttpContext context)
    {
        try
        {
            await RouteAsync(context);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // The client is gone.
        }
        catch (ChannelClosedException)
        {
            await PlainText.ErrorAsync(context, StatusCodes.Status503ServiceUnavailable, "the gateway is shutting down");
        }
    }

    private async Task RouteAsync(HttpContext context)
    {
        var path = PathOf(context);
        if (Clean(path) is var clean && clean != path)
        {
            await RedirectAsync(context, StatusCodes.Status301MovedPermanently, clean);
            return;
        }

        switch (path)
        {
            case "/-/ready":
                await GetAsync(context, "ready", ReadyAsync);
                break;
            case "/-/healthy":
                await GetAsync(context, "healthy", OkAsync);
                break;
            case "/metrics":
                await GetAsync(context, null, ScrapeAsync);
                break;
            case "/metrics/" when HttpMethods.IsGet(context.Request.Method):
                await RedirectAsync(context, StatusCodes.Status301MovedPermanently, "/metrics");
                break;
            case "/metrics/job/" or "/metrics/job@base64/":
                await RedirectAsync(context, HttpMethods.IsGet(context.Request.Method) ? StatusCodes.Status301MovedPermanently : StatusCodes.Status307TemporaryRedirect, path[..^1]);
                break;
            case "/api/v1/admin/wipe" when options.Gateway.AdminApi:
                await WipeAsync(context);
                break;
            default:
                await (PushPath.IsOne(path) ? PushAsync(context, path) : PlainText.NotFoundAsync(context));
                break;
        }
    }

    private async Task PushAsync(HttpContext context, string path)
    {
        var method = context.Request.Method;
        if (HttpMethods.IsPut(method) || HttpMethods.IsPost(method))
        {
            using (metrics.TimePush(context))
            {
                await pushes.PushAsync(context, path);
            }

            metrics.Count(context, "push");
        }
        else if (HttpMethods.IsDelete(method))
        {
            await pushes.DeleteAsync(context, path);
            metrics.Count(context, "delete");
        }
        else
        {
            await PlainText.NotAllowedAsync(context, "DELETE, OPTIONS, POST, PUT");
        }
    }

    private async Task WipeAsync(HttpContext context)
    {
        if (!HttpMethods.IsPut(context.Request.Method))
        {
            await PlainText.NotAllowedAsync(context, "OPTIONS, PUT");
            return;
        }

        await PushHandler.AnswerAsync(context, await store.WipeAsync(context.RequestAborted), StatusCodes.Status202Accepted);
        metrics.Count(context, "wipe");
    }

    private async Task GetAsync(HttpContext context, string? counted, Func<HttpContext, Task> answer)
    {
        if (!HttpMethods.IsGet(context.Request.Method))
        {
            await PlainText.NotAllowedAsync(context, "GET, OPTIONS");
            return;
        }

        await answer(context);
        if (counted is not null)
        {
            metrics.Count(context, counted);
        }
    }

    private static Task OkAsync(HttpContext context) => PlainText.TextAsync(context, StatusCodes.Status200OK, "OK");

    private async Task ReadyAsync(HttpContext context) => await (await store.IsWritableAsync(context.RequestAborted)
        ? OkAsync(context)
        : PlainText.ErrorAsync(context, StatusCodes.Status503ServiceUnavailable, "the push log cannot be written, so no push is taken: see that the disk of the data folder has space and that stash may write there"));

    private async Task ScrapeAsync(HttpContext context)
    {
        var own = await metrics.FamiliesAsync(context.RequestAborted);
        context.Response.ContentType = ExpositionType;
        if (!AcceptsGzip(context.Request))
        {
            await store.WriteTextAsync(context.Response.BodyWriter, own, context.RequestAborted);
            return;
        }

        context.Response.Headers.ContentEncoding = "gzip";
        await using GZipStream gzip = new(context.Response.Body, CompressionLevel.Fastest, leaveOpen: true);
        var writer = PipeWriter.Create(gzip, new StreamPipeWriterOptions(leaveOpen: true));
        await store.WriteTextAsync(writer, own, context.RequestAborted);
        await writer.CompleteAsync();
    }

    private static bool AcceptsGzip(HttpRequest request) =>
        request.GetTypedHeaders().AcceptEncoding.Any(e => e.Value.Equals("gzip", StringComparison.OrdinalIgnoreCase) && e.Quality is not 0);

    private static string PathOf(HttpContext context)
    {
        var target = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        if (!target.StartsWith('/'))
        {
            // A proxy's absolute form.
            target = Uri.TryCreate(target, UriKind.Absolute, out var uri) ? uri.PathAndQuery : "/";
        }

        var query = target.IndexOf('?', StringComparison.Ordinal);
        return query < 0 ? target : target[..query];
    }

    /// <summary>Without empty, <c>.</c> and <c>..</c> parts, as the reference redirects.</summary>
    private static string Clean(string path)
    {
        List<string> parts = [];
        foreach (var part in path.Split('/'))
        {
            if (part == "..")
            {
                if (parts.Count > 0)
                {
                    parts.RemoveAt(parts.Count - 1);
                }
            }
            else if (part is not ("" or "."))
            {
                parts.Add(part);
            }
        }

        return $"/{string.Join('/', parts)}{(parts.Count > 0 && path.EndsWith('/') ? "/" : "")}";
    }

    private static Task RedirectAsync(HttpContext context, int status, string path)
    {
        context.Response.StatusCode = status;
        context.Response.Headers.Location = path + context.Request.QueryString;
        if (!HttpMethods.IsGet(context.Request.Method))
        {
            return Task.CompletedTask;
        }

        // For a person: the reference's page, word for word.
        var reason = status == StatusCodes.Status301MovedPermanently ? "Moved Permanently" : "Temporary Redirect";
        context.Response.ContentType = "text/html; charset=utf-8";
        return context.Response.WriteAsync($"<a href=\"{HtmlEncoder.Default.Encode(path + context.Request.QueryString)}\">{reason}</a>.\n\n", context.RequestAborted);
    }
}
