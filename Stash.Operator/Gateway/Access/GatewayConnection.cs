namespace Stash.Operator.Gateway.Access;

/// <summary>A client's connection, and how many requests that were refused it has sent. A feature of the connection: its requests see it.</summary>
internal sealed class GatewayConnection(FloodControl flood)
{
    private readonly Lock _lock = new();
    private double _credit = flood.Burst;
    private long _counted = flood.Now;
    private bool _owes;

    /// <summary>Takes note of a request that was refused (4xx).</summary>
    /// <param name="times">For how many it counts.</param>
    public void CountRefused(int times = 1)
    {
        if (flood.PerSecond == 0)
        {
            return;
        }

        lock (_lock)
        {
            Earn();
            _credit -= times;
            Owe(_credit < 0);
        }
    }

    /// <summary>How long the connection has to wait before its next request is looked at; zero where it need not.</summary>
    public TimeSpan Owes()
    {
        lock (_lock)
        {
            Earn();
            Owe(_credit < 0);
            return _credit < 0 ? TimeSpan.FromSeconds(Math.Min(-_credit / flood.PerSecond, FloodControl.MaxWait.TotalSeconds)) : TimeSpan.Zero;
        }
    }

    /// <summary>The connection is gone.</summary>
    public void Close()
    {
        lock (_lock)
        {
            Owe(owes: false);
        }
    }

    private void Earn()
    {
        var now = flood.Now;
        _credit = Math.Min(flood.Burst, _credit + (flood.Since(_counted, now).TotalSeconds * flood.PerSecond));
        _counted = now;
    }

    private void Owe(bool owes)
    {
        if (_owes != owes)
        {
            _owes = owes;
            flood.CountOwing(owes ? 1 : -1);
        }
    }
}
