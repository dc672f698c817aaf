namespace Stash.Operator.Gateway.Access;

/// <summary>The exporter-toolkit's <c>rate_limit</c>: one request per interval, and a burst.</summary>
internal sealed class RequestRate(TimeSpan interval, int burst, TimeProvider time)
{
    private readonly Lock _lock = new();
    private double _credit = burst;
    private long _counted = time.GetTimestamp();

    public bool TryTake()
    {
        lock (_lock)
        {
            var now = time.GetTimestamp();
            _credit = Math.Min(burst, _credit + (time.GetElapsedTime(_counted, now) / interval));
            _counted = now;
            if (_credit < 1)
            {
                return false;
            }

            _credit--;
            return true;
        }
    }
}
