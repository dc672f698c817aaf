using System.Diagnostics.CodeAnalysis;

namespace Stash.Operator.Access;

/// <summary>
/// What the cluster has answered, for a short time. Whoever asks the same at the same time shares one question; an exception is an answer to those alone
/// that wait for it. There are two shelves, so that no flood of refused things puts out what was allowed.
/// </summary>
/// <param name="lifetime">Counted from when it was asked.</param>
/// <param name="capacity">Answers on each shelf; the oldest go first.</param>
/// <param name="isGood">By which shelf an answer belongs to.</param>
/// <param name="time">The clock.</param>
internal sealed class Answers<T>(TimeSpan lifetime, int capacity, Func<T, bool> isGood, TimeProvider time)
{
    private readonly Lock _lock = new();
    private readonly Shelf _good = new();
    private readonly Shelf _refused = new();
    private readonly Dictionary<string, Task<T>> _asking = new(StringComparer.Ordinal);

    /// <summary>Answers that are kept.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _good.Known.Count + _refused.Known.Count;
            }
        }
    }

    /// <param name="key">A hash of the question.</param>
    /// <param name="answer">Not older than the lifetime.</param>
    public bool TryGet(string key, [MaybeNullWhen(false)] out T answer)
    {
        lock (_lock)
        {
            return TryGet(_good, key, out answer) || TryGet(_refused, key, out answer);
        }
    }

    /// <summary>What is known, else what <paramref name="ask"/> gives.</summary>
    /// <param name="key">A hash of the question.</param>
    /// <param name="ask">Runs to its end even where nobody waits for it any more: it has to bound its time.</param>
    /// <param name="cancellationToken">Ends the waiting of this caller alone.</param>
    public Task<T> GetAsync(string key, Func<Task<T>> ask, CancellationToken cancellationToken)
    {
        TaskCompletionSource<T>? mine = null;
        Task<T>? task;
        lock (_lock)
        {
            if (TryGet(_good, key, out var known) || TryGet(_refused, key, out known))
            {
                return Task.FromResult(known);
            }

            if (!_asking.TryGetValue(key, out task))
            {
                mine = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
                task = mine.Task;
                _asking.Add(key, task);
            }
        }

        if (mine is not null)
        {
            _ = AskAsync(key, ask, mine);
        }

        return task.WaitAsync(cancellationToken);
    }

    private async Task AskAsync(string key, Func<Task<T>> ask, TaskCompletionSource<T> waiting)
    {
        var asked = time.GetTimestamp();
        try
        {
            var answer = await ask();
            lock (_lock)
            {
                _asking.Remove(key);
                Keep(isGood(answer) ? _good : _refused, key, answer, asked);
            }

            waiting.SetResult(answer);
        }
        catch (Exception e)
        {
            lock (_lock)
            {
                _asking.Remove(key);
            }

            waiting.SetException(e);
            // Where everybody has stopped waiting, it is nobody's.
            _ = waiting.Task.Exception;
        }
    }

    private void Keep(Shelf shelf, string key, T answer, long asked)
    {
        shelf.Known[key] = (answer, asked);
        shelf.Order.Enqueue((key, asked));
        // All live equally long: those at the front are the oldest. One that was asked anew has a place further back.
        while (shelf.Order.TryPeek(out var oldest) && (shelf.Order.Count > capacity || IsOver(oldest.Asked)))
        {
            shelf.Order.Dequeue();
            if (shelf.Known.TryGetValue(oldest.Key, out var kept) && kept.Asked == oldest.Asked)
            {
                shelf.Known.Remove(oldest.Key);
            }
        }
    }

    private bool TryGet(Shelf shelf, string key, [MaybeNullWhen(false)] out T answer)
    {
        if (shelf.Known.TryGetValue(key, out var kept) && !IsOver(kept.Asked))
        {
            answer = kept.Answer;
            return true;
        }

        answer = default;
        return false;
    }

    private bool IsOver(long asked) => time.GetElapsedTime(asked) >= lifetime;

    private sealed class Shelf
    {
        public Dictionary<string, (T Answer, long Asked)> Known { get; } = new(StringComparer.Ordinal);

        public Queue<(string Key, long Asked)> Order { get; } = new();
    }
}
