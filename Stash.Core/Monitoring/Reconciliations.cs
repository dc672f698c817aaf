namespace Stash.Core.Monitoring;

/// <summary>How an attempt to put settings into effect ended.</summary>
public enum ReconcileResult
{
    /// <summary>Something was changed for them.</summary>
    Applied,

    /// <summary>All was as they want it.</summary>
    Unchanged,

    /// <summary>They are not valid; those before stay in force.</summary>
    Invalid,

    /// <summary>They could not be read, or what they make could not be written.</summary>
    Failed,
}

/// <summary>What a controller that puts settings into effect does; for metrics, read at any time, from any thread.</summary>
public sealed class Reconciliations
{
    private Func<int>? _count;
    private Action<ReconcileResult, TimeSpan>? _ended;
    private int _waiting;

    /// <summary>Changes that wait until those before are in effect.</summary>
    public int Waiting => Volatile.Read(ref _count)?.Invoke() ?? Volatile.Read(ref _waiting);

    /// <summary>Has something else tell how many wait, as a queue; null for counting those of <see cref="WaitAsync"/>.</summary>
    public void CountBy(Func<int>? count) => Volatile.Write(ref _count, count);

    /// <summary>Has somebody told of each attempt from now on: how it ended, and how long it took.</summary>
    public void Subscribe(Action<ReconcileResult, TimeSpan> ended) => _ended += ended;

    /// <summary>Counts one as waiting until it has its turn.</summary>
    public async Task WaitAsync(Func<Task> turn)
    {
        Interlocked.Increment(ref _waiting);
        try
        {
            await turn();
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
    }

    /// <summary>Tells of an attempt.</summary>
    public void Ended(ReconcileResult result, TimeSpan duration) => _ended?.Invoke(result, duration);
}
