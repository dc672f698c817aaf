using System.Globalization;
using Stash.Core.Gateway;

namespace Stash.Core.Tests.Gateway;

/// <summary>One sample of a pushed family; of a histogram or summary its sum.</summary>
internal sealed record NaiveSample(string Family, string Type, string Labels, int Value, bool Stamped = false);

/// <summary>
/// The reference's way, in the fewest words: every push is tried on a copy of everything, and everything is looked through for what
/// does not go together.
/// </summary>
internal sealed class NaiveGateway
{
    private Dictionary<GroupKey, Held> _groups = [];

    /// <returns>Whether it was taken in.</returns>
    public bool Push(GroupKey key, bool replace, IReadOnlyList<NaiveSample> samples, long now)
    {
        Dictionary<GroupKey, Held> next = new(_groups);
        var old = next.GetValueOrDefault(key);
        var names = samples.Select(s => s.Family).ToHashSet(StringComparer.Ordinal);
        var kept = replace || old is null ? [] : old.Samples.Where(s => !names.Contains(s.Family));
        next[key] = new Held([.. kept, .. samples], now, old?.Failed ?? 0);
        if (!samples.Any(s => s.Stamped) && Consistent(next))
        {
            _groups = next;
            return true;
        }

        next[key] = new Held(old?.Samples ?? [], old?.Pushed ?? 0, now);
        if (old is not null || Consistent(next))
        {
            _groups = next;
        }

        return false;
    }

    public void Delete(GroupKey key) => _groups.Remove(key);

    public void Wipe() => _groups.Clear();

    /// <summary>All sample lines, sorted as text.</summary>
    public string[] Lines() =>
        [.. All(_groups).Select(s => string.Create(CultureInfo.InvariantCulture, $"{s.Family}{{{s.Labels}}} {s.Value}")).Order(StringComparer.Ordinal)];

    private static bool Consistent(Dictionary<GroupKey, Held> groups)
    {
        var all = All(groups).ToArray();
        var types = all.GroupBy(s => s.Family, StringComparer.Ordinal).ToDictionary(f => f.Key, f => f.Select(s => s.Type).Distinct().ToArray(), StringComparer.Ordinal);
        return types.Values.All(t => t.Length == 1)
            && all.Select(s => $"{s.Family}{{{s.Labels}}}").Distinct().Count() == all.Length
            && all.All(s => !s.Labels.StartsWith("__", StringComparison.Ordinal) && !s.Labels.Contains(",__", StringComparison.Ordinal))
            && !types.Any(f => f.Value[0] is "summary" or "histogram" && (types.ContainsKey(f.Key + "_count") || types.ContainsKey(f.Key + "_sum")))
            && !types.Any(f => f.Value[0] == "histogram" && types.ContainsKey(f.Key + "_bucket"));
    }

    private static IEnumerable<NaiveSample> All(Dictionary<GroupKey, Held> groups) => groups.SelectMany(g => g.Value.Samples
        .Append(new("push_time_seconds", "gauge", "", (int)g.Value.Pushed))
        .Append(new("push_failure_time_seconds", "gauge", "", (int)g.Value.Failed))
        .Select(s => s with { Labels = Relabelled(s.Labels, g.Key) }));

    private static string Relabelled(string labels, GroupKey key)
    {
        SortedDictionary<string, string> all = new(StringComparer.Ordinal) { ["instance"] = "" };
        foreach (var label in labels.Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            all[label.Split('=')[0]] = label.Split('"')[1];
        }

        foreach (var label in key.Labels)
        {
            all[label.Name] = label.Value;
        }

        return string.Join(',', all.Select(l => $"{l.Key}=\"{l.Value}\""));
    }

    private sealed record Held(IReadOnlyList<NaiveSample> Samples, long Pushed, long Failed);
}
