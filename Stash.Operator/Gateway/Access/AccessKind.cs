namespace Stash.Operator.Gateway.Access;

/// <summary>What a request would do.</summary>
internal enum AccessKind
{
    /// <summary>Exposition, JSON API, web page.</summary>
    Read,

    Push,
    Delete,

    /// <summary>Wipe, quit.</summary>
    Admin,

    /// <summary>Liveness and readiness: open to all.</summary>
    Health,
}

/// <summary>Tells what a request would do, by its method and its path as it was sent. What it does not know is taken for the worst that it can be.</summary>
internal static class AccessKinds
{
    /// <param name="method">The method.</param>
    /// <param name="path">As it was sent, without the route prefix and the query.</param>
    public static AccessKind Of(string method, ReadOnlySpan<char> path)
    {
        if (HttpMethods.IsGet(method) || HttpMethods.IsHead(method) || HttpMethods.IsOptions(method))
        {
            return path is "/-/healthy" or "/-/ready" ? AccessKind.Health : AccessKind.Read;
        }

        // A path that is not in its shortest form may become anything once it is.
        if (path.Contains("//", StringComparison.Ordinal) || path.Contains("/.", StringComparison.Ordinal))
        {
            return AccessKind.Admin;
        }

        if (path.StartsWith("/metrics/job", StringComparison.Ordinal))
        {
            return HttpMethods.IsDelete(method) ? AccessKind.Delete : AccessKind.Push;
        }

        if (path.StartsWith(Core.Sessions.SessionMetrics.RunningPath, StringComparison.Ordinal))
        {
            return AccessKind.Push;
        }

        // The web page's form.
        return path is "/delete" && HttpMethods.IsPost(method) ? AccessKind.Delete : AccessKind.Admin;
    }
}
