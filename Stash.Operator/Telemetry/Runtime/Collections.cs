using System.Diagnostics.CodeAnalysis;

namespace Stash.Operator.Telemetry.Runtime;

/// <summary>
/// The last collections of the garbage collector: how long each stopped the program, and when the last one was. The runtime tells that of its
/// last collection only; an object that is collected each time, and whose finalizer asks, sees nearly all of them. An event listener would see
/// all, at the price of a thread, of buffers for every thread that collects, and of objects for each of the dozen events of a collection.
/// </summary>
internal sealed class Collections : IDisposable
{
    /// <summary>As many as Go's runtime keeps.</summary>
    private const int Kept = 256;

    private readonly Lock _lock = new();
    private readonly double[] _pauses = new double[Kept];

    /// <summary>Kept here: it has a finalizer too, and must not have run before that of the object that asks.</summary>
    private readonly WeakReference<Collections> _self;
    private long _seen;
    private long _lastIndex;
    private DateTimeOffset? _lastTime;
    private volatile bool _disposed;

    public Collections()
    {
        Note();
        _self = new WeakReference<Collections>(this);
        NewSentinel(_self);
    }

    /// <summary>When the last one was noticed, within moments of its end; null where there was none.</summary>
    public DateTimeOffset? LastTime
    {
        get
        {
            lock (_lock)
            {
                return _lastTime;
            }
        }
    }

    /// <summary>Seconds of pause of the last ones; their order is none.</summary>
    public double[] RecentPauses()
    {
        lock (_lock)
        {
            return _pauses[..(int)Math.Min(_seen, Kept)];
        }
    }

    public void Dispose() => _disposed = true;

    private void Note()
    {
        var last = GC.GetGCMemoryInfo(GCKind.Any);
        lock (_lock)
        {
            if (last.Index == _lastIndex)
            {
                return;
            }

            // One in the background stops the program twice.
            var pause = 0.0;
            foreach (var part in last.PauseDurations)
            {
                pause += part.TotalSeconds;
            }

            _pauses[_seen++ % Kept] = pause;
            _lastIndex = last.Index;
            _lastTime = DateTimeOffset.UtcNow;
        }
    }

    private static void NewSentinel(WeakReference<Collections> owner) => _ = new Sentinel(owner);

    [SuppressMessage("Design", "MA0055:Do not use finalizer", Justification = "It frees nothing: it is how a collection makes itself known.")]
    private sealed class Sentinel(WeakReference<Collections> owner)
    {
        ~Sentinel()
        {
            if (owner.TryGetTarget(out var collections) && !collections._disposed)
            {
                collections.Note();
                NewSentinel(owner);
            }
        }
    }
}
