namespace Stash.Operator.Tests.Support;

/// <summary>Waits for conditions; never for a time.</summary>
internal static class Eventually
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(25);

    /// <summary>Asks until the answer is not null.</summary>
    /// <exception cref="TimeoutException">It stayed null for a minute; names what was waited for.</exception>
    public static async Task<T> GetAsync<T>(string what, Func<Task<T?>> ask)
        where T : class
    {
        var stop = TestContext.Current.CancellationToken;
        var end = TimeProvider.System.GetTimestamp() + (long)(Deadline.TotalSeconds * TimeProvider.System.TimestampFrequency);
        while (true)
        {
            if (await ask() is { } answer)
            {
                return answer;
            }

            if (TimeProvider.System.GetTimestamp() > end)
            {
                throw new TimeoutException($"After {Deadline.TotalSeconds} s still not: {what}.");
            }

            await Task.Delay(Pause, stop);
        }
    }

    /// <summary>Asks until the answer is yes.</summary>
    public static Task TrueAsync(string what, Func<Task<bool>> ask) => GetAsync(what, async () => await ask() ? what : null);

    /// <summary>Asks until the answer is yes.</summary>
    public static Task TrueAsync(string what, Func<bool> ask) => TrueAsync(what, () => Task.FromResult(ask()));
}
