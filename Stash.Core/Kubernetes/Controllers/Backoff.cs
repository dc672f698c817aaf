namespace Stash.Core.Kubernetes.Controllers;

/// <summary>How long to wait after failures: twice as long each time, up to a limit, and up to half longer by chance, so that many do not come back at once.</summary>
/// <param name="first">The shortest, after the first failure.</param>
/// <param name="most">No wait is longer.</param>
public sealed class Backoff(TimeSpan first, TimeSpan most)
{
    private const double Jitter = 0.5;

    private int _failures;

    public TimeSpan Next()
    {
        var least = Exponential(first, most / (1 + Jitter), _failures++);
#pragma warning disable CA5394 // No secret.
        return least * (1 + (Jitter * Random.Shared.NextDouble()));
#pragma warning restore CA5394
    }

    public void Reset() => _failures = 0;

    /// <returns>first × 2^failures, at most <paramref name="most"/>.</returns>
    public static TimeSpan Exponential(TimeSpan first, TimeSpan most, int failures)
    {
        var seconds = first.TotalSeconds * Math.Pow(2, Math.Min(failures, 62));
        return seconds < most.TotalSeconds ? TimeSpan.FromSeconds(seconds) : most;
    }
}
