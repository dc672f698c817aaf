using System.Runtime.ExceptionServices;

namespace Stash.Operator.Telemetry.Runtime;

/// <summary>Counts exceptions as they are thrown.</summary>
internal sealed class ThrownExceptions : IDisposable
{
    private long _count;

    public ThrownExceptions() => AppDomain.CurrentDomain.FirstChanceException += Thrown;

    public long Count => Volatile.Read(ref _count);

    public void Dispose() => AppDomain.CurrentDomain.FirstChanceException -= Thrown;

    private void Thrown(object? sender, FirstChanceExceptionEventArgs e) => Interlocked.Increment(ref _count);
}
