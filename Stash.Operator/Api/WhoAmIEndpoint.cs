using Stash.Core.Api;
using Stash.Operator.Access;
using Stash.Operator.Requests;

namespace Stash.Operator.Api;

/// <summary>Whom the operator takes a caller for, and what they may: so that a console need not try.</summary>
internal static class WhoAmIEndpoint
{
    private static readonly ApiOperation ListSessions = new("list", "sessions", "", IsChange: false);
    private static readonly ApiOperation WatchEvents = new("watch", "events", "", IsChange: false);
    private static readonly ApiOperation GetSettings = new("get", "settings", "", IsChange: false);
    private static readonly ApiOperation PreviewSettings = new("create", "settings", "preview", IsChange: false);
    private static readonly ApiOperation UpdateSettings = new("update", "settings", "", IsChange: true);

    /// <exception cref="ClusterUnavailableException">The cluster does not answer.</exception>
    public static async Task<WhoAmI> OfAsync(HttpContext context, AccessRights rights)
    {
        var caller = Caller.Of(context.User);
        return new WhoAmI
        {
            Name = caller.Name,
            Groups = caller.Groups,
            May = new WhoMay
            {
                ViewSessions = await MayAsync(ListSessions) && await MayAsync(WatchEvents),
                ViewSettings = await MayAsync(GetSettings),
                PreviewSettings = await MayAsync(PreviewSettings),
                EditSettings = await MayAsync(UpdateSettings) && await rights.MayChangeMonitoringAsync(context),
            },
        };

        Task<bool> MayAsync(ApiOperation operation) => rights.MayAsync(context, RequestInfo.Of(operation));
    }
}
