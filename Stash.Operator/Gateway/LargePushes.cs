using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace Stash.Operator.Gateway;

/// <summary>
/// Lets few large pushes in at once: one takes some ten times its size in memory until it is stored, and anyone may send any number.
/// The others wait, unread.
/// </summary>
internal sealed class LargePushes : IDisposable
{
    public const int AtOnce = 4;

    /// <summary>Bytes of body up to which a push is not large.</summary>
    public const int Small = 1 << 20;

    /// <summary>Who holds one of few places has to send: bytes a second, after the grace.</summary>
    private static readonly MinDataRate Rate = new(64 << 10, TimeSpan.FromSeconds(10));

    private readonly SemaphoreSlim _places = new(AtOnce);

    /// <summary>Waits for a place where the push may be large.</summary>
    /// <returns>Gives the place back when disposed; null where none is needed.</returns>
    public async ValueTask<IDisposable?> EnterAsync(HttpContext context)
    {
        // Compressed or of no announced length, it may become anything.
        if (context.Request.ContentLength <= Small && context.Request.Headers.ContentEncoding.Count == 0)
        {
            return null;
        }

        await _places.WaitAsync(context.RequestAborted);
        if (context.Features.Get<IHttpMinRequestBodyDataRateFeature>() is { } rate)
        {
            rate.MinDataRate = Rate;
        }

        return new Place(_places);
    }

    public void Dispose() => _places.Dispose();

    private sealed class Place(SemaphoreSlim places) : IDisposable
    {
        public void Dispose() => places.Release();
    }
}
