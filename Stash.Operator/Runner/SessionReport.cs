using System.Buffers;
using System.Text;
using Stash.Core.Exposition;
using Stash.Core.Sessions;

namespace Stash.Operator.Runner;

/// <summary>An ended session, and the push that says so.</summary>
internal sealed record SessionReport
{
    private const int MaxMessageBytes = 2048;

    public required string Id { get; init; }

    public required SessionIdentity Identity { get; init; }

    public required DateTimeOffset Start { get; init; }

    public required DateTimeOffset End { get; init; }

    /// <summary>Null where it succeeded.</summary>
    public string? Failure { get; init; }

    public IReadOnlyList<FileGroupOperation> Operations { get; init; } = [];

    public IReadOnlyList<FileGroupSummary> Summaries { get; init; } = [];

    public DateTimeOffset? LastSuccess { get; init; }

    public DateTimeOffset? NextRun { get; init; }

    /// <summary>Longest time between two runs of the schedule; null where no schedule runs them.</summary>
    public TimeSpan? Interval { get; init; }

    public PendingPush ToPush() => new()
    {
        SessionId = Id,
        Path = Identity.PushPath(),
        Message = Failure is null ? null : Uri.EscapeDataString(Shortened(Failure)),
        IntervalSeconds = Interval is { } interval ? (long)Math.Ceiling(interval.TotalSeconds) : null,
        Body = Text(),
    };

    private byte[] Text()
    {
        ArrayBufferWriter<byte> output = new();
        // These four and their help are 0.8.3's.
        Gauge(output, SessionMetrics.Success, "Indicates if session was successfully completed", Failure is null ? 1 : 0);
        Gauge(output, SessionMetrics.Fail, "Indicates if session failed", Failure is null ? 0 : 1);
        Gauge(output, SessionMetrics.DurationTotal, "Total seconds taken to complete restic session", (End - Start).TotalSeconds);
        if (Operations.Count > 0)
        {
            TextFormatWriter.WriteHeader(output, SessionMetrics.Duration, "Total seconds taken to complete restic session", MetricType.Gauge);
            // A path named twice is one series: a push with the same sample twice would be refused.
            foreach (var same in Operations.GroupBy(o => (Path: SessionIdentity.LabelValue(o.Path), o.Op)))
            {
                TextFormatWriter.WriteSample(output, SessionMetrics.Duration, [FileGroup(same.Key.Path), new(SessionMetrics.OpLabel, same.Key.Op)], same.Sum(o => o.Seconds));
            }
        }

        Gauge(output, SessionMetrics.StartTime, "Start of the session, in Unix seconds", Seconds(Start));
        Gauge(output, SessionMetrics.EndTime, "End of the session, in Unix seconds", Seconds(End));
        Gauge(output, SessionMetrics.LastSuccessTime, "End of the last session that succeeded, in Unix seconds; 0 where none has", LastSuccess is { } last ? Seconds(last) : 0);
        if (NextRun is { } next)
        {
            Gauge(output, SessionMetrics.NextRunTime, "Next run by the schedule, in Unix seconds", Seconds(next));
        }

        Summary(output, SessionMetrics.FilesNew, "Files that the parent snapshot does not have", s => s.FilesNew);
        Summary(output, SessionMetrics.FilesChanged, "Files that differ from the parent snapshot", s => s.FilesChanged);
        Summary(output, SessionMetrics.FilesUnmodified, "Files equal to the parent snapshot's", s => s.FilesUnmodified);
        Summary(output, SessionMetrics.AddedBytes, "Bytes added to the repository", s => s.BytesAdded);
        Summary(output, SessionMetrics.ProcessedBytes, "Bytes read from the file group", s => s.BytesProcessed);
        return output.WrittenSpan.ToArray();
    }

    private void Summary(ArrayBufferWriter<byte> output, string name, string help, Func<FileGroupSummary, long?> value)
    {
        var known = Summaries.Where(s => value(s) is not null).ToArray();
        if (known.Length == 0)
        {
            return;
        }

        TextFormatWriter.WriteHeader(output, name, help, MetricType.Gauge);
        foreach (var same in known.GroupBy(s => SessionIdentity.LabelValue(s.Path), StringComparer.Ordinal))
        {
            TextFormatWriter.WriteSample(output, name, [FileGroup(same.Key)], same.Sum(s => value(s)!.Value));
        }
    }

    private static void Gauge(ArrayBufferWriter<byte> output, string name, string help, double value)
    {
        TextFormatWriter.WriteHeader(output, name, help, MetricType.Gauge);
        TextFormatWriter.WriteSample(output, name, [], value);
    }

    private static Label FileGroup(string path) => new(SessionMetrics.FileGroupLabel, SessionIdentity.LabelValue(path));

    private static double Seconds(DateTimeOffset time) => time.ToUnixTimeMilliseconds() / 1000.0;

    // Cut between characters, so that what is left is UTF-8.
    private static string Shortened(string message)
    {
        if (Encoding.UTF8.GetByteCount(message) <= MaxMessageBytes)
        {
            return message;
        }

        StringBuilder text = new();
        var bytes = 3;
        foreach (var rune in message.EnumerateRunes())
        {
            bytes += rune.Utf8SequenceLength;
            if (bytes > MaxMessageBytes)
            {
                break;
            }

            text.Append(rune);
        }

        return text.Append('…').ToString();
    }
}
