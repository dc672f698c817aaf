using Stash.Operator.Requests;

namespace Stash.Operator.Access;

/// <summary>Who may do what where no cluster decides: by groups, which a client's certificate names as its organization (<c>O</c>).</summary>
internal static class EmbeddedRules
{
    /// <summary>May do everything.</summary>
    public const string Admin = "stash:admin";

    /// <summary>May read everything, and preview settings.</summary>
    public const string View = "stash:view";

    /// <summary>May read <c>/metrics</c>, and nothing else.</summary>
    public const string Metrics = "stash:metrics";

    public static bool Allow(Caller caller, RequestInfo request)
    {
        var groups = caller.Groups;
        return groups.Contains(Admin, StringComparer.Ordinal)
            || (groups.Contains(View, StringComparer.Ordinal) && IsRead(request))
            || (groups.Contains(Metrics, StringComparer.Ordinal) && request is { Path: "/metrics", Verb: "get" or "head" });
    }

    private static bool IsRead(RequestInfo request) =>
        request is { IsKnown: true, IsChange: false } and ({ Verb: "get" or "head" or "list" or "watch" } or { Resource: "settings", Subresource: "preview" });
}
