using System.Threading.Channels;
using Stash.Core.Configuration;
using Stash.Core.Exposition;
using Stash.Core.Gateway;
using Stash.Operator.Gateway.Web;
using Stash.Operator.Hosting;

namespace Stash.Operator.Gateway;

/// <summary>Finds out what a request wants. Pushes come first, since there are many; for them nothing is set up and no text is copied.</summary>
internal sealed class GatewayRouter
{
    private static readonly string[] Get = [HttpMethods.Get];
    private static readonly string[] Put = [HttpMethods.Put];
    private static readonly string[] PutOrPost = [HttpMethods.Put, HttpMethods.Post];

    private readonly GroupStore _store;
    private readonly PushHandler _pushes;
    private readonly ScrapeHandler _scrapes;
    private readonly GatewayMetrics _metrics;
    private readonly IHostApplicationLifetime _lifetime;
    private readonly Shutdown _shutdown;
    private readonly string _prefix;
    private readonly string _apiRoot;
    private readonly RouteTable _routes = new();
    private readonly RouteTable _api = new();

    public GatewayRouter(
        GroupStore store, StashOptions options, PushHandler pushes, ScrapeHandler scrapes, JsonApi api, WebPages pages, GatewayMetrics metrics, IHostApplicationLifetime lifetime, Shutdown shutdown)
    {
        (_store, _pushes, _scrapes, _metrics, _lifetime, _shutdown) = (store, pushes, scrapes, metrics, lifetime, shutdown);
        var gateway = options.Gateway;
        _prefix = gateway.RoutePrefix;
        _apiRoot = _prefix + "/api/v1";

        _routes.Add(Get, _prefix + "/-/healthy", Counted("healthy", OkAsync));
        _routes.Add(Get, _prefix + "/-/ready", Counted("ready", ReadyAsync));
        _routes.Add(Get, _prefix + gateway.TelemetryPath, (context, _) => _scrapes.HandleAsync(context));
        _routes.Add(Get, _prefix + "/status", Counted("status", pages.StatusAsync));
        _routes.Add(Get, _prefix + "/", Counted("status", pages.GroupsAsync));
        _routes.Add(Get, _prefix + "/delete", Counted("status", pages.ConfirmDeleteAsync));
        _routes.Add([HttpMethods.Post], _prefix + "/delete", Counted("delete", pages.DeleteAsync));
        _routes.Add(Get, _prefix + "/static/*", Counted("static", (context, path) => WebAssets.SendAsync(context, path[(_prefix + "/static/").Length..])));
        // Below no prefix in the reference either.
        _routes.Add(Get, "/-/quit", (context, _) => PlainText.TextAsync(context, StatusCodes.Status405MethodNotAllowed, "Only POST or PUT requests allowed."));
        _routes.Add(PutOrPost, _prefix + "/-/quit", gateway.Lifecycle ? QuitAsync : RefuseQuitAsync);
        foreach (var tree in new[] { PushPath.Plain, PushPath.Encoded })
        {
            _routes.Add(PutOrPost, $"{_prefix}{tree}*", PushAsync);
            _routes.Add([HttpMethods.Delete], $"{_prefix}{tree}*", Counted("delete", (context, path) => _pushes.DeleteAsync(context, Below(path))));
        }

        _api.Add([HttpMethods.Options], "/*", Counted("api/v1/options", JsonApi.OptionsAsync));
        _api.Add(Get, "/status", Counted("api/v1/status", api.StatusAsync));
        _api.Add(Get, "/metrics", Counted("api/v1/metrics", api.MetricsAsync));
        if (gateway.AdminApi)
        {
            _api.Add(Put, "/admin/wipe", Counted("wipe", WipeAsync));
            _routes.Add(Get, _prefix + "/wipe", Counted("status", pages.ConfirmWipeAsync));
            _routes.Add([HttpMethods.Post], _prefix + "/wipe", Counted("wipe", pages.WipeAsync));
        }
    }

    public async Task HandleAsync(HttpContext context)
    {
        try
        {
            var path = RequestPath.Of(context);
            var method = context.Request.Method;
            if (context.Request.Headers.Expect is [var expected, ..] && !string.Equals(expected, "100-continue", StringComparison.OrdinalIgnoreCase))
            {
                context.Response.StatusCode = StatusCodes.Status417ExpectationFailed;
            }
            else if ((HttpMethods.IsPut(method) || HttpMethods.IsPost(method)) && IsPush(path) && !RequestPath.MayBeUnclean(path))
            {
                await PushAsync(context, path);
            }
            else
            {
                await RouteAsync(context, path);
            }
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested || _shutdown.IsUnderWay)
        {
            // The client is gone, or was cut off at the end, which the request may notice before its token does.
        }
        catch (ChannelClosedException)
        {
            await PlainText.ErrorAsync(context, StatusCodes.Status503ServiceUnavailable, "the gateway is shutting down");
        }
    }

    private Task RouteAsync(HttpContext context, string path)
    {
        if (RequestPath.BadPart(path) is { } bad)
        {
            return PlainText.ErrorAsync(context, StatusCodes.Status400BadRequest, $"bad percent-encoding in path: {GoQuote.Text(bad)}");
        }

        if (RequestPath.MayBeUnclean(path) && RequestPath.Clean(path) is var clean && clean != path)
        {
            return Redirects.SendAsync(context, StatusCodes.Status301MovedPermanently, clean == _apiRoot ? _apiRoot + "/" : clean);
        }

        if (path.StartsWith(_apiRoot, StringComparison.Ordinal))
        {
            if (path.Length == _apiRoot.Length)
            {
                return Redirects.SendAsync(context, StatusCodes.Status301MovedPermanently, _apiRoot + "/");
            }

            if (path[_apiRoot.Length] == '/')
            {
                return _api.HandleAsync(context, path[_apiRoot.Length..], _apiRoot);
            }
        }

        return _routes.HandleAsync(context, path);
    }

    /// <summary>Whether a path names a group: <c>/metrics/job/JOB…</c>, or with the job encoded.</summary>
    private bool IsPush(string path)
    {
        var below = path.AsSpan();
        if (!below.StartsWith(_prefix, StringComparison.Ordinal))
        {
            return false;
        }

        below = below[_prefix.Length..];
        return (below.StartsWith(PushPath.Plain, StringComparison.Ordinal) && below.Length > PushPath.Plain.Length)
            || (below.StartsWith(PushPath.Encoded, StringComparison.Ordinal) && below.Length > PushPath.Encoded.Length);
    }

    private string Below(string path) => _prefix.Length == 0 ? path : path[_prefix.Length..];

    private async Task PushAsync(HttpContext context, string path)
    {
        var begun = _metrics.BeginPush();
        await _pushes.PushAsync(context, Below(path));
        _metrics.CountPush(context, begun);
    }

    private Func<HttpContext, string, Task> Counted(string handler, Func<HttpContext, string, Task> answer) => async (context, path) =>
    {
        await answer(context, path);
        _metrics.Count(context, handler);
    };

    private async Task WipeAsync(HttpContext context, string path) =>
        await PushHandler.AnswerAsync(context, await _store.WipeAsync(context.RequestAborted), StatusCodes.Status202Accepted);

    private static Task OkAsync(HttpContext context, string path) => PlainText.TextAsync(context, StatusCodes.Status200OK, "OK");

    private async Task ReadyAsync(HttpContext context, string path) => await (_shutdown.IsUnderWay
        ? PlainText.ErrorAsync(context, StatusCodes.Status503ServiceUnavailable, "the gateway is shutting down")
        : await _store.IsWritableAsync(context.RequestAborted)
        ? OkAsync(context, path)
        : PlainText.ErrorAsync(context, StatusCodes.Status503ServiceUnavailable, "the push log cannot be written, so no push is taken: see that the disk of the data folder has space and that stash may write there"));

    private Task QuitAsync(HttpContext context, string path)
    {
        context.Response.OnCompleted(() =>
        {
            _lifetime.StopApplication();
            return Task.CompletedTask;
        });
        return PlainText.TextAsync(context, StatusCodes.Status200OK, "Requesting termination... Goodbye!");
    }

    private static Task RefuseQuitAsync(HttpContext context, string path) => PlainText.TextAsync(context, StatusCodes.Status403Forbidden, "Lifecycle API is not enabled.");
}
