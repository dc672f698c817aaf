using System.Diagnostics;
using Stash.Core.Sessions;

namespace Stash.Operator.Runner;

/// <summary>A session while it runs: what it is doing, and what it has measured.</summary>
internal sealed class OngoingSession
{
    private readonly List<FileGroupOperation> _operations = [];
    private readonly List<FileGroupSummary> _summaries = [];
    private RunningSession _running;

    public OngoingSession(SessionIdentity identity, DateTimeOffset start)
    {
        Identity = identity;
        Start = start;
        _running = new RunningSession
        {
            Id = Guid.CreateVersion7(start).ToString("N"),
            Namespace = SessionIdentity.LabelValue(identity.Namespace),
            App = SessionIdentity.LabelValue(identity.App),
            Kind = SessionIdentity.LabelValue(identity.Kind),
            Restic = SessionIdentity.LabelValue(identity.Restic),
            Job = identity.Job,
            Operation = identity.Operation,
            StartTime = start,
            Sample = identity.Sample,
        };
    }

    public SessionIdentity Identity { get; }

    public DateTimeOffset Start { get; }

    /// <summary>What it is doing now. A new object with each change.</summary>
    public RunningSession Running => Volatile.Read(ref _running);

    /// <summary>In the order in which they ran.</summary>
    public IReadOnlyList<FileGroupOperation> Operations => _operations;

    public IReadOnlyList<FileGroupSummary> Summaries => _summaries;

    /// <summary>Runs one operation on one file group and keeps its seconds, also where it fails.</summary>
    /// <param name="path">The file group's path; empty for the whole repository.</param>
    /// <param name="op"><c>backup</c>, <c>forget</c>, …</param>
    /// <param name="operation">The work.</param>
    public async Task MeasureAsync(string path, string op, Func<Task> operation)
    {
        Volatile.Write(ref _running, Idle() with { Path = path.Length == 0 ? null : path, Op = op });
        var start = Stopwatch.GetTimestamp();
        try
        {
            await operation();
        }
        finally
        {
            _operations.Add(new FileGroupOperation(path, op, Stopwatch.GetElapsedTime(start).TotalSeconds));
            Volatile.Write(ref _running, Idle());
        }
    }

    /// <summary>restic's progress of the operation in work.</summary>
    public void Report(ResticStatus status) => Volatile.Write(ref _running, Running with
    {
        Progress = status.Done is { } done ? Math.Clamp(done, 0, 1) : null,
        // Before restic has read anything it leaves these out.
        FilesDone = status.FilesDone ?? (status.FilesTotal is null ? null : 0),
        FilesTotal = status.FilesTotal,
        BytesDone = status.BytesDone ?? (status.BytesTotal is null ? null : 0),
        BytesTotal = status.BytesTotal,
        SecondsRemaining = status.SecondsRemaining,
    });

    public void Add(FileGroupSummary summary) => _summaries.Add(summary);

    private RunningSession Idle() => Running with
    {
        Path = null,
        Op = null,
        Progress = null,
        FilesDone = null,
        FilesTotal = null,
        BytesDone = null,
        BytesTotal = null,
        SecondsRemaining = null,
    };
}
