using System.Text;
using Stash.Operator.Gateway.Access;

namespace Stash.Operator.Gateway;

/// <summary>Answers as the reference gives them.</summary>
internal static class PlainText
{
    private const string ContentType = "text/plain; charset=utf-8";

    /// <summary>An error: its text and a line feed.</summary>
    public static Task ErrorAsync(HttpContext context, int status, string message)
    {
        if (status is >= 400 and < 500 and not StatusCodes.Status429TooManyRequests)
        {
            context.Features.Get<GatewayConnection>()?.CountRefused();
        }

        context.Response.Headers.XContentTypeOptions = "nosniff";
        return TextAsync(context, status, $"{message}\n");
    }

    public static Task NotFoundAsync(HttpContext context) => ErrorAsync(context, StatusCodes.Status404NotFound, "404 page not found");

    /// <summary>405, or what is allowed where the client asks for that.</summary>
    /// <param name="context">The request.</param>
    /// <param name="allowed">Methods, sorted, <c>OPTIONS</c> among them.</param>
    public static Task NotAllowedAsync(HttpContext context, string allowed)
    {
        context.Response.Headers.Allow = allowed;
        return HttpMethods.IsOptions(context.Request.Method)
            ? Task.CompletedTask
            : ErrorAsync(context, StatusCodes.Status405MethodNotAllowed, "Method Not Allowed");
    }

    public static Task TextAsync(HttpContext context, int status, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        context.Response.StatusCode = status;
        context.Response.ContentType = ContentType;
        context.Response.ContentLength = bytes.Length;
        return HttpMethods.IsHead(context.Request.Method) ? Task.CompletedTask : context.Response.Body.WriteAsync(bytes, context.RequestAborted).AsTask();
    }
}
