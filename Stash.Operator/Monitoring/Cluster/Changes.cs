namespace Stash.Operator.Monitoring.Cluster;

/// <summary>
/// Which changes were seen and not looked at yet. Those that the operator has made itself are known by the version that the API server gave them, so that a change does not
/// make work twice.
/// </summary>
internal sealed class Changes
{
    private const int Remembered = 256;

    private readonly Lock _lock = new();
    private readonly HashSet<string> _seen = new(StringComparer.Ordinal);
    private readonly Queue<string> _own = new();

    /// <param name="version">The object's as it is now; null for any other cause.</param>
    public void Saw(string? version)
    {
        lock (_lock)
        {
            _seen.Add(version ?? "");
        }
    }

    /// <summary>Remembers what was made here.</summary>
    public void Made(IEnumerable<string> versions)
    {
        lock (_lock)
        {
            foreach (var version in versions)
            {
                _own.Enqueue(version);
                if (_own.Count > Remembered)
                {
                    _own.Dequeue();
                }
            }
        }
    }

    /// <summary>Whether there is one that is not the operator's own.</summary>
    public bool Any
    {
        get
        {
            lock (_lock)
            {
                _seen.ExceptWith(_own);
                return _seen.Count > 0;
            }
        }
    }

    /// <summary>They are looked at now.</summary>
    public void Take()
    {
        lock (_lock)
        {
            _seen.Clear();
        }
    }
}
