namespace Stash.Operator.Monitoring.Cluster;

/// <summary>
/// How soon a pass may follow the one before: at once, until somebody changes without end what the operator makes; then twice a second. And not before the API server wants to be asked.
/// </summary>
internal sealed class PassPace(TimeProvider time)
{
    private const int Burst = 20;
    private const double PerSecond = 2;

    private double _left = Burst;
    private long _at = time.GetTimestamp();
    private long _notBefore;

    /// <summary>Zero where a pass may begin now; then it counts.</summary>
    public TimeSpan Wait()
    {
        var now = time.GetTimestamp();
        if (_notBefore > now)
        {
            return time.GetElapsedTime(now, _notBefore);
        }

        _left = Math.Min(Burst, _left + (time.GetElapsedTime(_at, now).TotalSeconds * PerSecond));
        _at = now;
        if (_left < 1)
        {
            return TimeSpan.FromSeconds((1 - _left) / PerSecond);
        }

        _left--;
        return TimeSpan.Zero;
    }

    /// <summary>The API server wants to be left alone.</summary>
    public void NotBefore(TimeSpan after) => _notBefore = time.GetTimestamp() + (long)(after.TotalSeconds * time.TimestampFrequency);
}
