using System.Net;
using System.Threading.RateLimiting;

namespace Stash.Console.SignIn;

/// <summary>Counts wrong tokens by address: ten a minute, then none is looked at, right or wrong, until the minute has passed.</summary>
public sealed class WrongTokenLimiter : IDisposable
{
    public const int PerMinute = 10;

    private readonly PartitionedRateLimiter<IPAddress> _wrong = PartitionedRateLimiter.Create<IPAddress, IPAddress>(address =>
        RateLimitPartition.GetFixedWindowLimiter(address, _ => new FixedWindowRateLimiterOptions { PermitLimit = PerMinute, Window = TimeSpan.FromMinutes(1) }));

    public bool IsExhausted(IPAddress? address)
    {
        // Asking for no permit tells whether any is left.
        using var lease = _wrong.AttemptAcquire(address ?? IPAddress.None, 0);
        return !lease.IsAcquired;
    }

    public void Count(IPAddress? address) => _wrong.AttemptAcquire(address ?? IPAddress.None).Dispose();

    public void Dispose() => _wrong.Dispose();
}
