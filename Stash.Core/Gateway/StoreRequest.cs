using System.Globalization;
using System.Threading.Tasks.Sources;
using Stash.Core.Exposition;

namespace Stash.Core.Gateway;

/// <summary>Something asked of the thread that changes the groups.</summary>
internal abstract class StoreRequest
{
    /// <summary>Answers.</summary>
    /// <param name="durable">False where the log could not be written, so that nothing has changed.</param>
    /// <param name="table">The groups after the batch.</param>
    public abstract void Answer(bool durable, GroupTable table);
}

/// <summary>Records of a batch, to be written with one sync.</summary>
internal sealed class RecordBatch
{
    private const int Kept = 8 << 20;
    private ByteBuffer _bytes = new(1 << 16);

    public ByteBuffer Bytes => _bytes;

    /// <summary>Position of the last record.</summary>
    public long Position { get; private set; }

    public long NextPosition => ++Position;

    public void Start(long position)
    {
        if (_bytes.Capacity > Kept)
        {
            _bytes = new ByteBuffer(1 << 16);
        }

        _bytes.Truncate(0);
        Position = position;
    }

    public void Add(RecordKind kind, long ticks, GroupKey? key)
    {
        var start = LogRecord.Begin(_bytes, kind, NextPosition, ticks, 0, 0, key);
        LogRecord.WriteSession(_bytes, null, null);
        LogRecord.Finish(_bytes, start);
    }
}

/// <summary>A change of the groups.</summary>
internal abstract class ChangeRequest : StoreRequest, IValueTaskSource<PushVerdict>
{
    private ManualResetValueTaskSourceCore<PushVerdict> _verdict = new() { RunContinuationsAsynchronously = true };

    public ValueTask<PushVerdict> Verdict => new(this, _verdict.Version);

    /// <summary>Why it was refused; null where it was not.</summary>
    protected string? Problem { get; set; }

    protected bool OverLimit { get; set; }

    /// <summary>Makes the change and adds what to keep in the log; nothing where nothing has changed.</summary>
    public abstract void Apply(GroupTable table, RecordBatch batch);

    public sealed override void Answer(bool durable, GroupTable table) => _verdict.SetResult(
        !durable ? new PushVerdict(VerdictKind.Unavailable, "")
        : Problem is null ? PushVerdict.Accepted
        : new PushVerdict(OverLimit ? VerdictKind.OverLimit : VerdictKind.Refused, Problem));

    PushVerdict IValueTaskSource<PushVerdict>.GetResult(short token) => _verdict.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<PushVerdict>.GetStatus(short token) => _verdict.GetStatus(token);

    void IValueTaskSource<PushVerdict>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _verdict.OnCompleted(continuation, state, token, flags);

    protected void Reset()
    {
        _verdict.Reset();
        (Problem, OverLimit) = (null, false);
    }
}

/// <summary>A push. Used again for the next one.</summary>
internal sealed class PushRequest : ChangeRequest
{
    private Push _push;
    private long _ticks;

    public PreparedPush Prepared { get; } = new();

    /// <summary>Reads the push.</summary>
    /// <returns>False where it cannot be taken in, whatever the groups are: see the set's error.</returns>
    public bool TryRead(in Push push, long ticks, PushLimits? limits, bool utf8Names, long seed)
    {
        (_push, _ticks) = (push, ticks);
        return Prepared.TryRead(push.Group, push.Replace, push.Text, limits, utf8Names, seed);
    }

    public override void Apply(GroupTable table, RecordBatch batch)
    {
        // As in the reference, timestamps are found before all else.
        if (Prepared.Set.HasTimestamps)
        {
            Problem = "pushed metrics must not have timestamps";
        }
        else if (table.IsFull && table.Find(_push.Group) is null)
        {
            OverLimit = true;
            Problem = string.Create(
                CultureInfo.InvariantCulture,
                $"there are {table.Count} groups, and no more are taken in: delete some, or raise Stash:Gateway:{nameof(PushLimits.MaxGroups)}");
            return;
        }
        else
        {
            Problem = table.Push(Prepared, _ticks, _push.TimeToLive?.Ticks ?? 0);
        }

        if (Problem is not null)
        {
            if (table.Fail(_push.Group, _ticks))
            {
                batch.Add(RecordKind.Failure, _ticks, _push.Group);
            }

            return;
        }

        var start = LogRecord.Begin(batch.Bytes, _push.Replace ? RecordKind.Put : RecordKind.Post, batch.NextPosition, _ticks, 0, _push.TimeToLive?.Ticks ?? 0, _push.Group);
        LogRecord.WriteSession(batch.Bytes, _push.SessionId, _push.SessionMessage);
        batch.Bytes.Write(_push.Text.Span);
        LogRecord.Finish(batch.Bytes, start);
    }

    /// <summary>Lets go of the push, so that another can be read.</summary>
    public void Release()
    {
        Reset();
        Prepared.Release();
        _push = default;
    }
}

internal sealed class DeleteRequest(GroupKey group, long ticks) : ChangeRequest
{
    public override void Apply(GroupTable table, RecordBatch batch)
    {
        if (table.Delete(group))
        {
            batch.Add(RecordKind.Delete, ticks, group);
        }
    }
}

internal sealed class WipeRequest(long ticks) : ChangeRequest
{
    public override void Apply(GroupTable table, RecordBatch batch)
    {
        if (table.Wipe())
        {
            batch.Add(RecordKind.Wipe, ticks, null);
        }
    }
}

/// <summary>Deletes groups whose time is over. Whether it is, is decided here: no push can come in between.</summary>
internal sealed class ExpireRequest(long ticks, long opened, TimeSpan? timeToLive, int most) : ChangeRequest
{
    /// <summary>A quarter of an hour: longer than runners wait between two attempts to deliver.</summary>
    private const long Grace = 15 * TimeSpan.TicksPerMinute;

    /// <summary>Groups deleted.</summary>
    public int Expired { get; private set; }

    public override void Apply(GroupTable table, RecordBatch batch)
    {
        List<GroupKey> over = [];
        foreach (var group in table.Groups)
        {
            var life = group.LifeTicks > 0 ? group.LifeTicks : timeToLive?.Ticks ?? 0;
            if (life > 0 && ticks - Math.Max(group.PushTicks, group.PushTicks == 0 ? group.FailureTicks : 0) >= life && ticks - opened >= Math.Min(life, Grace))
            {
                over.Add(group.Key);
                if (over.Count == most)
                {
                    break;
                }
            }
        }

        foreach (var key in over)
        {
            table.Delete(key);
            batch.Add(RecordKind.Delete, ticks, key);
        }

        Expired = over.Count;
    }
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
            _view.SetResult(table.View());
        }
        catch (Exception e)
        {
            // For the one who asked: the writer goes on for all others.
            _view.SetException(e);
        }
    }
}

/// <summary>Gives back the orders that a reader found, for the readers after it.</summary>
internal sealed class OrderRequest(StoreView view) : StoreRequest
{
    public override void Answer(bool durable, GroupTable table)
    {
        table.Install(view);
        view.Dispose();
    }
}
