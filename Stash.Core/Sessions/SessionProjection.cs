using System.Buffers.Text;
using System.IO.Hashing;
using System.Text;
using Stash.Core.Gateway;
using Stash.Core.Sessions.Journal;

namespace Stash.Core.Sessions;

/// <summary>Makes a <see cref="Session"/> of a push that carries <c>restic_session_*</c>.</summary>
public sealed class SessionProjection
{
    /// <summary>Seconds of a century: what takes longer is no measurement.</summary>
    private const double LongestSeconds = 3_155_760_000;

    /// <summary>The year 2200 in Unix seconds: a later time is no clock's, and every reader may still reckon with the ones before.</summary>
    private const double LatestTime = 7_258_118_400;

    private readonly SessionDraft _draft = new();
    private readonly Dictionary<string, int> _summaries = new(StringComparer.Ordinal);
    private readonly XxHash128 _hash = new();
    private readonly byte[] _scratch = new byte[96];

    // The first sample of each family counts.
    private double? _failed;
    private double? _succeeded;
    private double? _total;
    private double? _start;
    private double? _end;
    private double? _lastSuccess;
    private double? _nextRun;

    /// <summary>The session that a push reports; null where the push carries no outcome (<c>restic_session_success</c> or <c>_fail</c>).</summary>
    /// <remarks>
    /// The identity is the runner's own id; else the group and the start time; else (0.8.3's sidecars push neither) the group
    /// and the time of the push. So the same push, delivered or projected twice, is one session.
    /// </remarks>
    public static Session? FromPush(PushRecord push) => new SessionProjection().Read(push)?.ToSession();

    /// <summary>As <see cref="FromPush"/>; what it gives is good until the next call.</summary>
    internal SessionDraft? Read(PushRecord push)
    {
        var text = push.Text.Span;
        if (!push.IsPush || !SessionSamples.Any(text))
        {
            return null;
        }

        if (!ReadSamples(push, new SessionSamples(text)))
        {
            ReadSamples(push, new SessionSamples(SessionSamples.Canonical(text).Span));
        }

        if (_failed is null && _succeeded is null)
        {
            return null;
        }

        var start = Time(_start);
        var end = Time(_end) ?? push.Time;
        var duration = Seconds(_total) ?? (start is { } s ? Math.Max(0, (end - s).TotalSeconds) : 0);
        _draft.Id = push.SessionId is { } id ? _draft.Add(id) : DerivedId(push, start);
        _draft.Namespace = LabelOf(push, SessionMetrics.NamespaceLabel);
        _draft.App = LabelOf(push, SessionMetrics.AppLabel);
        _draft.Kind = LabelOf(push, SessionMetrics.KindLabel);
        _draft.Restic = LabelOf(push, SessionMetrics.ResticLabel);
        _draft.Job = LabelOf(push, SessionMetrics.JobLabel);
        _draft.Operation = _draft.Add(ValueOf(push, SessionMetrics.SessionLabel) is { Length: > 0 } operation ? operation : SessionMetrics.BackupOperation);
        // A push that says both, or neither, is not a success that can be vouched for.
        _draft.Failed = !(_succeeded > 0 && _failed is not > 0);
        // A clock set back meanwhile has the end before the start: the duration is the better witness.
        _draft.StartTime = start <= end ? start.Value : Before(end, duration);
        _draft.EndTime = end;
        _draft.DurationSeconds = duration;
        _draft.Message = push.SessionMessage is { } message ? _draft.Add(message) : null;
        _draft.LastSuccessTime = Time(_lastSuccess);
        _draft.NextRunTime = Time(_nextRun);
        _draft.Sample = ValueOf(push, SessionMetrics.SampleLabel) == "true";
        return _draft;
    }

    private bool ReadSamples(PushRecord push, SessionSamples samples)
    {
        _draft.Clear();
        _summaries.Clear();
        _failed = _succeeded = _total = _start = _end = _lastSuccess = _nextRun = null;
        // A group's label stands over a sample's own.
        var fileGroup = ValueOf(push, SessionMetrics.FileGroupLabel);
        var op = ValueOf(push, SessionMetrics.OpLabel);
        while (samples.MoveNext())
        {
            var name = samples.Name[SessionMetrics.Prefix.Length..];
            if (name.SequenceEqual("duration_seconds"u8))
            {
                if (Seconds(samples.Value) is { } seconds)
                {
                    var path = fileGroup is null ? _draft.AddPath(samples.FileGroup) : _draft.Add(fileGroup.Replace('|', '/'));
                    _draft.FileGroups.Add(new DraftOperation(path, op is null ? _draft.Add(samples.Op) : _draft.Add(op), seconds));
                }
            }
            else if (!ReadValue(name, samples.Value))
            {
                ReadSummary(name, samples, fileGroup);
            }
        }

        return !samples.Unusual;
    }

    private bool ReadValue(ReadOnlySpan<byte> name, double value)
    {
        if (name.SequenceEqual("success"u8))
        {
            _succeeded ??= value;
        }
        else if (name.SequenceEqual("fail"u8))
        {
            _failed ??= value;
        }
        else if (name.SequenceEqual("duration_seconds_total"u8))
        {
            _total ??= value;
        }
        else if (name.SequenceEqual("start_time_seconds"u8))
        {
            _start ??= value;
        }
        else if (name.SequenceEqual("end_time_seconds"u8))
        {
            _end ??= value;
        }
        else if (name.SequenceEqual("last_success_time_seconds"u8))
        {
            _lastSuccess ??= value;
        }
        else if (name.SequenceEqual("next_run_time_seconds"u8))
        {
            _nextRun ??= value;
        }
        else
        {
            return false;
        }

        return true;
    }

    private void ReadSummary(ReadOnlySpan<byte> name, scoped in SessionSamples samples, string? fileGroup)
    {
        long? count = samples.Value is >= 0 and < long.MaxValue ? (long)samples.Value : null;
        if (name.SequenceEqual("files_new"u8))
        {
            SummaryOf(samples, fileGroup).FilesNew ??= count;
        }
        else if (name.SequenceEqual("files_changed"u8))
        {
            SummaryOf(samples, fileGroup).FilesChanged ??= count;
        }
        else if (name.SequenceEqual("files_unmodified"u8))
        {
            SummaryOf(samples, fileGroup).FilesUnmodified ??= count;
        }
        else if (name.SequenceEqual("added_bytes"u8))
        {
            SummaryOf(samples, fileGroup).BytesAdded ??= count;
        }
        else if (name.SequenceEqual("processed_bytes"u8))
        {
            SummaryOf(samples, fileGroup).BytesProcessed ??= count;
        }
    }

    private ref DraftSummary SummaryOf(scoped in SessionSamples samples, string? fileGroup)
    {
        var path = fileGroup is null ? Encoding.UTF8.GetString(samples.FileGroup).Replace('|', '/') : fileGroup.Replace('|', '/');
        if (!_summaries.TryGetValue(path, out var at))
        {
            _summaries[path] = at = _draft.Summaries.Count;
            _draft.Summaries.Add(new DraftSummary(_draft.Add(path)));
        }

        return ref System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_draft.Summaries)[at];
    }

    private static double? Seconds(double? value) =>
        value is >= 0 and <= LongestSeconds ? value : null;

    // 0 says "never".
    private static DateTimeOffset? Time(double? value) =>
        value is > 0 and < LatestTime ? DateTimeOffset.FromUnixTimeMilliseconds((long)Math.Round(value.Value * 1000)) : null;

    private static DateTimeOffset Before(DateTimeOffset end, double seconds) =>
        seconds < (end - DateTimeOffset.UnixEpoch).TotalSeconds ? end.AddSeconds(-seconds) : end;

    private DraftText LabelOf(PushRecord push, string name) => _draft.Add(ValueOf(push, name) ?? "");

    private static string? ValueOf(PushRecord push, string name)
    {
        var labels = push.Grouping;
        for (var i = 0; i < labels.Count; i++)
        {
            if (labels[i].Name == name)
            {
                return labels[i].Value;
            }
        }

        return null;
    }

    /// <summary>The moment first: ids that grow with time are cheap to index, and the runner's own do too.</summary>
    private DraftText DerivedId(PushRecord push, DateTimeOffset? start)
    {
        _hash.Reset();
        for (var i = 0; i < push.Grouping.Count; i++)
        {
            Hash(push.Grouping[i].Name);
            Hash(push.Grouping[i].Value);
        }

        var text = _scratch.AsSpan();
        text[0] = start is null ? (byte)'p' : (byte)'s';
        Utf8Formatter.TryFormat(start?.ToUnixTimeMilliseconds() ?? push.Time.UtcTicks, text[1..], out var length);
        text[++length] = (byte)'-';
        Span<byte> hash = stackalloc byte[16];
        _hash.GetCurrentHash(hash);
        Convert.TryToHexStringLower(hash, text[++length..], out var digits);
        return _draft.Add(text[..(length + digits)]);
    }

    private void Hash(string text)
    {
        Span<byte> bytes = stackalloc byte[256];
        if (!Encoding.UTF8.TryGetBytes(text, bytes[..255], out var length))
        {
            _hash.Append(Encoding.UTF8.GetBytes(text));
            length = 0;
        }

        bytes[length] = 0;
        _hash.Append(bytes[..(length + 1)]);
    }
}
