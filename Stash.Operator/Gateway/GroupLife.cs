using System.Globalization;
using Microsoft.Extensions.Primitives;
using Stash.Core.Configuration;
using Stash.Core.Sessions;

namespace Stash.Operator.Gateway;

/// <summary>Reads from a push's headers how long its group may stay without another.</summary>
internal static class GroupLife
{
    /// <summary>A hundred years.</summary>
    private const long MostSeconds = 3_155_760_000;

    /// <returns>What is wrong with the headers; null where nothing is.</returns>
    /// <param name="headers">Of the push.</param>
    /// <param name="options">How many runs may be missed.</param>
    /// <param name="life">Null where the headers do not say; the longest there is for ever.</param>
    public static string? Read(IHeaderDictionary headers, GatewayOptions options, out TimeSpan? life)
    {
        life = null;
        if (headers.TryGetValue(SessionMetrics.TimeToLiveHeader, out var own))
        {
            if (!TrySeconds(own, 0, out var seconds))
            {
                return Wrong(SessionMetrics.TimeToLiveHeader, "0 (never) ");
            }

            life = seconds == 0 ? TimeSpan.MaxValue : TimeSpan.FromSeconds(seconds);
        }

        if (headers.TryGetValue(SessionMetrics.SessionIntervalHeader, out var interval))
        {
            if (!TrySeconds(interval, 1, out var seconds))
            {
                return Wrong(SessionMetrics.SessionIntervalHeader, "1 ");
            }

            if (options.MissedRunsToExpire > 0)
            {
                // The run after the missed ones is given its time too: where one may be missed, the group waits for the second.
                life ??= TimeSpan.FromSeconds(Math.Min(seconds * (options.MissedRunsToExpire + 1), MostSeconds));
            }
        }

        return null;
    }

    private static bool TrySeconds(StringValues values, long least, out long seconds)
    {
        seconds = 0;
        return values.Count == 1 && long.TryParse(values[0], NumberStyles.None, CultureInfo.InvariantCulture, out seconds) && seconds >= least && seconds <= MostSeconds;
    }

    private static string Wrong(string header, string least) =>
        string.Create(CultureInfo.InvariantCulture, $"header {header}: give it once, in whole seconds, {least}to {MostSeconds}");
}
