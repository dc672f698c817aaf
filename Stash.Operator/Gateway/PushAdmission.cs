using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Stash.Core.Configuration;

namespace Stash.Operator.Gateway;

/// <summary>
/// How many pushes are in the process at once, and how much memory their bodies take together. Both are counters: a push waits for nobody,
/// it goes on or is told to come again. Bodies of a few kilobytes take nothing of the memory, so that large ones cannot shut them out.
/// </summary>
internal sealed class PushAdmission(StashOptions options)
{
    /// <summary>Bytes that each body may take beside the common memory.</summary>
    public const int Free = 1 << 14;

    /// <summary>Who has much of the common memory has to send, while it is scarce: bytes a second.</summary>
    private static readonly MinDataRate Hurry = new(1 << 20, TimeSpan.FromSeconds(5));

    private readonly GatewayTraffic _traffic = options.Gateway.Traffic;

    // One push of the largest size always fits, compressed and not.
    private readonly long _memory = Math.Max(options.Gateway.Traffic.MaxBodyMemory, 4 * options.Gateway.MaxPushBytes);
    private int _inProgress;
    private long _taken;

    public int InProgress => Volatile.Read(ref _inProgress);

    /// <summary>Bytes of the common memory that are taken.</summary>
    public long Taken => Volatile.Read(ref _taken);

    /// <summary>Lets a push whose body is there go on. <see cref="Leave"/> when it is done.</summary>
    /// <exception cref="BadPushException">Too many are in progress.</exception>
    public void Enter()
    {
        if (Interlocked.Increment(ref _inProgress) > _traffic.MaxPushesInProgress)
        {
            Leave();
            throw new BadPushException(StatusCodes.Status429TooManyRequests, "too many pushes are in progress: push again in a second, or raise Stash:Gateway:MaxPushesInProgress");
        }
    }

    public void Leave() => Interlocked.Decrement(ref _inProgress);

    /// <summary>Takes bytes of the common memory.</summary>
    /// <exception cref="BadPushException">There are not as many.</exception>
    public void Take(int bytes)
    {
        if (Interlocked.Add(ref _taken, bytes) > _memory)
        {
            Give(bytes);
            throw new BadPushException(StatusCodes.Status429TooManyRequests, "the bodies of other pushes take all the memory there is for them: push again in a second, push less at once, or raise Stash:Gateway:MaxBodyMemory");
        }
    }

    public void Give(int bytes) => Interlocked.Add(ref _taken, -bytes);

    /// <summary>While the common memory is scarce, who holds some of it has to send fast.</summary>
    public void HurryWhereScarce(HttpContext context)
    {
        if (Taken > _memory / 2 && context.Features.Get<IHttpMinRequestBodyDataRateFeature>() is { MinDataRate: not null } rate && rate.MinDataRate != Hurry)
        {
            rate.MinDataRate = Hurry;
        }
    }
}
