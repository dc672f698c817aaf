using Stash.Core.Monitoring;
using Stash.Core.Monitoring.Cluster;

namespace Stash.Operator.Monitoring.Cluster;

/// <summary>How a pass ended.</summary>
/// <param name="Result">For metrics.</param>
/// <param name="Retry">When there is to be another one.</param>
/// <param name="After">Not before that; what the API server wants.</param>
internal sealed record Pass(ReconcileResult Result, PassRetry Retry = PassRetry.None, TimeSpan? After = null)
{
    /// <summary>Failures whose end is seen by a watch, so that asking again is for the case that this is missed.</summary>
    private static readonly FailureReason[] Seen =
    [
        FailureReason.OwnedByOther, FailureReason.NamespaceNotFound, FailureReason.NamespaceTerminating, FailureReason.ServiceNotFound, FailureReason.CustomResourceDefinitionNotFound,
    ];

    /// <summary>By what became of the objects.</summary>
    public static Pass Of(ApplyResult result)
    {
        var failures = result.Objects.Select(o => o.Failure).OfType<ApplyFailure>().ToArray();
        return failures.Length == 0
            ? new(result.Changed ? ReconcileResult.Applied : ReconcileResult.Unchanged)
            : new(ReconcileResult.Failed, failures.All(f => Seen.Contains(f.Reason)) ? PassRetry.Seldom : PassRetry.Soon, result.RetryAfter);
    }
}

internal enum PassRetry
{
    /// <summary>When something changes.</summary>
    None,

    /// <summary>After a wait that grows with each failure.</summary>
    Soon,

    /// <summary>After minutes.</summary>
    Seldom,
}
