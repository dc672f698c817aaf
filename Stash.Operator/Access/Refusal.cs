using Microsoft.Net.Http.Headers;
using Stash.Core.Api;
using Stash.Core.Configuration;
using Stash.Operator.Api;
using Stash.Operator.Requests;

namespace Stash.Operator.Access;

/// <summary>Why a request is not let in, as a Kubernetes <c>Status</c>; a feature of the request once that is known.</summary>
internal sealed record Refusal(KubernetesStatus Status)
{
    private const int AskAgainSeconds = 5;

    /// <summary>401.</summary>
    /// <param name="options">Tell what would be taken.</param>
    /// <param name="why">What is wrong with what was shown; empty where nothing was.</param>
    public static Refusal Unauthorized(StashOptions options, string why)
    {
        var remedy = options switch
        {
            { Kubernetes.IsOn: true } => "Send a token that the cluster knows as \"Authorization: Bearer TOKEN\", or use a client certificate from the cluster's authority.",
            { Api.TokenFile: not null } => "Send the token of the file of Stash:Api:TokenFile as \"Authorization: Bearer TOKEN\".",
            _ => "Send the token of the file api-token in the operator's data folder as \"Authorization: Bearer TOKEN\".",
        };
        return new(ApiStatus.Of(StatusCodes.Status401Unauthorized, "Unauthorized", why.Length == 0 ? remedy : $"{why} {remedy}"));
    }

    /// <summary>403, in the words of Kubernetes.</summary>
    /// <param name="caller">Who may not.</param>
    /// <param name="request">What.</param>
    /// <param name="path">Of the request.</param>
    public static Refusal Forbidden(Caller caller, RequestInfo request, string path)
    {
        if (request.Resource.Length == 0)
        {
            return new(ApiStatus.Of(StatusCodes.Status403Forbidden, "Forbidden",
                $"forbidden: User \"{caller.Name}\" cannot {request.Verb} path \"{(request.Path.Length > 0 ? request.Path : path)}\"", new StatusDetails()));
        }

        var resource = request.Subresource.Length > 0 ? $"{request.Resource}/{request.Subresource}" : request.Resource;
        var name = request.Name.Length > 0 ? $" \"{request.Name}\"" : "";
        return new(ApiStatus.Of(StatusCodes.Status403Forbidden, "Forbidden",
            $"{request.Resource}.{request.Group}{name} is forbidden: User \"{caller.Name}\" cannot {request.Verb} resource \"{resource}\" in API group \"{request.Group}\" at the cluster scope",
            new StatusDetails { Group = request.Group, Kind = request.Resource, Name = request.Name.Length > 0 ? request.Name : null }));
    }

    /// <summary>429.</summary>
    public static Refusal TooMany(TimeSpan wait) =>
        new(ApiStatus.ComeAgain(StatusCodes.Status429TooManyRequests, "Too many wrong credentials have come from this address: try again later.", (int)Math.Ceiling(wait.TotalSeconds)));

    /// <summary>503.</summary>
    public static Refusal Unavailable() => new(ApiStatus.ComeAgain(
        StatusCodes.Status503ServiceUnavailable, "The cluster's API server, which says who may do this, does not answer the operator: try again. The operator's log tells more.", AskAgainSeconds));

    public Task WriteAsync(HttpContext context)
    {
        if (Status.Code == StatusCodes.Status401Unauthorized)
        {
            context.Response.Headers[HeaderNames.WWWAuthenticate] = "Bearer";
        }

        return Status.WriteAsync(context);
    }
}
