namespace Stash.Core.Kubernetes.Controllers;

/// <summary>The pace of an informer.</summary>
public sealed record InformerOptions
{
    /// <summary>Objects in one answer to a list.</summary>
    public int PageSize { get; init; } = 500;

    /// <summary>How long one watch may last at least, at most twice as long: the server ends it then, and it is continued.</summary>
    public TimeSpan WatchTimeout { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>How much longer the client waits for that end.</summary>
    public TimeSpan WatchGrace { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long any other request may take, and a watch until it begins.</summary>
    public TimeSpan RequestTimeout { get; init; } = KubernetesConnection.RequestTimeout;

    /// <summary>The wait after a first failure.</summary>
    public TimeSpan FirstRetry { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>The longest wait between tries.</summary>
    public TimeSpan MostRetry { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The same while the resource does not exist in the cluster, and its CustomResourceDefinition is watched.</summary>
    public TimeSpan MissingRetry { get; init; } = TimeSpan.FromMinutes(5);
}

/// <summary>Of an informer, for health and conditions.</summary>
/// <param name="Synced">Whether its store was complete once.</param>
/// <param name="Problem">What keeps it from being up to date now; null where nothing does.</param>
public sealed record InformerState(bool Synced, ClusterProblem? Problem)
{
    /// <summary>As conditions have it: <c>Synced</c>, <c>Listing</c>, or the problem's.</summary>
    public string Reason => Problem?.Kind.ToString() ?? (Synced ? "Synced" : "Listing");
}

/// <summary>What an informer did since it was made.</summary>
/// <param name="Lists">Requests for lists; each page is one.</param>
/// <param name="Watches">Requests for watches.</param>
/// <param name="Errors">Requests that failed, watches that broke, objects that could not be read.</param>
/// <param name="Expired">How often the server no longer had the version it was at (410), so that it listed anew.</param>
/// <param name="Changes">Events that its subscribers were told.</param>
public sealed record InformerCounts(long Lists, long Watches, long Errors, long Expired, long Changes);

public enum ChangeType
{
    Added,
    Updated,
    Deleted,
}

/// <summary>A change of an object.</summary>
/// <param name="Type">Which.</param>
/// <param name="Value">As it is now; of a deleted one, as it was last known.</param>
/// <param name="Old">As it was before; null for an added one.</param>
public sealed record ObjectChange<T>(ChangeType Type, T Value, T? Old);
