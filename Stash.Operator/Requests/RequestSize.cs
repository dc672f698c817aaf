using Microsoft.AspNetCore.Http.Features;

namespace Stash.Operator.Requests;

/// <summary>About how many bytes a request takes, reckoned as the Go client does it.</summary>
internal static class RequestSize
{
    /// <summary>Method, target, protocol, host, headers, and the body's announced length.</summary>
    public static long Of(HttpContext context)
    {
        var request = context.Request;
        long size = request.Method.Length + request.Protocol.Length + context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget.Length + (request.ContentLength ?? 0);
        foreach (var (name, values) in request.Headers)
        {
            // The name of Host is the one that does not count.
            size += name.Length == 4 && name.Equals("Host", StringComparison.OrdinalIgnoreCase) ? 0 : name.Length;
            for (var i = 0; i < values.Count; i++)
            {
                size += values[i]?.Length ?? 0;
            }
        }

        return size;
    }
}
