namespace Stash.Core.Gateway;

/// <summary>Something asked of the task that changes the groups.</summary>
internal abstract class StoreRequest
{
    /// <summary>Answers.</summary>
    /// <param name="durable">False where the log could not be written, so that nothing has changed.</param>
    /// <param name="table">The groups after the batch.</param>
    public abstract void Answer(bool durable, GroupTable table);
}

/// <summary>A change of the groups.</summary>
internal abstract class ChangeRequest : StoreRequest
{
    private readonly TaskCompletionSource<PushVerdict> _verdict = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task<PushVerdict> Verdict => _verdict.Task;

    /// <summary>Why it was refused; null where it was not.</summary>
    public string? Problem { get; protected set; }

    /// <summary>Makes the change.</summary>
    /// <returns>What to keep in the log, without its position; null where nothing has changed.</returns>
    public abstract LogRecord? Apply(GroupTable table, DateTimeOffset now);

    public sealed override void Answer(bool durable, GroupTable table) => _verdict.SetResult(
        !durable ? new PushVerdict(VerdictKind.Unavailable, "") : Problem is null ? PushVerdict.Accepted : new PushVerdict(VerdictKind.Refused, Problem));
}

internal sealed class PushRequest(Push push, PreparedPush prepared) : ChangeRequest
{
    public override LogRecord? Apply(GroupTable table, DateTimeOffset now)
    {
        // As in the reference, this one is found before all others.
        Problem = push.Families.Any(f => f.Metrics.Exists(m => m.Timestamp is not null)) ? "pushed metrics must not have timestamps" : table.Push(prepared, now);
        if (Problem is not null)
        {
            return table.Fail(push.Group, now) ? new LogRecord { Kind = RecordKind.Failure, Time = now, Labels = push.Group.Labels } : null;
        }

        return new LogRecord
        {
            Kind = push.Replace ? RecordKind.Put : RecordKind.Post,
            Time = now,
            Labels = push.Group.Labels,
            SessionId = push.SessionId,
            SessionMessage = push.SessionMessage,
            Text = push.Text,
        };
    }
}

internal sealed class DeleteRequest(GroupKey group) : ChangeRequest
{
    public override LogRecord? Apply(GroupTable table, DateTimeOffset now) =>
        table.Delete(group) ? new LogRecord { Kind = RecordKind.Delete, Time = now, Labels = group.Labels } : null;
}

internal sealed class WipeRequest : ChangeRequest
{
    public override LogRecord? Apply(GroupTable table, DateTimeOffset now) => table.Wipe() ? new LogRecord { Kind = RecordKind.Wipe, Time = now } : null;
}

/// <summary>Asks whether the log can be written; where the last write failed, it is tried.</summary>
internal sealed class ProbeRequest : StoreRequest
{
    private readonly TaskCompletionSource<bool> _writable = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task<bool> Writable => _writable.Task;

    public override void Answer(bool durable, GroupTable table) => _writable.SetResult(durable);
}

/// <summary>Asks for all that is exposed. It goes through the queue, so that it never sees a change that is not durable.</summary>
internal sealed class ViewRequest : StoreRequest
{
    private readonly TaskCompletionSource<StoreView> _view = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task<StoreView> View => _view.Task;

    public override void Answer(bool durable, GroupTable table)
    {
        try
        {
            _view.SetResult(new StoreView(table.Groups(), table.Families()));
        }
        catch (Exception e)
        {
            // For the one who asked: the writer goes on for all others.
            _view.SetException(e);
        }
    }
}
