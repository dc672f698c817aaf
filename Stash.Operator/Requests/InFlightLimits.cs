using Stash.Core.Configuration;

namespace Stash.Operator.Requests;

/// <summary>How many requests to the API may be in progress at once: those that read, those that change something, and streams, each apart.</summary>
internal sealed class InFlightLimits(StashOptions options)
{
    /// <summary>A console has one stream for all its browsers.</summary>
    public const int MaxStreams = 100;

    public InFlightKind Reads { get; } = new(options.Api.MaxReadsInFlight, "too many requests are in progress: come again in a second, or raise Stash:Api:MaxReadsInFlight");

    public InFlightKind Changes { get; } = new(options.Api.MaxChangesInFlight, "too many changes are in progress: come again in a second, or raise Stash:Api:MaxChangesInFlight");

    public InFlightKind Streams { get; } = new(MaxStreams, $"{MaxStreams} streams are open, and there are no more: close some");

    public InFlightKind For(RequestInfo request) => request.IsLongRunning ? Streams : request.IsMutating ? Changes : Reads;
}

/// <summary>Requests of one kind.</summary>
/// <param name="limit">Of those in progress.</param>
/// <param name="refusal">What a request beyond it is told.</param>
internal sealed class InFlightKind(int limit, string refusal)
{
    private int _counted;
    private int _exempt;
    private long _refused;

    public string Refusal => refusal;

    /// <summary>In progress, the exempt among them.</summary>
    public int Current => Volatile.Read(ref _counted) + Volatile.Read(ref _exempt);

    /// <summary>Refused since the start.</summary>
    public long Refused => Volatile.Read(ref _refused);

    /// <param name="isExempt">Never refused, and takes no other's place.</param>
    /// <returns>False where it is refused; else <see cref="Leave"/> has to follow.</returns>
    public bool TryEnter(bool isExempt)
    {
        if (isExempt)
        {
            Interlocked.Increment(ref _exempt);
            return true;
        }

        if (Interlocked.Increment(ref _counted) <= limit)
        {
            return true;
        }

        Interlocked.Decrement(ref _counted);
        Interlocked.Increment(ref _refused);
        return false;
    }

    /// <param name="isExempt">As it entered.</param>
    public void Leave(bool isExempt) => Interlocked.Decrement(ref isExempt ? ref _exempt : ref _counted);
}
