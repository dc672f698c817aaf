using System.Buffers;
using System.Collections.Concurrent;

namespace Stash.Operator.Telemetry.Requests;

/// <summary>
/// The programs that send requests, by the first product of their <c>User-Agent</c> (<c>Prometheus</c> of <c>Prometheus/2.42.0</c>). Only who has proven who it is
/// can bring in a name, and there are no more than <see cref="Most"/>: the rest is <c>other</c>.
/// </summary>
internal sealed class ClientNames
{
    public const int Most = 50;

    private const int LongestName = 40;
    private static readonly SearchValues<char> Ends = SearchValues.Create("/ (;,\t");
    private static readonly SearchValues<char> Accepted = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.+");

    private readonly ConcurrentDictionary<string, string> _names = new(StringComparer.Ordinal);
    private readonly Lock _adding = new();
    private volatile bool _full;

    /// <param name="userAgent">The header; null or empty where there is none.</param>
    /// <param name="isAuthenticated">Whether the client has proven who it is.</param>
    public string Of(string? userAgent, bool isAuthenticated)
    {
        var agent = userAgent.AsSpan().Trim();
        if (agent.IsEmpty)
        {
            return "unknown";
        }

        if (agent.StartsWith("Mozilla/", StringComparison.Ordinal))
        {
            return "Browser";
        }

        var end = agent.IndexOfAny(Ends);
        var name = end < 0 ? agent : agent[..end];
        return isAuthenticated && name.Length is > 0 and <= LongestName && !name.ContainsAnyExcept(Accepted) && char.IsAsciiLetter(name[0]) ? Known(name) : RequestLabels.Other;
    }

    private string Known(ReadOnlySpan<char> name)
    {
        var names = _names.GetAlternateLookup<ReadOnlySpan<char>>();
        if (names.TryGetValue(name, out var known))
        {
            return known;
        }

        if (_full)
        {
            return RequestLabels.Other;
        }

        lock (_adding)
        {
            if (!_full && !names.TryGetValue(name, out known))
            {
                known = name.ToString();
                _names[known] = known;
                _full = _names.Count >= Most;
            }

            return known ?? RequestLabels.Other;
        }
    }
}
