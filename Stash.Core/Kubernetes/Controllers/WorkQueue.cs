using System.Diagnostics.CodeAnalysis;
using System.Threading.Channels;

namespace Stash.Core.Kubernetes.Controllers;

/// <summary>
/// Keys of what is to be done. A key waits once however often it was added, and is in progress once: added meanwhile, it waits again when that is done.
/// For any number of threads.
/// </summary>
[SuppressMessage("Naming", "CA1711", Justification = "client-go's name for it")]
public sealed class WorkQueue<TKey> : IDisposable
    where TKey : notnull
{
    private readonly TimeProvider _time;
    private readonly TimeSpan _first;
    private readonly TimeSpan _most;
    private readonly ITimer _timer;
    private readonly Lock _lock = new();
    private readonly Channel<TKey> _ready = Channel.CreateUnbounded<TKey>();
    private readonly Dictionary<TKey, long> _waiting = [];
    private readonly HashSet<TKey> _inProgress = [];
    private readonly Dictionary<TKey, int> _failures = [];
    private readonly Dictionary<TKey, long> _due = [];
    private readonly PriorityQueue<TKey, long> _later = new();
    private Action<TimeSpan>? _taken;
    private bool _ending;

    /// <param name="time">Its clock.</param>
    /// <param name="first">How long a key waits after its first failure; 200 ms where null. Each further one doubles it.</param>
    /// <param name="most">The longest; 30 s where null.</param>
    public WorkQueue(TimeProvider time, TimeSpan? first = null, TimeSpan? most = null)
    {
        _time = time;
        _first = first ?? TimeSpan.FromMilliseconds(200);
        _most = most ?? TimeSpan.FromSeconds(30);
        _timer = time.CreateTimer(_ => Due(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Keys that wait for their turn now; those that wait for a time are not among them.</summary>
    public int Depth
    {
        get
        {
            lock (_lock)
            {
                return _waiting.Count;
            }
        }
    }

    /// <summary>Keys that wait for a time.</summary>
    public int Delayed
    {
        get
        {
            lock (_lock)
            {
                return _due.Count;
            }
        }
    }

    public int InProgress
    {
        get
        {
            lock (_lock)
            {
                return _inProgress.Count;
            }
        }
    }

    /// <summary>How long the key that waits longest for its turn has.</summary>
    public TimeSpan LongestWait
    {
        get
        {
            lock (_lock)
            {
                return _waiting.Count == 0 ? TimeSpan.Zero : _time.GetElapsedTime(_waiting.Values.Min());
            }
        }
    }

    /// <summary>Has somebody told, from now on, of each key's wait when its turn has come.</summary>
    public void Subscribe(Action<TimeSpan> waited) => _taken += waited;

    /// <summary>Adds a key; nothing where it waits already, or no more are taken.</summary>
    public void Add(TKey key)
    {
        lock (_lock)
        {
            if (_ending || !_waiting.TryAdd(key, _time.GetTimestamp()) || _inProgress.Contains(key))
            {
                return;
            }

            _ready.Writer.TryWrite(key);
        }
    }

    /// <summary>Adds a key when a time has passed; the earliest time counts.</summary>
    public void AddAfter(TKey key, TimeSpan delay)
    {
        if (delay <= TimeSpan.Zero)
        {
            Add(key);
            return;
        }

        lock (_lock)
        {
            var due = _time.GetTimestamp() + (long)(delay.TotalSeconds * _time.TimestampFrequency);
            if (_ending || (_due.TryGetValue(key, out var before) && before <= due))
            {
                return;
            }

            _due[key] = due;
            _later.Enqueue(key, due);
            Arm();
        }
    }

    /// <summary>Counts a failure of a key, and adds it after a time that grows with them.</summary>
    /// <returns>That time.</returns>
    public TimeSpan AddRateLimited(TKey key)
    {
        TimeSpan delay;
        lock (_lock)
        {
            var failures = _failures.GetValueOrDefault(key);
            _failures[key] = failures + 1;
            delay = Backoff.Exponential(_first, _most, failures);
        }

        AddAfter(key, delay);
        return delay;
    }

    /// <summary>Forgets a key's failures.</summary>
    public void Forget(TKey key)
    {
        lock (_lock)
        {
            _failures.Remove(key);
        }
    }

    /// <summary>A key's failures since it was forgotten.</summary>
    public int Failures(TKey key)
    {
        lock (_lock)
        {
            return _failures.GetValueOrDefault(key);
        }
    }

    /// <summary>Waits for a key whose turn it is. Who takes it says <see cref="Done"/> at the end.</summary>
    /// <returns>False at the end of the queue.</returns>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async ValueTask<(bool IsTaken, TKey Key)> TakeAsync(CancellationToken cancellationToken)
    {
        TimeSpan waited;
        TKey? key;
        do
        {
            if (!await _ready.Reader.WaitToReadAsync(cancellationToken))
            {
                return (false, default!);
            }
        }
        while (!TryTake(out key, out waited));

        _taken?.Invoke(waited);
        return (true, key);
    }

    /// <summary>Ends a key's progress.</summary>
    public void Done(TKey key)
    {
        lock (_lock)
        {
            if (_inProgress.Remove(key) && _waiting.ContainsKey(key))
            {
                _ready.Writer.TryWrite(key);
            }

            EndIfDone();
        }
    }

    /// <summary>Takes no more keys. Those that wait for their turn still get it; those that wait for a time do not.</summary>
    /// <returns>Ends when all are done.</returns>
    public Task ShutDownAsync()
    {
        lock (_lock)
        {
            _ending = true;
            _due.Clear();
            _later.Clear();
            EndIfDone();
        }

        return _ready.Reader.Completion;
    }

    /// <summary>Does what is added, until the queue ends: a key that fails is done again after its time, one that does not is forgotten.</summary>
    /// <param name="workers">How many keys at once.</param>
    /// <param name="work">For one key. It gets the token.</param>
    /// <param name="failed">Is told of what <paramref name="work"/> throws.</param>
    /// <param name="cancellationToken">Ends at once: what waits is not done.</param>
    public Task RunAsync(int workers, Func<TKey, CancellationToken, Task> work, Action<TKey, Exception> failed, CancellationToken cancellationToken) =>
        Task.WhenAll(Enumerable.Range(0, workers).Select(_ => Task.Run(() => WorkAsync(work, failed, cancellationToken), CancellationToken.None)));

    public void Dispose()
    {
        _ = ShutDownAsync();
        _timer.Dispose();
    }

    private async Task WorkAsync(Func<TKey, CancellationToken, Task> work, Action<TKey, Exception> failed, CancellationToken cancellationToken)
    {
        try
        {
            while (await TakeAsync(cancellationToken) is (true, var key))
            {
                try
                {
                    await work(key, cancellationToken);
                    Forget(key);
                }
                catch (Exception e) when (!cancellationToken.IsCancellationRequested)
                {
                    failed(key, e);
                    AddRateLimited(key);
                }
                finally
                {
                    Done(key);
                }
            }
        }
        catch (Exception) when (cancellationToken.IsCancellationRequested)
        {
            // Asked for.
        }
    }

    private bool TryTake([MaybeNullWhen(false)] out TKey key, out TimeSpan waited)
    {
        lock (_lock)
        {
            waited = default;
            if (!_ready.Reader.TryRead(out key))
            {
                return false;
            }

            _waiting.Remove(key, out var since);
            waited = _time.GetElapsedTime(since);
            _inProgress.Add(key);
            return true;
        }
    }

    private void Due()
    {
        lock (_lock)
        {
            var now = _time.GetTimestamp();
            while (_later.TryPeek(out var key, out var due) && due <= now)
            {
                _later.Dequeue();
                // One that was added again for an earlier time is here twice.
                if (_due.TryGetValue(key, out var counts) && counts == due)
                {
                    _due.Remove(key);
                    Add(key);
                }
            }

            Arm();
        }
    }

    private void Arm()
    {
        if (_later.TryPeek(out _, out var due))
        {
            // Rounded up: a timer that comes early would come again.
            var wait = TimeSpan.FromMilliseconds(Math.Ceiling(Math.Max(0, due - _time.GetTimestamp()) * 1000.0 / _time.TimestampFrequency));
            _timer.Change(wait, Timeout.InfiniteTimeSpan);
        }
    }

    private void EndIfDone()
    {
        if (_ending && _waiting.Count == 0 && _inProgress.Count == 0)
        {
            _ready.Writer.TryComplete();
        }
    }
}
