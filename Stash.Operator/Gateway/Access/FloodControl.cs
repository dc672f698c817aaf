using Microsoft.AspNetCore.Server.Kestrel.Core;
using Stash.Core.Configuration;

namespace Stash.Operator.Gateway.Access;

/// <summary>
/// Keeps a flood of bad requests from taking the time of good ones. Every connection may send some that are refused; one that sends more
/// has each further request wait its turn, unread, so that it gets no more than a few answers a second however many it sends. It is by connection and not by
/// address, since a proxy or a machine has good and bad clients behind one. While no connection owes anything, all this costs a request one read of a counter.
/// </summary>
internal sealed class FloodControl(GatewayTraffic traffic, TimeProvider time)
{
    public static readonly TimeSpan MaxWait = TimeSpan.FromSeconds(5);

    private int _owing;
    private int _waiting;
    private long _delayed;
    private long _turnedAway;

    public int Burst => traffic.BadRequestBurst;

    public int PerSecond => traffic.BadRequestsPerSecond;

    public long Now => time.GetTimestamp();

    /// <summary>Whether any connection has to wait.</summary>
    public bool IsAnyOwing => Volatile.Read(ref _owing) > 0;

    /// <summary>Requests that wait now.</summary>
    public int Waiting => Volatile.Read(ref _waiting);

    /// <summary>Requests that have waited since the start.</summary>
    public long Delayed => Volatile.Read(ref _delayed);

    /// <summary>Requests that could not even wait.</summary>
    public long TurnedAway => Volatile.Read(ref _turnedAway);

    public TimeSpan Since(long then, long now) => time.GetElapsedTime(then, now);

    public void CountOwing(int change) => Interlocked.Add(ref _owing, change);

    /// <summary>Gives each connection of a listener its account.</summary>
    public void Watch(ListenOptions listen) => listen.Use(next => async connection =>
    {
        GatewayConnection account = new(this);
        connection.Features.Set(account);
        try
        {
            await next(connection);
        }
        finally
        {
            account.Close();
        }
    });

    /// <summary>Waits until the connection owes nothing.</summary>
    /// <returns>Null where the request may go on; else how long the client should stay away, since too many wait.</returns>
    public async ValueTask<TimeSpan?> WaitAsync(HttpContext context)
    {
        var account = context.Features.Get<GatewayConnection>();
        if (account is null || account.Owes() is var wait && wait == TimeSpan.Zero)
        {
            return null;
        }

        try
        {
            if (Interlocked.Increment(ref _waiting) > traffic.MaxWaiting)
            {
                Interlocked.Increment(ref _turnedAway);
                return wait;
            }

            Interlocked.Increment(ref _delayed);
            await Task.Delay(wait, time, context.RequestAborted);
            return null;
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
    }
}
