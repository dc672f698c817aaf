using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing.Patterns;

namespace Stash.Operator.Requests;

/// <summary>
/// Routing takes a path in any case, percent-encoded, with dots in it or a slash at its end. Here a path has one spelling, the one that rules of proxies and
/// of the cluster name; whoever writes it in another finds nothing.
/// </summary>
internal static class ExactPaths
{
    /// <summary>After routing, before anything that looks at the endpoint.</summary>
    public static void UseExactPaths(this IApplicationBuilder app) => app.Use(next => context =>
    {
        if (context.GetEndpoint() is RouteEndpoint route && !IsExact(context.Request.SentPath(), route.RoutePattern))
        {
            context.SetEndpoint(null);
        }

        return next(context);
    });

    /// <summary>The path as it was sent. A target may be a whole address (<c>GET https://host/path</c>).</summary>
    public static string SentPath(this HttpRequest request)
    {
        var target = request.HttpContext.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        if (!target.StartsWith('/') && target.IndexOf("://", StringComparison.Ordinal) is var scheme and > 0)
        {
            var path = target.IndexOfAny(['/', '?'], scheme + 3);
            target = path < 0 ? "" : target[path..];
        }

        return target.Split('?')[0];
    }

    private static bool IsExact(string path, RoutePattern pattern)
    {
        if (!path.StartsWith('/'))
        {
            return false;
        }

        var sent = path.Length == 1 ? [] : path[1..].Split('/');
        return sent.Length == pattern.PathSegments.Count && pattern.PathSegments.Zip(sent).All(s => IsExact(s.Second, s.First));
    }

    private static bool IsExact(string sent, RoutePatternPathSegment segment) =>
        sent.Length > 0
        && (segment.Parts[0] is not RoutePatternLiteralPart first || sent.StartsWith(first.Content, StringComparison.Ordinal))
        && (segment.Parts[^1] is not RoutePatternLiteralPart last || sent.EndsWith(last.Content, StringComparison.Ordinal))
        && (segment.Parts is not [RoutePatternLiteralPart only] || sent.Length == only.Content.Length);
}
