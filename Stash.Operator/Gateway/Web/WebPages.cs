using Stash.Core.Configuration;
using Stash.Core.Gateway;

namespace Stash.Operator.Gateway.Web;

/// <summary>
/// The pages for people: <c>/</c>, <c>/status</c>, and <c>/delete</c> to ask before a group goes. They are whole without a script. Links are
/// relative, and all pages stand side by side, so that they work below any path that a proxy puts before them.
/// </summary>
internal sealed class WebPages(GroupStore store, StashOptions options, TimeProvider time)
{
    private readonly DateTimeOffset _start = time.GetUtcNow();

    public async Task GroupsAsync(HttpContext context, string path)
    {
        using var view = await store.ReadAsync(context.RequestAborted);
        var page = GroupsPage.Write(view, GroupsQuery.Of(context.Request.Query), AddressOf(context.Request), time.GetUtcNow(), options.Gateway.AdminApi);
        await SendAsync(context, StatusCodes.Status200OK, "Groups", "./", page);
    }

    public Task StatusAsync(HttpContext context, string path) =>
        SendAsync(context, StatusCodes.Status200OK, "Status", "status", StatusPage.Write(options, _start, time.GetUtcNow()));

    /// <summary>Asks whether a group, or with <c>all</c> every group, is to go.</summary>
    public Task ConfirmAsync(HttpContext context, string path)
    {
        if (Target(context, out var group, out var sent) is { } problem)
        {
            return SendAsync(context, StatusCodes.Status400BadRequest, "Delete", "", ErrorPage(problem));
        }

        return SendAsync(context, StatusCodes.Status200OK, "Delete", "", DeletePage.Write(group, sent));
    }

    /// <summary>Deletes, where a page of ours asked for it.</summary>
    public async Task DeleteAsync(HttpContext context, string path)
    {
        if (!IsOwnPage(context.Request))
        {
            await SendAsync(context, StatusCodes.Status403Forbidden, "Delete", "", ErrorPage("Nothing was deleted: the request came from a page of another site. Open the gateway's own page and delete the group there."));
            return;
        }

        if (Target(context, out var group, out var sent) is { } problem)
        {
            await SendAsync(context, StatusCodes.Status400BadRequest, "Delete", "", ErrorPage(problem));
            return;
        }

        var verdict = group is null ? await store.WipeAsync(context.RequestAborted) : await store.DeleteAsync(group, context.RequestAborted);
        if (verdict.Kind != VerdictKind.Accepted)
        {
            await SendAsync(context, StatusCodes.Status503ServiceUnavailable, "Delete", "", ErrorPage("Nothing was deleted: the gateway cannot write its data folder at the moment. See that its disk has space, and try again."));
            return;
        }

        context.Response.StatusCode = StatusCodes.Status303SeeOther;
        context.Response.Headers.Location = $"./?deleted={Uri.EscapeDataString(group is null ? "all" : sent)}";
    }

    private string AddressOf(HttpRequest request) =>
        options.Gateway.ExternalUrl?.ToString().TrimEnd('/') ?? $"{request.Scheme}://{request.Host}{options.Gateway.RoutePrefix}";

    /// <summary>What is to go.</summary>
    /// <returns>What is wrong with the request; null where nothing is. <paramref name="group"/> is null for all.</returns>
    private string? Target(HttpContext context, out GroupKey? group, out string sent)
    {
        group = null;
        var query = context.Request.Query;
        sent = query["group"].ToString();
        if (query.ContainsKey("all"))
        {
            return options.Gateway.AdminApi ? null : "Deleting all groups at once is not enabled: start the gateway with the admin API.";
        }

        return !PushPath.IsOne(sent) ? "The address names no group." : PushPath.Parse(sent, out group) is { } wrong ? $"The address names no group: {wrong}." : null;
    }

    /// <summary>
    /// Whether a form of ours was sent. Browsers say where a request comes from in headers that pages cannot set; what is no browser has neither
    /// header, and no credentials that another site could make it use.
    /// </summary>
    private bool IsOwnPage(HttpRequest request)
    {
        if (request.Headers["Sec-Fetch-Site"] is [var site, ..])
        {
            return site is "same-origin" or "none";
        }

        if (request.Headers.Origin is not [var origin, ..])
        {
            return true;
        }

        return Uri.TryCreate(origin, UriKind.Absolute, out var from)
            && (string.Equals(from.Authority, request.Host.Value, StringComparison.OrdinalIgnoreCase)
                || string.Equals(from.Authority, options.Gateway.ExternalUrl?.Authority, StringComparison.OrdinalIgnoreCase));
    }

    private static Html ErrorPage(string problem) => new Html().Add($"<h1>Nothing was deleted</h1>\n<p class=\"note bad\" role=\"alert\">{problem}</p>\n<p><a class=\"button\" href=\"./\">Back to the groups</a></p>\n");

    private async Task SendAsync(HttpContext context, int status, string title, string current, Html body)
    {
        var headers = context.Response.Headers;
        headers.ContentSecurityPolicy = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "same-origin";
        headers.CacheControl = "no-store";
        context.Response.StatusCode = status;
        context.Response.ContentType = "text/html; charset=utf-8";
        Html page = new();
        page.Add($"""
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="color-scheme" content="light dark">
            <meta name="robots" content="noindex, nofollow">
            <title>{title} – Stash push gateway</title>
            <link rel="icon" href="static/favicon.svg">
            <link rel="stylesheet" href="static/stash.css">
            </head>
            <body>
            <header><div class="bar">
            <div class="brand"><img src="static/favicon.svg" alt="" width="28" height="28">Stash push gateway</div>
            <nav aria-label="Pages">
            """);
        foreach (var (href, text) in new[] { ("./", "Groups"), ("status", "Status") })
        {
            page.Add($"<a href=\"{href}\"").Add(href == current ? " aria-current=\"page\"" : "").Add($">{text}</a>\n");
        }

        page.Add($"<a href=\"{options.Gateway.TelemetryPath.TrimStart('/')}\">Metrics</a>\n</nav>\n</div></header>\n<main>\n").Add(body.ToString()).Add("</main>\n</body>\n</html>\n");
        await context.Response.WriteAsync(page.ToString(), context.RequestAborted);
    }
}
