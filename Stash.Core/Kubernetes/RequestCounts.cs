namespace Stash.Core.Kubernetes;

/// <summary>What a request to the API server is for.</summary>
public enum RequestKind
{
    /// <summary>The beginning of a watch, or where one that has ended goes on.</summary>
    Watch,

    /// <summary>The election of a leader.</summary>
    Lease,

    /// <summary>Who somebody is, and what he may.</summary>
    Review,

    /// <summary>Any other one that reads.</summary>
    Read,

    /// <summary>Any other one that changes something.</summary>
    Change,
}

/// <summary>Counts the requests to an API server, whoever makes them and however they end.</summary>
public sealed class RequestCounts
{
    private readonly long[] _counts = new long[Enum.GetValues<RequestKind>().Length];

    public long this[RequestKind kind] => Interlocked.Read(ref _counts[(int)kind]);

    /// <summary>A handler that counts.</summary>
    internal DelegatingHandler Counting() => new Handler(this);

    internal static RequestKind KindOf(HttpMethod method, Uri? address)
    {
        var (path, query) = (address?.AbsolutePath ?? "", address?.Query ?? "");
        return path switch
        {
            _ when query.Contains("watch=true", StringComparison.Ordinal) => RequestKind.Watch,
            _ when path.Contains("/apis/coordination.k8s.io/", StringComparison.Ordinal) => RequestKind.Lease,
            _ when path.EndsWith("reviews", StringComparison.Ordinal) => RequestKind.Review,
            _ => method == HttpMethod.Get ? RequestKind.Read : RequestKind.Change,
        };
    }

    private sealed class Handler(RequestCounts counts) : DelegatingHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref counts._counts[(int)KindOf(request.Method, request.RequestUri)]);
            return base.SendAsync(request, cancellationToken);
        }
    }
}
