using System.Collections.Concurrent;

namespace Stash.Console.Operator;

/// <summary>
/// A page's view of the live feed, a batch at a time: the first change is handed over at once, those that follow closely are
/// gathered, so that a burst renders once and not a thousand times.
/// </summary>
public sealed class LiveBatch : IDisposable
{
    private static readonly TimeSpan Gather = TimeSpan.FromMilliseconds(150);

    private readonly ConcurrentQueue<LiveChange> _changes = new();
    private readonly CancellationTokenSource _disposal = new();
    private readonly CancellationToken _disposed;
    private readonly Func<IReadOnlyList<LiveChange>, Task> _take;
    private readonly TimeProvider _time;
    private readonly LiveSubscription _subscription;
    private int _draining;

    /// <param name="feed">The feed.</param>
    /// <param name="time">Paces the batches.</param>
    /// <param name="take">Gets each batch, one at a time, not on the page's thread.</param>
    public LiveBatch(LiveFeed feed, TimeProvider time, Func<IReadOnlyList<LiveChange>, Task> take)
    {
        _disposed = _disposal.Token;
        _take = take;
        _time = time;
        _subscription = feed.Subscribe(change =>
        {
            _changes.Enqueue(change);
            Drain();
        });
    }

    public void Dispose()
    {
        _subscription.Dispose();
        _disposal.Cancel();
        _disposal.Dispose();
    }

    private void Drain()
    {
        if (Interlocked.Exchange(ref _draining, 1) == 0)
        {
            _ = DrainAsync();
        }
    }

    private async Task DrainAsync()
    {
        // Never on the feed's own thread.
        await Task.Yield();
        try
        {
            List<LiveChange> batch = [];
            while (!_disposed.IsCancellationRequested)
            {
                batch.Clear();
                while (_changes.TryDequeue(out var change))
                {
                    batch.Add(change);
                }

                if (batch.Count == 0)
                {
                    break;
                }

                await _take([.. batch]);
                await Task.Delay(Gather, _time, _disposed);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
        {
            // The page has gone.
        }
        finally
        {
            Volatile.Write(ref _draining, 0);
        }

        if (!_changes.IsEmpty && !_disposed.IsCancellationRequested)
        {
            Drain();
        }
    }
}
