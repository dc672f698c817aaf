using Microsoft.AspNetCore.Authorization;
using Stash.Operator.Requests;

namespace Stash.Operator.Access;

/// <summary>That whoever is known may do what the request asks for.</summary>
internal sealed class AccessRequirement : IAuthorizationRequirement;

/// <summary>A request whose token is in a file: the rules that hold without a cluster hold for it, whatever the cluster says.</summary>
internal sealed class LocalRights
{
    public static LocalRights Instance { get; } = new();
}

/// <summary>In a cluster it decides, by SubjectAccessReview; else, and for the tokens in files, <see cref="EmbeddedRules"/>.</summary>
internal sealed class AccessAuthorizationHandler(AccessMetrics metrics, ClusterReviews? reviews = null) : AuthorizationHandler<AccessRequirement>
{
    protected override async Task HandleRequirementAsync(AuthorizationHandlerContext context, AccessRequirement requirement)
    {
        if (context.User.Identity is not { IsAuthenticated: true } || context.Resource is not HttpContext http)
        {
            return;
        }

        var (caller, request) = (Caller.Of(context.User), RequestInfo.Of(http));
        try
        {
            var allowed = reviews is null || http.Features.Get<LocalRights>() is not null
                ? EmbeddedRules.Allow(caller, request)
                : await reviews.MayAsync(caller, request, http.Request.Path, http.RequestAborted);
            metrics.CountDecision(allowed ? AccessMetrics.Accepted : AccessMetrics.Refused);
            if (allowed)
            {
                context.Succeed(requirement);
            }
        }
        catch (ClusterUnavailableException)
        {
            metrics.CountDecision(AccessMetrics.Unavailable);
            http.Features.Set(Refusal.Unavailable());
        }
    }
}
