using System.Diagnostics;

namespace Stash.EndToEnd.Tests.Support;

/// <summary>Waits for a condition instead of a time.</summary>
internal static class Wait
{
    private static readonly TimeSpan Usual = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Between = TimeSpan.FromMilliseconds(50);

    /// <summary>Until the condition holds; fails, naming it, where it does not in time.</summary>
    /// <param name="what">What is waited for, for the failure's text.</param>
    /// <param name="condition">An exception counts as "not yet".</param>
    /// <param name="state">What to tell in a failure; null for nothing.</param>
    /// <param name="deadline">Null for a minute.</param>
    public static async Task UntilAsync(string what, Func<Task<bool>> condition, Func<string>? state = null, TimeSpan? deadline = null)
    {
        var limit = deadline ?? Usual;
        var clock = Stopwatch.StartNew();
        Exception? last = null;
        while (clock.Elapsed < limit)
        {
            try
            {
                if (await condition())
                {
                    return;
                }

                last = null;
            }
            catch (Exception e) when (e is not OperationCanceledException || !TestContext.Current.CancellationToken.IsCancellationRequested)
            {
                last = e;
            }

            await Task.Delay(Between, TestContext.Current.CancellationToken);
        }

        Assert.Fail($"Not within {limit.TotalSeconds:0} s: {what}. {last?.Message} {state?.Invoke()}");
    }

    public static Task UntilAsync(string what, Func<bool> condition, Func<string>? state = null, TimeSpan? deadline = null) =>
        UntilAsync(what, () => Task.FromResult(condition()), state, deadline);
}
