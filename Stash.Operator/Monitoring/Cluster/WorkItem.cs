using Stash.Core.Monitoring;
using Stash.Operator.Access;

namespace Stash.Operator.Monitoring.Cluster;

/// <summary>One of the things that the leader keeps as they are to be.</summary>
/// <param name="time">Its clock.</param>
/// <param name="reconciliations">Gets how each pass ended.</param>
/// <param name="pass">Does it.</param>
internal sealed class WorkItem(TimeProvider time, Reconciliations reconciliations, Func<Changes, CancellationToken, Task<Pass>> pass)
{
    private long? _retry;

    public Changes Changes { get; } = new();

    public PassPace Pace { get; } = new(time);

    /// <summary>Whether there is anything that another pass would find.</summary>
    public bool IsDue => Changes.Any || RetryIn <= TimeSpan.Zero;

    /// <summary>How long until it is to be tried again, whatever happens; null for never.</summary>
    public TimeSpan? RetryIn => _retry is { } at ? time.GetElapsedTime(time.GetTimestamp(), at) : null;

    /// <param name="after">Null for never.</param>
    public void RetryAfter(TimeSpan? after) => _retry = after is { } wait ? time.GetTimestamp() + (long)(wait.TotalSeconds * time.TimestampFrequency) : null;

    /// <summary>One pass. What the cluster answers is no exception.</summary>
    /// <param name="fault">Is told of what is none of the cluster's.</param>
    /// <param name="stop">Ends it.</param>
    public async Task<Pass> RunAsync(Action<Exception> fault, CancellationToken stop)
    {
        Changes.Take();
        var began = time.GetTimestamp();
        Pass ended;
        try
        {
            ended = await pass(Changes, stop);
        }
        catch (ClusterUnavailableException e)
        {
            ended = new(ReconcileResult.Failed, PassRetry.Soon, e.RetryAfter);
        }
        catch (Exception e) when (!stop.IsCancellationRequested)
        {
            fault(e);
            ended = new(ReconcileResult.Failed, PassRetry.Soon);
        }

        reconciliations.Ended(ended.Result, time.GetElapsedTime(began));
        return ended;
    }
}
