namespace Stash.Core.Monitoring.Cluster;

/// <summary>What became of an object.</summary>
public enum ObjectResult
{
    /// <summary>It was made, or something of it was changed.</summary>
    Applied,

    /// <summary>It was as it is to be.</summary>
    Unchanged,

    /// <summary>It is not wanted any more and was deleted; of the Service, its annotations were.</summary>
    Deleted,

    /// <summary>It is not as it is to be, or not known to be.</summary>
    Failed,
}

/// <summary>Why an object could not be made, changed or deleted; for programs, as the reason of a condition.</summary>
public enum FailureReason
{
    /// <summary>The operator lacks a right, which the message names.</summary>
    Forbidden,

    /// <summary>Somebody changed it at the same moment, or it is about to go.</summary>
    Conflict,

    /// <summary>There is one of this name that this operator has not made.</summary>
    OwnedByOther,

    /// <summary>The namespace does not exist.</summary>
    NamespaceNotFound,

    /// <summary>The namespace is being deleted.</summary>
    NamespaceTerminating,

    /// <summary>The operator's Service does not exist.</summary>
    ServiceNotFound,

    /// <summary>The cluster knows no ServiceMonitor.</summary>
    CustomResourceDefinitionNotFound,

    /// <summary>There is nothing yet to bind Prometheus to.</summary>
    ClusterRoleNotFound,

    /// <summary>The API server takes no more requests for a while.</summary>
    TooManyRequests,

    /// <summary>The API server does not answer.</summary>
    Unreachable,

    /// <summary>The API server does not know the operator.</summary>
    Unauthorized,

    /// <summary>The cluster, or a webhook of it, does not take the object.</summary>
    Invalid,

    /// <summary>The API server failed.</summary>
    ServerError,
}

/// <param name="Reason">For programs.</param>
/// <param name="Message">What is wrong and what to do, for people.</param>
/// <param name="RetryAfter">How long the API server wants to be left alone; null where it does not say.</param>
public sealed record ApplyFailure(FailureReason Reason, string Message, TimeSpan? RetryAfter = null)
{
    /// <summary>Whether it is about the API server, so that no other request would do better.</summary>
    public bool IsOfAll => Reason is FailureReason.TooManyRequests or FailureReason.Unreachable or FailureReason.Unauthorized;
}

/// <param name="Ref">Which it is; the name is <c>*</c> where what is of this kind could not be looked for.</param>
/// <param name="Result">What became of it.</param>
/// <param name="Failure">Why it failed; else null.</param>
public sealed record ObjectOutcome(ObjectRef Ref, ObjectResult Result, ApplyFailure? Failure = null)
{
    /// <summary>Its resourceVersion now; null where it is gone, or not known.</summary>
    public string? Version { get; init; }

    /// <summary>When it was made; null where it is gone, or not known.</summary>
    public DateTimeOffset? Made { get; init; }
}

/// <summary>How settings were put into effect.</summary>
/// <param name="Objects">Each object that was wanted, and each that was to go. What is of others is not among them.</param>
/// <param name="Created">What exists because of the settings, as far as is known: for <c>status.created</c>, and for the next time.</param>
public sealed record ApplyResult(IReadOnlyList<ObjectOutcome> Objects, IReadOnlyList<ObjectRef> Created)
{
    public bool Succeeded => Objects.All(o => o.Result != ObjectResult.Failed);

    /// <summary>Whether anything was changed in the cluster.</summary>
    public bool Changed => Objects.Any(o => o.Result is ObjectResult.Applied or ObjectResult.Deleted);

    /// <summary>The longest time that the API server wants to be left alone; null where it says nothing.</summary>
    public TimeSpan? RetryAfter => Objects.Max(o => o.Failure?.RetryAfter);
}

/// <summary>What settings would do to an object.</summary>
/// <param name="Ref">Which it is.</param>
/// <param name="Action"><c>create</c>, <c>update</c>, <c>delete</c> or <c>keep</c>.</param>
/// <param name="Before">Today's, as YAML without what the API server keeps for itself; null where there is none, or it is of others.</param>
/// <param name="After">As it would be; null for a deletion.</param>
/// <param name="Failure">Why that would not work; <paramref name="After"/> then is what is asked for.</param>
public sealed record ObjectPreview(ObjectRef Ref, string Action, string? Before, string? After, ApplyFailure? Failure = null);
