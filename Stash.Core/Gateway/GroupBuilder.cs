using System.Buffers;
using System.IO.Hashing;
using System.Text;
using Stash.Core.Exposition;

namespace Stash.Core.Gateway;

/// <summary>Makes what a group holds of what was pushed.</summary>
internal static class GroupBuilder
{
    public const string PushTime = "push_time_seconds";
    public const string FailureTime = "push_failure_time_seconds";
    private const string PushTimeHelp = "Last Unix time when changing this group in the Pushgateway succeeded.";
    private const string FailureTimeHelp = "Last Unix time when changing this group in the Pushgateway failed.";

    /// <summary>Whether a family is one of the group's times, which nobody can push.</summary>
    public static bool IsTime(string family) => family is PushTime or FailureTime;

    /// <summary>Puts the group's labels over those of every metric, adds <c>instance=""</c> where there is none, sorts them.</summary>
    public static void Relabel(IReadOnlyList<MetricFamily> families, GroupKey group)
    {
        foreach (var metric in families.SelectMany(f => f.Metrics))
        {
            metric.Labels = Merged(metric.Labels, group);
        }
    }

    public static GroupFamily Build(MetricFamily family)
    {
        var type = family.Type ?? MetricType.Untyped;
        ArrayBufferWriter<byte> text = new(256);
        return new GroupFamily(family.Name, family.Help ?? "", type, [.. family.Metrics.Select(m => Store(family.Name, type, m, text))]);
    }

    /// <summary>The two families of the group's own times, Unix seconds, 0 where there is none.</summary>
    public static IEnumerable<GroupFamily> Times(GroupKey group, DateTimeOffset? push, DateTimeOffset? failure)
    {
        yield return Time(FailureTime, FailureTimeHelp, group, failure);
        yield return Time(PushTime, PushTimeHelp, group, push);
    }

    private static GroupFamily Time(string name, string help, GroupKey group, DateTimeOffset? time)
    {
        // Go's UnixNano()/1e9, to the ticks that .NET has.
        var seconds = time is { } t ? (t - DateTimeOffset.UnixEpoch).Ticks * 100 / 1e9 : 0;
        MetricFamily family = new(name) { Help = help, Type = MetricType.Gauge };
        family.Metrics.Add(new Metric { Labels = Merged([], group), Value = seconds });
        return Build(family);
    }

    private static List<Label> Merged(List<Label> labels, GroupKey group)
    {
        List<Label> merged = [.. group.Labels];
        var hasInstance = group.Labels.Any(l => l.Name == "instance");
        foreach (var label in labels)
        {
            if (!group.Labels.Any(l => l.Name == label.Name))
            {
                merged.Add(label);
                hasInstance |= label.Name == "instance";
            }
        }

        if (!hasInstance)
        {
            merged.Add(new Label("instance", ""));
        }

        merged.Sort((a, b) => string.CompareOrdinal(a.Name, b.Name));
        return merged;
    }

    private static StoredMetric Store(string name, MetricType type, Metric metric, ArrayBufferWriter<byte> text)
    {
        text.ResetWrittenCount();
        Encoding.UTF8.GetBytes(name, text);
        foreach (var label in metric.Labels)
        {
            text.Write((ReadOnlySpan<byte>)[0xff]);
            Encoding.UTF8.GetBytes(label.Name, text);
            text.Write((ReadOnlySpan<byte>)[0xff]);
            Encoding.UTF8.GetBytes(label.Value, text);
        }

        var hash = XxHash64.HashToUInt64(text.WrittenSpan);
        text.ResetWrittenCount();
        text.Write((ReadOnlySpan<byte>)[(byte)(metric.Labels.Count >> 8), (byte)metric.Labels.Count]);
        foreach (var label in metric.Labels)
        {
            Encoding.UTF8.GetBytes(label.Value, text);
            text.Write((ReadOnlySpan<byte>)[0]);
        }

        var order = text.WrittenSpan.ToArray();
        text.ResetWrittenCount();
        TextFormatWriter.WriteMetric(text, name, type, metric);
        return new StoredMetric(hash, order, text.WrittenSpan.ToArray());
    }
}
