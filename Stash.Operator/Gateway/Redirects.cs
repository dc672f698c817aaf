using System.Text.Encodings.Web;

namespace Stash.Operator.Gateway;

/// <summary>Redirects as the reference's.</summary>
internal static class Redirects
{
    /// <summary>Sends a client to another path, with the request's query.</summary>
    public static Task SendAsync(HttpContext context, int status, string path)
    {
        var location = RequestPath.Canonical(path) + context.Request.QueryString;
        context.Response.StatusCode = status;
        context.Response.Headers.Location = location;
        if (!HttpMethods.IsGet(context.Request.Method) && !HttpMethods.IsHead(context.Request.Method))
        {
            return Task.CompletedTask;
        }

        // For a person: the reference's page, word for word.
        var reason = status == StatusCodes.Status301MovedPermanently ? "Moved Permanently" : "Temporary Redirect";
        context.Response.ContentType = "text/html; charset=utf-8";
        return HttpMethods.IsHead(context.Request.Method)
            ? Task.CompletedTask
            : context.Response.WriteAsync($"<a href=\"{HtmlEncoder.Default.Encode(location)}\">{reason}</a>.\n\n", context.RequestAborted);
    }
}
