namespace Stash.Core.Sessions.Journal;

/// <summary>How far the journal has come with the gateway's log, and what it met. For metrics: read at any time, from any thread.</summary>
public sealed class JournalProgress
{
    private long _position;
    private long _ticks;
    private long _sessions;
    private long _failures;
    private volatile bool _failing;

    /// <summary>Position in the log up to which all sessions are in the journal.</summary>
    public long Position => Volatile.Read(ref _position);

    /// <summary>Sessions taken in since the start.</summary>
    public long Sessions => Volatile.Read(ref _sessions);

    /// <summary>Attempts since the start that failed, as on a full disk.</summary>
    public long Failures => Volatile.Read(ref _failures);

    /// <summary>Whether the last attempt failed.</summary>
    public bool IsFailing => _failing;

    /// <summary>Records that the log has and the journal has not yet seen.</summary>
    /// <param name="last">The log's last position.</param>
    public long LagRecords(long last) => Math.Max(0, last - Position);

    /// <summary>How long ago the last record that is taken in was pushed; zero where the log has no other.</summary>
    /// <param name="last">The log's last position.</param>
    /// <param name="now">The time now.</param>
    public TimeSpan Lag(long last, DateTimeOffset now)
    {
        var ticks = Volatile.Read(ref _ticks);
        return last <= Position || ticks == 0 || ticks > now.UtcTicks ? TimeSpan.Zero : TimeSpan.FromTicks(now.UtcTicks - ticks);
    }

    internal void Begin(long position)
    {
        Volatile.Write(ref _position, position);
        _failing = false;
    }

    internal void TookIn(long position, DateTimeOffset time, int sessions)
    {
        Volatile.Write(ref _ticks, time.UtcTicks);
        Volatile.Write(ref _position, position);
        Interlocked.Add(ref _sessions, sessions);
        _failing = false;
    }

    /// <summary>Counts a failure.</summary>
    public void Failed()
    {
        _failing = true;
        Interlocked.Increment(ref _failures);
    }
}
