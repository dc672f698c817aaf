using System.Buffers;
using Stash.Core.Exposition;
using Stash.Core.Gateway;
using Stash.Core.Sessions;

namespace Stash.Core.Tests.Sessions;

internal sealed record PushedSample(string Family, IReadOnlyList<Label> Labels, double Value);

/// <summary>Push records as the gateway's log yields them.</summary>
internal static class Pushes
{
    public static readonly DateTimeOffset Noon = new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);

    public static readonly Label[] Group =
        [new("app", "web"), new("job", "shop-daily"), new("kind", "Deployment"), new("namespace", "shop"), new("stash_config", "daily")];

    public static PushRecord Of(long position, params PushedSample[] samples)
    {
        ArrayBufferWriter<byte> text = new();
        foreach (var sample in samples)
        {
            TextFormatWriter.WriteSample(text, sample.Family, sample.Labels, sample.Value);
        }

        return new() { Position = position, IsPush = true, Time = Noon, Grouping = Group, Text = text.WrittenMemory };
    }

    public static PushedSample Sample(string family, double value, params Label[] labels) => new(family, labels, value);

    public static PushedSample[] Succeeded(double seconds = 12.5) =>
        [Sample(SessionMetrics.Success, 1), Sample(SessionMetrics.Fail, 0), Sample(SessionMetrics.DurationTotal, seconds)];

    /// <summary>A session that ended some seconds after noon.</summary>
    public static Session Session(string id, int endSecond, bool failed = false, string app = "web", string @namespace = "shop", double seconds = 10, string operation = "backup") => new()
    {
        Id = id,
        Namespace = @namespace,
        App = app,
        Kind = "Deployment",
        Restic = "daily",
        Job = $"{@namespace}-daily",
        Operation = operation,
        Outcome = failed ? SessionOutcome.Failed : SessionOutcome.Succeeded,
        StartTime = Noon.AddSeconds(endSecond - seconds),
        EndTime = Noon.AddSeconds(endSecond),
        DurationSeconds = seconds,
        FileGroups = [new("/data", "backup", seconds * 0.75), new("/data", "forget", seconds * 0.25)],
        Summaries = [new FileGroupSummary { Path = "/data", FilesNew = 3, BytesAdded = 4096 }],
        Message = failed ? "it broke" : null,
        NextRunTime = Noon.AddSeconds(endSecond + 3600),
    };
}
