using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Stash.Core.Configuration;

namespace Stash.Operator.Gateway;

/// <summary>
/// How many pushes are in the process at once, and how much memory their bodies take together. Both are counters: a push waits for nobody,
/// it goes on or is told to come again; large ones alone take turns. Bodies of a few kilobytes take nothing of the memory, so that large ones cannot shut them out.
/// </summary>
internal sealed class PushAdmission(StashOptions options) : IDisposable
{
    /// <summary>Bytes of body from which a push takes its turn to be decompressed and read: some tens of milliseconds of a processor, which small pushes would have to wait for.</summary>
    public const int Large = 1 << 18;

    /// <summary>Bytes that each body may take beside the common memory.</summary>
    public const int Free = 1 << 14;

    /// <summary>Large pushes that wait at most, so that they do not fill the places of small ones.</summary>
    private const int MaxWaiting = 128;

    /// <summary>Who has much of the common memory has to send, while it is scarce: bytes a second.</summary>
    private static readonly MinDataRate Hurry = new(1 << 20, TimeSpan.FromSeconds(5));

    private readonly GatewayTraffic _traffic = options.Gateway.Traffic;

    // One push of the largest size always fits, compressed and not.
    private readonly long _memory = Math.Max(options.Gateway.Traffic.MaxBodyMemory, 4 * options.Gateway.MaxPushBytes);
    private readonly SemaphoreSlim _turns = new(Math.Max(1, Environment.ProcessorCount / 2));
    private int _waiting;
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

    /// <summary>Waits until few enough large pushes are worked on. Their bodies are there: nobody waits for a slow sender.</summary>
    /// <exception cref="BadPushException">Too many wait.</exception>
    public async Task TakeTurnAsync(CancellationToken cancellationToken)
    {
        try
        {
            if (Interlocked.Increment(ref _waiting) > MaxWaiting)
            {
                throw new BadPushException(StatusCodes.Status429TooManyRequests, "too many large pushes wait for their turn: push again in a second, or push less at once");
            }

            await _turns.WaitAsync(cancellationToken);
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
    }

    public void GiveTurn() => _turns.Release();

    public void Dispose() => _turns.Dispose();

    /// <summary>While the common memory is scarce, who holds some of it has to send fast.</summary>
    public void HurryWhereScarce(HttpContext context)
    {
        if (Taken > _memory / 2 && context.Features.Get<IHttpMinRequestBodyDataRateFeature>() is { MinDataRate: not null } rate && rate.MinDataRate != Hurry)
        {
            rate.MinDataRate = Hurry;
        }
    }
}

/// <summary>The turn of one large push.</summary>
internal sealed class LargeTurn(PushAdmission admission) : IDisposable
{
    private bool _taken;

    /// <summary>Waits for it, the first time.</summary>
    public async ValueTask TakeAsync(CancellationToken cancellationToken)
    {
        if (!_taken)
        {
            await admission.TakeTurnAsync(cancellationToken);
            _taken = true;
        }
    }

    public void Dispose()
    {
        if (_taken)
        {
            admission.GiveTurn();
            _taken = false;
        }
    }
}
