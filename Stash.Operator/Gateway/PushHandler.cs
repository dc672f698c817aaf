using System.Globalization;
using System.Text;
using Stash.Core.Configuration;
using Stash.Core.Gateway;
using Stash.Core.Sessions;
using Stash.Operator.Gateway.Access;

namespace Stash.Operator.Gateway;

/// <summary>Takes pushes and deletions in.</summary>
internal sealed class PushHandler(GroupStore store, PushAdmission admission, StashOptions options)
{
    private const int MaxMessageBytes = 2048;

    /// <summary>Bytes of a refused push that count for one refused push.</summary>
    private const int BytesOfOne = 1 << 14;

    public async Task PushAsync(HttpContext context, string path)
    {
        var request = context.Request;
        if (PushPath.Parse(path, out var group, options.Gateway.Utf8Names) is { } badPath)
        {
            await PlainText.ErrorAsync(context, StatusCodes.Status400BadRequest, badPath);
            return;
        }

        if (SessionId(request, out var id) is { } badId)
        {
            await PlainText.ErrorAsync(context, StatusCodes.Status400BadRequest, badId);
            return;
        }

        if (SessionMessage(request, out var message) is { } badMessage)
        {
            await PlainText.ErrorAsync(context, StatusCodes.Status400BadRequest, badMessage);
            return;
        }

        if (GroupLife.Read(request.Headers, options.Gateway, out var life) is { } badLife)
        {
            await PlainText.ErrorAsync(context, StatusCodes.Status400BadRequest, badLife);
            return;
        }

        var max = options.Gateway.MaxPushBytes;
        var entered = false;
        LargeTurn? turn = null;
        BodyBytes body = default;
        try
        {
            body = await PushBody.ReadAsync(context, max, admission);
            // Only now: whoever sends slowly takes nobody's place.
            admission.Enter();
            entered = true;
            var coding = ContentDecoding.Of(request.Headers.ContentEncoding);
            if (coding != BodyCoding.None || body.Length > PushAdmission.Large)
            {
                turn = new LargeTurn(admission);
                if (coding != BodyCoding.None)
                {
                    var decoded = await ContentDecoding.DecodeAsync(coding, body.Memory, max, admission, turn, context.RequestAborted);
                    body.Dispose();
                    body = decoded;
                }

                if (body.Length > PushAdmission.Large)
                {
                    await turn.TakeAsync(context.RequestAborted);
                }
            }

            var verdict = await store.PushAsync(
                new Push
                {
                    Group = group!,
                    Replace = HttpMethods.IsPut(request.Method),
                    Text = PushBody.Text(context, body.Memory, options.Gateway.Utf8Names),
                    SessionId = id,
                    SessionMessage = message,
                    TimeToLive = life,
                },
                context.RequestAborted);

            // As in the reference: without the check, nobody is told what becomes of a push that could be read.
            var blind = !options.Gateway.ConsistencyCheck;
            await AnswerAsync(
                context,
                blind && verdict.Kind == VerdictKind.Refused ? PushVerdict.Accepted : verdict,
                blind ? StatusCodes.Status202Accepted : StatusCodes.Status200OK);
            if (verdict.Kind != VerdictKind.Accepted)
            {
                CountWork(context, body.Length);
            }
        }
        catch (BadPushException e)
        {
            if (e.Status == StatusCodes.Status429TooManyRequests)
            {
                context.Response.Headers.RetryAfter = "1";
            }

            CountWork(context, e.Work);
            await PlainText.ErrorAsync(context, e.Status, e.Message);
        }
        finally
        {
            turn?.Dispose();
            body.Dispose();
            if (entered)
            {
                admission.Leave();
            }
        }
    }

    public async Task DeleteAsync(HttpContext context, string path)
    {
        if (PushPath.Parse(path, out var group, options.Gateway.Utf8Names) is { } problem)
        {
            await PlainText.ErrorAsync(context, StatusCodes.Status400BadRequest, problem);
            return;
        }

        await AnswerAsync(context, await store.DeleteAsync(group!, context.RequestAborted), StatusCodes.Status202Accepted);
    }

    /// <summary>Tells what became of a change.</summary>
    public static Task AnswerAsync(HttpContext context, PushVerdict verdict, int accepted)
    {
        switch (verdict.Kind)
        {
            case VerdictKind.Accepted:
                context.Response.StatusCode = accepted;
                context.Response.ContentLength = 0;
                return Task.CompletedTask;
            case VerdictKind.Refused:
                return PlainText.ErrorAsync(
                    context, StatusCodes.Status400BadRequest, $"pushed metrics are invalid or inconsistent with existing metrics: {verdict.Message}");
            case VerdictKind.Malformed:
                return PlainText.ErrorAsync(context, StatusCodes.Status400BadRequest, verdict.Message);
            case VerdictKind.OverLimit:
                return PlainText.ErrorAsync(context, StatusCodes.Status413PayloadTooLarge, verdict.Message);
            default:
                context.Response.Headers.RetryAfter = "5";
                return PlainText.ErrorAsync(
                    context, StatusCodes.Status503ServiceUnavailable, "nothing was stored: the gateway cannot write its data folder at the moment (is its disk full?); push again later");
        }
    }

    /// <summary>A large push that is refused counts for as many small ones as it takes the time of.</summary>
    private static void CountWork(HttpContext context, long bytes)
    {
        if (bytes >= BytesOfOne)
        {
            context.Features.Get<GatewayConnection>()?.CountRefused((int)(bytes / BytesOfOne));
        }
    }

    private static string? SessionId(HttpRequest request, out string? id)
    {
        id = null;
        var values = request.Headers[SessionMetrics.SessionIdHeader];
        if (values.Count == 0)
        {
            return null;
        }

        id = values.Count == 1 ? values[0] : null;
        return id is null
            ? $"header {SessionMetrics.SessionIdHeader}: give it once"
            : RunningSessionValidation.IdError(id) is { } wrong ? $"header {SessionMetrics.SessionIdHeader}: {wrong}" : null;
    }

    private static string? SessionMessage(HttpRequest request, out string? message)
    {
        message = null;
        var values = request.Headers[SessionMetrics.SessionMessageHeader];
        if (values.Count == 0)
        {
            return null;
        }

        if (values.Count > 1 || !PercentEncoding.TryDecode(values[0]!, out message) || message is null)
        {
            return $"header {SessionMetrics.SessionMessageHeader}: give it once, as percent-encoded UTF-8";
        }

        return Encoding.UTF8.GetByteCount(message) > MaxMessageBytes
            ? string.Create(CultureInfo.InvariantCulture, $"header {SessionMetrics.SessionMessageHeader}: give at most {MaxMessageBytes} bytes before encoding")
            : null;
    }
}
