using System.Runtime.InteropServices;
using System.Text;

namespace Stash.Core.Sessions.Journal;

/// <summary>Where a text is in a <see cref="SessionDraft"/>.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct DraftText(int Start, int Length);

[StructLayout(LayoutKind.Auto)]
internal record struct DraftOperation(DraftText Path, DraftText Op, double Seconds);

[StructLayout(LayoutKind.Auto)]
internal record struct DraftSummary(DraftText Path)
{
    public long? FilesNew { get; set; }

    public long? FilesChanged { get; set; }

    public long? FilesUnmodified { get; set; }

    public long? BytesAdded { get; set; }

    public long? BytesProcessed { get; set; }
}

/// <summary>
/// A session on its way into the journal, its texts as UTF-8 in one buffer. Used again for the next one: a flood of pushes makes no
/// objects here.
/// </summary>
internal sealed class SessionDraft
{
    private byte[] _bytes = new byte[1024];
    private int _used;

    public DraftText Id { get; set; }

    public DraftText Namespace { get; set; }

    public DraftText App { get; set; }

    public DraftText Kind { get; set; }

    public DraftText Restic { get; set; }

    public DraftText Job { get; set; }

    public DraftText Operation { get; set; }

    public bool Failed { get; set; }

    public DateTimeOffset StartTime { get; set; }

    public DateTimeOffset EndTime { get; set; }

    public double DurationSeconds { get; set; }

    public DraftText? Message { get; set; }

    public DateTimeOffset? LastSuccessTime { get; set; }

    public DateTimeOffset? NextRunTime { get; set; }

    public bool Sample { get; set; }

    public List<DraftOperation> FileGroups { get; } = [];

    public List<DraftSummary> Summaries { get; } = [];

    public ReadOnlySpan<byte> this[DraftText text] => _bytes.AsSpan(text.Start, text.Length);

    /// <summary>Makes it empty; properties that are not set anew keep what they were.</summary>
    public void Clear()
    {
        _used = 0;
        FileGroups.Clear();
        Summaries.Clear();
    }

    public DraftText Add(string text)
    {
        Reserve(Encoding.UTF8.GetMaxByteCount(text.Length));
        return Added(Encoding.UTF8.GetBytes(text, _bytes.AsSpan(_used)));
    }

    public DraftText Add(ReadOnlySpan<byte> text)
    {
        Reserve(text.Length);
        text.CopyTo(_bytes.AsSpan(_used));
        return Added(text.Length);
    }

    /// <summary>The text of a label <c>filegroup</c> as the path it stands for: it has <c>|</c> where the path has <c>/</c>, as 0.8.3 fixed it.</summary>
    public DraftText AddPath(ReadOnlySpan<byte> label)
    {
        var path = Add(label);
        _bytes.AsSpan(path.Start, path.Length).Replace((byte)'|', (byte)'/');
        return path;
    }

    public void Set(Session session)
    {
        Clear();
        Id = Add(session.Id);
        Namespace = Add(session.Namespace);
        App = Add(session.App);
        Kind = Add(session.Kind);
        Restic = Add(session.Restic);
        Job = Add(session.Job);
        Operation = Add(session.Operation);
        Failed = session.Outcome == SessionOutcome.Failed;
        StartTime = session.StartTime;
        EndTime = session.EndTime;
        DurationSeconds = session.DurationSeconds;
        Message = session.Message is { } message ? Add(message) : null;
        LastSuccessTime = session.LastSuccessTime;
        NextRunTime = session.NextRunTime;
        Sample = session.Sample;
        foreach (var operation in session.FileGroups)
        {
            FileGroups.Add(new DraftOperation(Add(operation.Path), Add(operation.Op), operation.Seconds));
        }

        foreach (var summary in session.Summaries)
        {
            Summaries.Add(new DraftSummary(Add(summary.Path))
            {
                FilesNew = summary.FilesNew,
                FilesChanged = summary.FilesChanged,
                FilesUnmodified = summary.FilesUnmodified,
                BytesAdded = summary.BytesAdded,
                BytesProcessed = summary.BytesProcessed,
            });
        }
    }

    public Session ToSession() => new()
    {
        Id = Text(Id),
        Namespace = Text(Namespace),
        App = Text(App),
        Kind = Text(Kind),
        Restic = Text(Restic),
        Job = Text(Job),
        Operation = Text(Operation),
        Outcome = RowMapping.OutcomeOf(Failed),
        StartTime = StartTime,
        EndTime = EndTime,
        DurationSeconds = DurationSeconds,
        FileGroups = [.. FileGroups.Select(o => new FileGroupOperation(Text(o.Path), Text(o.Op), o.Seconds))],
        Summaries = [.. Summaries.Select(s => new FileGroupSummary
        {
            Path = Text(s.Path),
            FilesNew = s.FilesNew,
            FilesChanged = s.FilesChanged,
            FilesUnmodified = s.FilesUnmodified,
            BytesAdded = s.BytesAdded,
            BytesProcessed = s.BytesProcessed,
        })],
        Message = Message is { } message ? Text(message) : null,
        LastSuccessTime = LastSuccessTime,
        NextRunTime = NextRunTime,
        Sample = Sample,
    };

    private string Text(DraftText text) => Encoding.UTF8.GetString(this[text]);

    private DraftText Added(int length)
    {
        DraftText added = new(_used, length);
        _used += length;
        return added;
    }

    private void Reserve(int length)
    {
        if (_bytes.Length - _used < length)
        {
            Array.Resize(ref _bytes, Math.Max(2 * _bytes.Length, checked(_used + length)));
        }
    }
}
