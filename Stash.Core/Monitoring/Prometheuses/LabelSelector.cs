using k8s.Models;

namespace Stash.Core.Monitoring.Prometheuses;

/// <summary>A label selector as Kubernetes understands it: none selects nothing, an empty one everything, a wrong one nothing.</summary>
public sealed class LabelSelector
{
    private LabelSelector(bool isNone, IReadOnlyList<LabelRequirement> requirements)
    {
        IsNone = isNone;
        Requirements = requirements;
        Error = requirements.Select(r => r.Error()).FirstOrDefault(e => e is not null);
    }

    /// <summary>Whether there is no selector.</summary>
    public bool IsNone { get; }

    /// <summary>What makes it no selector, a sentence with the remedy; null where nothing does.</summary>
    public string? Error { get; }

    /// <summary>All of which are to be met.</summary>
    public IReadOnlyList<LabelRequirement> Requirements { get; }

    public static LabelSelector Of(V1LabelSelector? selector) => new(
        selector is null,
        [
            .. (selector?.MatchLabels ?? new Dictionary<string, string>(StringComparer.Ordinal)).OrderBy(l => l.Key, StringComparer.Ordinal).Select(l => new LabelRequirement(l.Key, LabelRequirement.In, [l.Value ?? ""])),
            .. (selector?.MatchExpressions ?? []).Select(LabelRequirement.Of),
        ]);

    public bool Matches(IReadOnlyDictionary<string, string> labels) => !IsNone && Error is null && Requirements.All(r => r.IsMetBy(labels));

    /// <summary>The requirements that labels do not meet, each once.</summary>
    public IReadOnlyList<LabelRequirement> UnmetBy(IReadOnlyDictionary<string, string> labels) =>
        [.. Requirements.Where(r => !r.IsMetBy(labels)).DistinctBy(r => r.ToString(), StringComparer.Ordinal)];

    /// <summary>The labels nearest to given ones that are selected: a label changes only where it must.</summary>
    /// <returns>Null where no labels at all are selected.</returns>
    public IReadOnlyDictionary<string, string>? Nearest(IReadOnlyDictionary<string, string> labels)
    {
        if (IsNone || Error is not null)
        {
            return null;
        }

        SortedDictionary<string, string> nearest = new(StringComparer.Ordinal);
        foreach (var (key, value) in labels)
        {
            nearest[key] = value;
        }

        foreach (var ofKey in Requirements.GroupBy(r => r.Key, StringComparer.Ordinal))
        {
            labels.TryGetValue(ofKey.Key, out var current);
            var (isPossible, value) = Value([.. ofKey], current);
            if (!isPossible)
            {
                return null;
            }

            if (value is null)
            {
                nearest.Remove(ofKey.Key);
            }
            else
            {
                nearest[ofKey.Key] = value;
            }
        }

        return nearest;
    }

    /// <summary>As <c>kubectl --selector</c> takes it; empty where it selects everything.</summary>
    public override string ToString() => string.Join(',', Requirements);

    /// <summary>What one label is to be; null for not to be there.</summary>
    private static (bool IsPossible, string? Value) Value(LabelRequirement[] requirements, string? current)
    {
        bool Meets(string? value) => requirements.All(r => r.IsMetBy(value is null ? new Dictionary<string, string>(StringComparer.Ordinal) : new Dictionary<string, string>(StringComparer.Ordinal) { [r.Key] = value }));

        // What it may be is what one of them names, anything else, or nothing.
        string?[] candidates =
        [
            current,
            .. requirements.Where(r => r.Operator == LabelRequirement.In).SelectMany(r => r.Values).Order(StringComparer.Ordinal),
            null,
            "stash",
            .. Enumerable.Range(2, requirements.Sum(r => r.Values.Count)).Select(i => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"stash-{i}")),
        ];
        var found = Array.FindIndex(candidates, Meets);
        return (found >= 0, found >= 0 ? candidates[found] : null);
    }
}
