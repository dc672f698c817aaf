using System.Globalization;
using System.Net;
using System.Text.Json;
using k8s.Autorest;

namespace Stash.Core.Kubernetes;

/// <summary>Why a request to the cluster's API server came to nothing.</summary>
public enum ClusterProblemKind
{
    /// <summary>There is no answer, or none in time.</summary>
    Unreachable,

    /// <summary>It does not know who asks.</summary>
    Unauthorized,

    /// <summary>Who asks may not.</summary>
    Forbidden,

    /// <summary>What is asked for is not there.</summary>
    NotFound,

    /// <summary>What it was to go on from is forgotten (410).</summary>
    Expired,

    /// <summary>It has too much to do at the moment (429).</summary>
    Throttled,

    /// <summary>Any other answer that is none.</summary>
    Failed,
}

/// <summary>What is wrong with a request to the cluster, in words for people, with the remedy.</summary>
/// <param name="Kind">Why, for programs.</param>
/// <param name="Message">A sentence; nothing of an exception is in it.</param>
public sealed record ClusterProblem(ClusterProblemKind Kind, string Message)
{
    /// <summary>Told by what the request threw.</summary>
    /// <param name="exception">Of <see cref="k8s.IKubernetes"/>; its text, which may hold a request and its token, is not used.</param>
    /// <param name="right">What the request needs, as <c>list namespaces</c>.</param>
    /// <param name="remedy">What gives that right.</param>
    /// <param name="user">Who asks; the operator where it is null.</param>
    public static ClusterProblem Of(Exception exception, string right, string remedy, ClusterUser? user = null)
    {
        user ??= ClusterUser.Operator;
        if (((exception as HttpOperationException)?.Response?.StatusCode ?? (exception as ApiServerException)?.Status) is { } code)
        {
            return code switch
            {
                HttpStatusCode.Forbidden => new(ClusterProblemKind.Forbidden, $"{user.May} {right} in the cluster: {remedy}."),
                HttpStatusCode.Unauthorized => new(ClusterProblemKind.Unauthorized, $"The cluster's API server does not know {user.Known}: see that the token or certificate of {user.Credentials} is valid."),
                HttpStatusCode.TooManyRequests => new(ClusterProblemKind.Throttled, $"The cluster's API server is too busy to {right} (429): it is asked again when it said. Where this lasts, it has too little power or too many clients."),
                _ => new(
                    code switch { HttpStatusCode.NotFound => ClusterProblemKind.NotFound, HttpStatusCode.Gone => ClusterProblemKind.Expired, _ => ClusterProblemKind.Failed },
                    string.Create(CultureInfo.InvariantCulture, $"The cluster's API server failed at the request to {right} ({(int)code}): its log tells more.")),
            };
        }

        if (exception is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            return new(ClusterProblemKind.Failed, $"The answer of the cluster's API server to the request to {right} is not understood: see that what it lists is as its definition says.");
        }

        if (exception is IOException or HttpRequestException { HttpRequestError: HttpRequestError.ResponseEnded or HttpRequestError.HttpProtocolError })
        {
            return new(ClusterProblemKind.Unreachable, "The connection to the cluster's API server broke: see that it runs and that nothing between ends its connections.");
        }

        return new(ClusterProblemKind.Unreachable, (exception as HttpRequestException)?.HttpRequestError switch
        {
            HttpRequestError.NameResolutionError => "The name of the cluster's API server cannot be resolved: see that its address is right.",
            HttpRequestError.ConnectionError => "The cluster's API server cannot be connected to: see that it runs and that its address is right.",
            HttpRequestError.SecureConnectionError => "The certificate of the cluster's API server is not from the authority that the kubeconfig or service account names, or not for its address: see that both are of the same cluster.",
            _ => "The cluster's API server does not answer in time: see that it runs and that nothing between holds its answers up.",
        });
    }
}
