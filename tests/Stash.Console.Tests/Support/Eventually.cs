using System.Diagnostics;

namespace Stash.Console.Tests.Support;

/// <summary>Waits for a condition, with a deadline that only a broken program meets.</summary>
internal static class Eventually
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    public static async Task Holds(Func<bool> condition, string what)
    {
        var watch = Stopwatch.StartNew();
        while (!condition())
        {
            if (watch.Elapsed > Deadline)
            {
                throw new TimeoutException($"It never came about that {what}.");
            }

            await Task.Delay(15, TestContext.Current.CancellationToken);
        }
    }
}
