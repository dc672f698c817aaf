using System.Collections.Frozen;
using System.Globalization;
using Stash.Operator.Requests;

namespace Stash.Operator.Telemetry.Requests;

/// <summary>Turns what a request and its answer say into label values of fixed sets, so that no client can make series.</summary>
internal static class RequestLabels
{
    public const string Other = "other";

    private static readonly string[] ContentTypes =
    [
        "application/json", "application/yaml", "application/problem+json", "application/openmetrics-text", "application/vnd.google.protobuf", "text/plain", "text/event-stream", "text/html",
    ];

    /// <summary>The statuses that the API answers with; others are told by their class, as <c>5xx</c>.</summary>
    private static readonly FrozenDictionary<int, string> Codes =
        new[] { 200, 201, 202, 204, 206, 304, 307, 308, 400, 401, 403, 404, 405, 406, 408, 409, 410, 411, 412, 413, 415, 422, 429, 431, 499, 500, 501, 502, 503, 504 }
            .ToFrozenDictionary(c => c, c => c.ToString(CultureInfo.InvariantCulture));

    /// <summary>As Kubernetes' API server reports it: the method of a resource's verb, but <c>LIST</c> and <c>WATCH</c>; else the request's.</summary>
    public static string Verb(RequestInfo request) => request.Verb switch
    {
        "get" => "GET",
        "list" => "LIST",
        "watch" => "WATCH",
        "create" or "post" => "POST",
        "update" or "put" => "PUT",
        "patch" => "PATCH",
        "delete" => "DELETE",
        "deletecollection" => "DELETECOLLECTION",
        "head" => "HEAD",
        "options" => "OPTIONS",
        "connect" => "CONNECT",
        "trace" => "TRACE",
        _ => "OTHER",
    };

    /// <summary>A resource has its own; else it is the path of the endpoint, and empty where nothing is.</summary>
    public static string Subresource(RequestInfo request) => request.Resource.Length > 0 ? request.Subresource : request.Path;

    /// <summary>Which part of the process answers.</summary>
    public static string Handler(RequestInfo request) => request switch
    {
        { IsKnown: false } => Other,
        { Resource.Length: > 0 } => "api",
        { Path: var path } when path.StartsWith("/apis", StringComparison.Ordinal) => "api",
        { Path: MetricsEndpoint.Path } => "prometheus",
        { Path: var path } when path.StartsWith("/openapi/", StringComparison.Ordinal) => "openapi",
        { IsOpen: true } => "health",
        _ => Other,
    };

    /// <summary>In lower case, as the Go client's.</summary>
    public static string Method(string method) => RequestInfo.MethodOf(method);

    public static string Code(int status) => Codes.GetValueOrDefault(status) ?? ((status / 100) switch { 1 => "1xx", 2 => "2xx", 3 => "3xx", 4 => "4xx", _ => "5xx" });

    /// <summary>The answer's media type, without its parameters; empty where there is none.</summary>
    public static string ContentType(string? header)
    {
        if (string.IsNullOrEmpty(header))
        {
            return "";
        }

        var type = header.AsSpan();
        var end = type.IndexOf(';');
        type = (end < 0 ? type : type[..end]).Trim();
        foreach (var known in ContentTypes)
        {
            if (type.Equals(known, StringComparison.OrdinalIgnoreCase))
            {
                return known;
            }
        }

        return Other;
    }

    /// <summary>As Kubernetes' API server shortens names of users: a few known ones, what looks like an address, and others.</summary>
    public static string UserName(string name) => name switch
    {
        "admin" or "client" or "kube_proxy" or "kubelet" or "system:serviceaccount:kube-system:default" or "api-token" or "metrics-token" => name,
        _ when name.Contains('@', StringComparison.Ordinal) => "email_id",
        _ => Other,
    };
}
