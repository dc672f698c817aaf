using System.Collections.Frozen;

namespace Stash.Operator.Gateway.Web;

/// <summary>The files of the web page, out of this program.</summary>
internal static class WebAssets
{
    private static readonly FrozenDictionary<string, (string Type, byte[] Bytes)> Files = new Dictionary<string, (string, byte[])>(StringComparer.Ordinal)
    {
        ["stash.css"] = ("text/css; charset=utf-8", Read("stash.css")),
        ["favicon.svg"] = ("image/svg+xml", Read("favicon.svg")),
    }.ToFrozenDictionary(StringComparer.Ordinal);

    public static Task SendAsync(HttpContext context, string name)
    {
        if (!Files.TryGetValue(name, out var file))
        {
            return PlainText.NotFoundAsync(context);
        }

        context.Response.ContentType = file.Type;
        context.Response.ContentLength = file.Bytes.Length;
        context.Response.Headers.XContentTypeOptions = "nosniff";
        context.Response.Headers.CacheControl = "max-age=300";
        return context.Response.Body.WriteAsync(file.Bytes, context.RequestAborted).AsTask();
    }

    private static byte[] Read(string name)
    {
        using var stream = typeof(WebAssets).Assembly.GetManifestResourceStream($"Stash.Operator.Gateway.Web.Assets.{name}")!;
        using MemoryStream bytes = new();
        stream.CopyTo(bytes);
        return bytes.ToArray();
    }
}
