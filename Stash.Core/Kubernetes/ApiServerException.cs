using System.Net;

namespace Stash.Core.Kubernetes;

/// <summary>The API server answered with an error, or sent one in a watch.</summary>
/// <param name="status">Its code.</param>
/// <param name="detail">What it said, for the log.</param>
/// <param name="retryAfter">When it wants to be asked again; null where it did not say.</param>
public sealed class ApiServerException(HttpStatusCode status, string detail, TimeSpan? retryAfter = null) : Exception($"{(int)status}: {detail}")
{
    public HttpStatusCode Status => status;

    public TimeSpan? RetryAfter => retryAfter;
}
