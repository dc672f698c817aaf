using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Http.Features;
using Stash.Core.Api;
using Stash.Core.Sessions;
using Stash.Core.Sessions.Journal;

namespace Stash.Operator.Gateway;

/// <summary>
/// <c>PUT</c> and <c>DELETE {RunningPath}/{id}</c> on the push gateway's listener, where runners report sessions in progress.
/// Answers: 204 taken or gone, 400 with what is wrong, 410 for a session that has ended, 413, 429 where too many run.
/// </summary>
internal static class RunningEndpoints
{
    /// <summary>Bytes of a report at most: every text at its limit and escaped fits.</summary>
    private const int MaxBytes = 64 << 10;

    /// <param name="app">Gets them.</param>
    /// <param name="prefix">Begins their path, as every path of the gateway.</param>
    public static IApplicationBuilder UseRunningReports(this IApplicationBuilder app, string prefix) =>
        app.Map(prefix + SessionMetrics.RunningPath, reports => reports.Run(HandleAsync));

    private static Task HandleAsync(HttpContext context)
    {
        var id = context.Request.Path.Value is { Length: > 1 } path ? path[1..] : "";
        if (RunningSessionValidation.IdError(id) is { } wrong)
        {
            return AnswerAsync(context, StatusCodes.Status400BadRequest, $"The session's id in the path is not right: {wrong}");
        }

        if (HttpMethods.IsPut(context.Request.Method))
        {
            return ReportAsync(context, id);
        }

        if (HttpMethods.IsDelete(context.Request.Method))
        {
            context.RequestServices.GetRequiredService<RunningSessions>().Remove(id);
            context.Response.StatusCode = StatusCodes.Status204NoContent;
            return Task.CompletedTask;
        }

        context.Response.Headers.Allow = "PUT, DELETE";
        return AnswerAsync(context, StatusCodes.Status405MethodNotAllowed, "Report a session in progress with PUT, its end with DELETE.");
    }

    private static async Task ReportAsync(HttpContext context, string id)
    {
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
        {
            limit.MaxRequestBodySize = MaxBytes;
        }

        RunningSession? session;
        try
        {
            session = await JsonSerializer.DeserializeAsync(context.Request.Body, StashJson.Default.RunningSession, context.RequestAborted);
        }
        catch (JsonException e)
        {
            var place = e.Path is { Length: > 2 } path ? $" at {path[2..]}" : "";
            await AnswerAsync(context, StatusCodes.Status400BadRequest, $"The body is not a session in progress as JSON{place}: give id, namespace, app, kind, restic, job and startTime at least.");
            return;
        }
        catch (BadHttpRequestException e)
        {
            await AnswerAsync(context, e.StatusCode, e.StatusCode == StatusCodes.Status413PayloadTooLarge
                ? string.Create(CultureInfo.InvariantCulture, $"The report is too large: send at most {MaxBytes} bytes.")
                : "The report could not be read.");
            return;
        }

        if (session is null || session.Id != id)
        {
            await AnswerAsync(context, StatusCodes.Status400BadRequest, "The report's id is not the one in the path: give the same in both.");
            return;
        }

        var errors = RunningSessionValidation.Validate(session);
        if (errors.Count > 0)
        {
            await AnswerAsync(context, StatusCodes.Status400BadRequest, string.Join('\n', errors.Select(e => $"{e.Field}: {e.Message}")));
            return;
        }

        // The memory of what has ended is lost with the process; the journal's is not.
        var running = context.RequestServices.GetRequiredService<RunningSessions>();
        var verdict = !running.Contains(id) && await context.RequestServices.GetRequiredService<SessionJournal>().Reader.ContainsAsync(id, context.RequestAborted)
            ? ReportVerdict.Ended
            : running.Report(session);
        await (verdict switch
        {
            ReportVerdict.Taken => AnswerAsync(context, StatusCodes.Status204NoContent, ""),
            ReportVerdict.Ended => AnswerAsync(context, StatusCodes.Status410Gone, "The session has ended."),
            _ => AnswerAsync(context, StatusCodes.Status429TooManyRequests, "Too many sessions are in progress to show this one too; it goes on unseen."),
        });
    }

    private static Task AnswerAsync(HttpContext context, int code, string text)
    {
        context.Response.StatusCode = code;
        if (text.Length == 0)
        {
            return Task.CompletedTask;
        }

        context.Response.ContentType = "text/plain; charset=utf-8";
        return context.Response.WriteAsync(text + "\n", context.RequestAborted);
    }
}
