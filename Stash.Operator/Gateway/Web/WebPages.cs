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

    /// <summary>Asks whether a group is to go.</summary>
    public Task ConfirmDeleteAsync(HttpContext context, string path) => Target(context, out var group, out var sent) is { } problem
        ? SendAsync(context, StatusCodes.Status400BadRequest, "Delete", "", ErrorPage(problem))
        : SendAsync(context, StatusCodes.Status200OK, "Delete", "", DeletePage.OfGroup(group!, sent));

    /// <summary>Asks whether all groups are to go.</summary>
    public Task ConfirmWipeAsync(HttpContext context, string path) => SendAsync(context, StatusCodes.Status200OK, "Delete", "", DeletePage.OfAll());

    /// <summary>Deletes a group. That a page of ours asked for it is seen to before.</summary>
    public async Task DeleteAsync(HttpContext context, string path)
    {
        if (Target(context, out var group, out var sent) is { } problem)
        {
            await SendAsync(context, StatusCodes.Status400BadRequest, "Delete", "", ErrorPage(problem));
            return;
        }

        await AnswerAsync(context, await store.DeleteAsync(group!, context.RequestAborted), sent);
    }

    /// <summary>Deletes all groups.</summary>
    public async Task WipeAsync(HttpContext context, string path) => await AnswerAsync(context, await store.WipeAsync(context.RequestAborted), "all");

    private Task AnswerAsync(HttpContext context, PushVerdict verdict, string deleted)
    {
        if (verdict.Kind != VerdictKind.Accepted)
        {
            return SendAsync(context, StatusCodes.Status503ServiceUnavailable, "Delete", "", ErrorPage("The gateway cannot write its data folder at the moment. See that its disk has space, and try again."));
        }

        context.Response.StatusCode = StatusCodes.Status303SeeOther;
        context.Response.Headers.Location = $"./?deleted={Uri.EscapeDataString(deleted)}";
        return Task.CompletedTask;
    }

    private string AddressOf(HttpRequest request) =>
        options.Gateway.ExternalUrl?.ToString().TrimEnd('/') ?? $"{request.Scheme}://{request.Host}{options.Gateway.RoutePrefix}";

    /// <summary>Which group is to go.</summary>
    /// <returns>What is wrong with the request; null where nothing is.</returns>
    private static string? Target(HttpContext context, out GroupKey? group, out string sent)
    {
        group = null;
        sent = context.Request.Query["group"].ToString();
        return !PushPath.IsOne(sent) ? "The address names no group." : PushPath.Parse(sent, out group, utf8Names: true) is { } wrong ? $"The address names no group: {wrong}." : null;
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
