namespace Stash.Operator.Files;

/// <summary>Lets one of those who ask look at something again, at most once a second; the others go on with what there is, so that a disk that hangs stops no more than one.</summary>
internal sealed class LookPace(TimeProvider time)
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private long _looked = time.GetTimestamp();
    private int _looking;

    /// <summary>Whether it is the caller's turn; it calls <see cref="End"/> then, whatever comes.</summary>
    public bool TryBegin() => time.GetElapsedTime(Volatile.Read(ref _looked)) >= Pause && Interlocked.Exchange(ref _looking, 1) == 0;

    public void End()
    {
        Volatile.Write(ref _looked, time.GetTimestamp());
        Volatile.Write(ref _looking, 0);
    }
}
