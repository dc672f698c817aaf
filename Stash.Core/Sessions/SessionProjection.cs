using System.Globalization;
using System.IO.Hashing;
using System.Text;
using Stash.Core.Exposition;
using Stash.Core.Gateway;

namespace Stash.Core.Sessions;

/// <summary>Makes a <see cref="Session"/> of a push that carries <c>restic_session_*</c>.</summary>
public static class SessionProjection
{
    /// <summary>Seconds of a century: what takes longer is no measurement.</summary>
    private const double LongestSeconds = 3_155_760_000;

    /// <summary>The year 2200 in Unix seconds: a later time is no clock's, and every reader may still reckon with the ones before.</summary>
    private const double LatestTime = 7_258_118_400;

    /// <summary>The session that a push reports; null where the push carries no outcome (<c>restic_session_success</c> or <c>_fail</c>).</summary>
    /// <remarks>
    /// The identity is the runner's own id; else the group and the start time; else (0.8.3's sidecars push neither) the group
    /// and the time of the push. So the same push, delivered or projected twice, is one session.
    /// </remarks>
    public static Session? FromPush(PushRecord push)
    {
        var failed = Value(push, SessionMetrics.Fail);
        var succeeded = Value(push, SessionMetrics.Success);
        if (failed is null && succeeded is null)
        {
            return null;
        }

        var start = Time(push, SessionMetrics.StartTime);
        var end = Time(push, SessionMetrics.EndTime) ?? push.Time;
        var duration = Seconds(Value(push, SessionMetrics.DurationTotal)) ?? (start is { } s ? Math.Max(0, (end - s).TotalSeconds) : 0);
        return new Session
        {
            Id = push.SessionId ?? DerivedId(push, start),
            Namespace = LabelOf(push, SessionMetrics.NamespaceLabel),
            App = LabelOf(push, SessionMetrics.AppLabel),
            Kind = LabelOf(push, SessionMetrics.KindLabel),
            Restic = LabelOf(push, SessionMetrics.ResticLabel),
            Job = LabelOf(push, SessionMetrics.JobLabel),
            Operation = LabelOf(push, SessionMetrics.SessionLabel),
            // A push that says both, or neither, is not a success that can be vouched for.
            Outcome = succeeded > 0 && failed is not > 0 ? SessionOutcome.Succeeded : SessionOutcome.Failed,
            // A clock set back meanwhile has the end before the start: the duration is the better witness.
            StartTime = start <= end ? start.Value : Before(end, duration),
            EndTime = end,
            DurationSeconds = duration,
            FileGroups = [.. Operations(push)],
            Summaries = [.. Summaries(push)],
            Message = push.SessionMessage,
            LastSuccessTime = Time(push, SessionMetrics.LastSuccessTime),
            NextRunTime = Time(push, SessionMetrics.NextRunTime),
            Sample = LabelOf(push, SessionMetrics.SampleLabel) == "true",
        };
    }

    private static IEnumerable<FileGroupOperation> Operations(PushRecord push) =>
        push.SessionSamples
            .Where(s => s.Family == SessionMetrics.Duration && Seconds(s.Value) is not null)
            .Select(s => new FileGroupOperation(PathOf(s), LabelOf(s, SessionMetrics.OpLabel), s.Value));

    private static IEnumerable<FileGroupSummary> Summaries(PushRecord push) =>
        push.SessionSamples
            .Where(s => s.Family is SessionMetrics.FilesNew or SessionMetrics.FilesChanged or SessionMetrics.FilesUnmodified
                or SessionMetrics.AddedBytes or SessionMetrics.ProcessedBytes)
            .GroupBy(PathOf, StringComparer.Ordinal)
            .Select(group => new FileGroupSummary
            {
                Path = group.Key,
                FilesNew = Count(group, SessionMetrics.FilesNew),
                FilesChanged = Count(group, SessionMetrics.FilesChanged),
                FilesUnmodified = Count(group, SessionMetrics.FilesUnmodified),
                BytesAdded = Count(group, SessionMetrics.AddedBytes),
                BytesProcessed = Count(group, SessionMetrics.ProcessedBytes),
            });

    // The label has | where the path has /, as 0.8.3 fixed it.
    private static string PathOf(PushedSample sample) =>
        LabelOf(sample, SessionMetrics.FileGroupLabel).Replace('|', '/');

    private static long? Count(IEnumerable<PushedSample> samples, string family)
    {
        var value = samples.FirstOrDefault(s => s.Family == family)?.Value;
        return value is >= 0 and < long.MaxValue ? (long)value : null;
    }

    private static double? Value(PushRecord push, string family) =>
        push.SessionSamples.FirstOrDefault(s => s.Family == family)?.Value;

    private static double? Seconds(double? value) =>
        value is >= 0 and <= LongestSeconds ? value : null;

    private static DateTimeOffset? Time(PushRecord push, string family)
    {
        // 0 says "never".
        var value = Value(push, family);
        return value is > 0 and < LatestTime ? DateTimeOffset.FromUnixTimeMilliseconds((long)Math.Round(value.Value * 1000)) : null;
    }

    private static DateTimeOffset Before(DateTimeOffset end, double seconds) =>
        seconds < (end - DateTimeOffset.UnixEpoch).TotalSeconds ? end.AddSeconds(-seconds) : end;

    private static string LabelOf(PushRecord push, string name) => ValueOf(push.Grouping, name);

    private static string LabelOf(PushedSample sample, string name) => ValueOf(sample.Labels, name);

    private static string ValueOf(IReadOnlyList<Label> labels, string name)
    {
        foreach (var label in labels)
        {
            if (label.Name == name)
            {
                return label.Value;
            }
        }

        return "";
    }

    private static string DerivedId(PushRecord push, DateTimeOffset? start)
    {
        var text = new StringBuilder();
        foreach (var label in push.Grouping)
        {
            text.Append(label.Name).Append('\0').Append(label.Value).Append('\0');
        }

        var hash = XxHash128.Hash(Encoding.UTF8.GetBytes(text.ToString()));
        var moment = start is { } s
            ? string.Create(CultureInfo.InvariantCulture, $"s{s.ToUnixTimeMilliseconds()}")
            : string.Create(CultureInfo.InvariantCulture, $"p{push.Time.UtcTicks}");
        return $"{Convert.ToHexStringLower(hash)}-{moment}";
    }
}
