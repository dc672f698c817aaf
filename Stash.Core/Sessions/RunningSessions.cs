namespace Stash.Core.Sessions;

/// <summary>
/// The sessions in progress, in memory. A session stays until it is removed, or until no report of it came for
/// <see cref="RunningSession.Expiry"/>. One that was removed does not come back by a report that was late.
/// </summary>
public sealed class RunningSessions : IDisposable
{
    /// <summary>Sessions at once: a report of one more is refused until another ends.</summary>
    public const int MaxSessions = 10_000;

    private const int MaxEnded = 10_000;
    private static readonly TimeSpan SweepEvery = RunningSession.Expiry / 6;

    private readonly Lock _lock = new();
    private readonly TimeProvider _time;
    private readonly ITimer _sweep;
    private readonly Dictionary<string, (RunningSession Session, long Reported)> _sessions = new(StringComparer.Ordinal);
    private readonly HashSet<string> _ended = new(StringComparer.Ordinal);
    private readonly Queue<string> _endedOrder = new();
    private readonly List<Action<RunningChange>> _subscribers = [];

    public RunningSessions(TimeProvider time)
    {
        _time = time;
        _sweep = time.CreateTimer(_ => Sweep(), null, SweepEvery, SweepEvery);
    }

    /// <summary>The sessions in progress, newest start first.</summary>
    public IReadOnlyList<RunningSession> All
    {
        get
        {
            lock (_lock)
            {
                return [.. _sessions.Values.Where(s => !HasExpired(s.Reported)).Select(s => s.Session)
                    .OrderByDescending(s => s.StartTime).ThenBy(s => s.Id, StringComparer.Ordinal)];
            }
        }
    }

    /// <summary>True where the session is in progress.</summary>
    public bool Contains(string id)
    {
        lock (_lock)
        {
            return _sessions.ContainsKey(id);
        }
    }

    /// <summary>Takes in a report that <see cref="RunningSessionValidation"/> has passed.</summary>
    public ReportVerdict Report(RunningSession session)
    {
        lock (_lock)
        {
            if (_ended.Contains(session.Id))
            {
                return ReportVerdict.Ended;
            }

            if (_sessions.Count >= MaxSessions && !_sessions.ContainsKey(session.Id))
            {
                return ReportVerdict.Full;
            }

            _sessions[session.Id] = (session, _time.GetTimestamp());
            Tell(new RunningChange(session.Id, session));
            return ReportVerdict.Taken;
        }
    }

    /// <summary>The session has ended: it goes from the list, and later reports of it are refused.</summary>
    public void Remove(string id)
    {
        lock (_lock)
        {
            if (_ended.Add(id))
            {
                _endedOrder.Enqueue(id);
                if (_endedOrder.Count > MaxEnded)
                {
                    _ended.Remove(_endedOrder.Dequeue());
                }
            }

            if (_sessions.Remove(id))
            {
                Tell(new RunningChange(id, null));
            }
        }
    }

    /// <summary>Has every change told, in order, until the result is disposed. The call must be short and must not block: reports wait for it.</summary>
    public IDisposable Subscribe(Action<RunningChange> changed)
    {
        lock (_lock)
        {
            _subscribers.Add(changed);
        }

        return new Subscription(this, changed);
    }

    public void Dispose() => _sweep.Dispose();

    private void Sweep()
    {
        lock (_lock)
        {
            // Silent, not ended: its runner may be back, as after a lost network.
            foreach (var id in _sessions.Where(s => HasExpired(s.Value.Reported)).Select(s => s.Key).ToList())
            {
                _sessions.Remove(id);
                Tell(new RunningChange(id, null));
            }
        }
    }

    private bool HasExpired(long reported) => _time.GetElapsedTime(reported) >= RunningSession.Expiry;

    private void Tell(RunningChange change)
    {
        foreach (var subscriber in _subscribers)
        {
            subscriber(change);
        }
    }

    private sealed class Subscription(RunningSessions sessions, Action<RunningChange> changed) : IDisposable
    {
        public void Dispose()
        {
            lock (sessions._lock)
            {
                sessions._subscribers.Remove(changed);
            }
        }
    }
}

/// <param name="Id">Which session.</param>
/// <param name="Session">It, as last reported; null where it is no longer in progress.</param>
public readonly record struct RunningChange(string Id, RunningSession? Session);

/// <summary>What became of a report.</summary>
public enum ReportVerdict
{
    /// <summary>The session is in the list as reported.</summary>
    Taken,

    /// <summary>The session has ended before; the report is dropped.</summary>
    Ended,

    /// <summary><see cref="RunningSessions.MaxSessions"/> are in progress already; the report is dropped.</summary>
    Full,
}
