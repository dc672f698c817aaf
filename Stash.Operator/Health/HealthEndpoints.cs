using System.Text;
using Stash.Core.Api;
using Stash.Core.Exposition;

namespace Stash.Operator.Health;

/// <summary>
/// <c>/healthz</c>, <c>/livez</c> and <c>/readyz</c>, open to all, in the form of Kubernetes' servers: <c>ok</c>, or 503 with every check and why it
/// failed. <c>?verbose</c> lists the checks in any case, <c>?exclude=NAME</c> leaves one out, <c>/readyz/NAME</c> is one alone.
/// </summary>
internal static class HealthEndpoints
{
    /// <summary>Names of <c>exclude</c> that are answered for.</summary>
    private const int MaxNamed = 16;

    public static void MapStashHealth(this IEndpointRouteBuilder routes)
    {
        foreach (var (path, tag) in new[] { (ApiPaths.Health, HealthTags.Live), (ApiPaths.Live, HealthTags.Live), (ApiPaths.Ready, HealthTags.Ready) })
        {
            // Every method: a wrong one is told so, also to whom has no credentials.
            routes.Map(path, context => AnswerAsync(context, path[1..], tag, null)).AllowAnonymous();
            routes.Map(path + "/{check}", context => AnswerAsync(context, path[1..], tag, context.Request.RouteValues["check"] as string)).AllowAnonymous();
        }
    }

    private static async Task AnswerAsync(HttpContext context, string endpoint, string tag, string? only)
    {
        if (!HttpMethods.IsGet(context.Request.Method) && !HttpMethods.IsHead(context.Request.Method))
        {
            context.Response.StatusCode = StatusCodes.Status405MethodNotAllowed;
            context.Response.Headers.Allow = "GET, HEAD";
            return;
        }

        var reports = context.RequestServices.GetRequiredService<HealthReports>();
        var known = reports.Names(tag).ToArray();
        if (only is not null && !known.Contains(only, StringComparer.Ordinal))
        {
            await WriteAsync(context, StatusCodes.Status404NotFound, $"there is no check {GoQuote.Text(only)}: ask for one of {string.Join(", ", known)}\n");
            return;
        }

        var query = context.Request.Query;
        string[] excluded = only is null ? [.. query["exclude"].OfType<string>().Where(e => e.Length > 0).Distinct(StringComparer.Ordinal).Take(MaxNamed)] : [];
        var outcomes = await reports.RunAsync(tag, n => only is null ? !excluded.Contains(n, StringComparer.Ordinal) : n == only, context.RequestAborted);
        var passed = outcomes.All(o => o.Passed);
        var code = passed ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable;
        var unknown = excluded.Except(known, StringComparer.Ordinal).Select(GoQuote.Text).ToArray();
        var warning = unknown.Length == 0 ? "" : $"warn: some health checks cannot be excluded: no matches for {string.Join(", ", unknown)}\n";
        if (passed && !query.ContainsKey("verbose"))
        {
            await WriteAsync(context, code, warning.Length == 0 ? "ok" : $"ok\n{warning}");
            return;
        }

        StringBuilder text = new();
        foreach (var name in known)
        {
            if (outcomes.FirstOrDefault(o => o.Name == name) is { } outcome)
            {
                text.Append(outcome).Append('\n');
            }
            else if (only is null)
            {
                text.Append("[+]").Append(name).Append(" excluded: ok\n");
            }
        }

        text.Append(warning);
        await WriteAsync(context, code, text.Append(endpoint).Append(passed ? " check passed\n" : " check failed\n").ToString());
    }

    private static Task WriteAsync(HttpContext context, int code, string text)
    {
        var response = context.Response;
        response.StatusCode = code;
        response.ContentType = "text/plain; charset=utf-8";
        response.Headers.CacheControl = "no-cache, private";
        response.Headers.XContentTypeOptions = "nosniff";
        response.ContentLength = Encoding.UTF8.GetByteCount(text);
        return HttpMethods.IsHead(context.Request.Method) ? Task.CompletedTask : response.WriteAsync(text, context.RequestAborted);
    }
}
