using System.Globalization;
using Stash.Core.Exposition;
using Stash.Core.Gateway;

namespace Stash.Operator.Gateway.Web;

/// <summary>Which groups the page shows.</summary>
internal sealed record GroupsQuery
{
    private const int MaxWords = 20;

    /// <summary>Words that all have to be in the group's labels, each as <c>name="value"</c>, in any case.</summary>
    public string Filter { get; init; } = "";

    /// <summary>Only groups whose last push failed.</summary>
    public bool Failed { get; init; }

    /// <summary>From 1.</summary>
    public int Page { get; init; } = 1;

    /// <summary>What the page before this one deleted: the group's path, or <c>all</c>.</summary>
    public string Deleted { get; init; } = "";

    public static GroupsQuery Of(IQueryCollection query) => new()
    {
        Filter = query["q"].ToString().Trim(),
        Failed = query["show"] == "failed",
        Page = int.TryParse(query["page"], NumberStyles.None, CultureInfo.InvariantCulture, out var page) ? Math.Max(1, page) : 1,
        Deleted = query["deleted"].ToString(),
    };

    public static bool HasFailed(GroupView group) => group.FailureTime is { } failure && (group.PushTime is not { } push || failure >= push);

    /// <summary>Whether a group is shown.</summary>
    public Func<GroupView, bool> Predicate()
    {
        var words = Filter.Split(' ', MaxWords, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return group => (!Failed || HasFailed(group)) && Array.TrueForAll(words, w => Holds(group.Labels, w));
    }

    /// <summary>The page's address with this query.</summary>
    public string Link(int page) =>
        string.Create(CultureInfo.InvariantCulture, $"./?q={Uri.EscapeDataString(Filter)}{(Failed ? "&show=failed" : "")}&page={page}");

    private static bool Holds(IReadOnlyList<Label> labels, string word)
    {
        var equals = word.IndexOf('=', StringComparison.Ordinal);
        foreach (var label in labels)
        {
            if (equals > 0
                ? label.Name.AsSpan().EndsWith(word.AsSpan(0, equals), StringComparison.OrdinalIgnoreCase) && label.Value.AsSpan().Contains(word.AsSpan(equals + 1).Trim('"'), StringComparison.OrdinalIgnoreCase)
                : label.Name.Contains(word, StringComparison.OrdinalIgnoreCase) || label.Value.Contains(word, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }
}
