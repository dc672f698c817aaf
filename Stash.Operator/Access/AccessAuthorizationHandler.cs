using Microsoft.AspNetCore.Authorization;
using Stash.Operator.Requests;

namespace Stash.Operator.Access;

/// <summary>That whoever is known may do what the request asks for.</summary>
internal sealed class AccessRequirement : IAuthorizationRequirement;

/// <summary>That a caller may do what the request asks for.</summary>
internal sealed class AccessAuthorizationHandler(AccessRights rights, AccessMetrics metrics) : AuthorizationHandler<AccessRequirement>
{
    protected override async Task HandleRequirementAsync(AuthorizationHandlerContext context, AccessRequirement requirement)
    {
        if (context.User.Identity is not { IsAuthenticated: true } || context.Resource is not HttpContext http)
        {
            return;
        }

        try
        {
            var allowed = await rights.MayAsync(http, RequestInfo.Of(http));
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
