using System.Collections.Concurrent;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Stash.Core.Api;
using Stash.Core.Configuration;
using Stash.Core.Exposition;

namespace Stash.Core.Gateway;

/// <summary>
/// The groups of the push gateway, durable: an answered push is on the disk. One thread takes the queued changes, applies them to the
/// groups in memory, writes them to the log with one sync, and answers them all; while it syncs, the next batch gathers.
/// </summary>
public sealed partial class GroupStore : IAsyncDisposable
{
    private const int MaxBatch = 1024;
    private const int MaxQueued = 8192;
    private const int MaxPooled = 256;
    private const int MaxProbe = 1 << 20;
    private const int MaxExpired = 4096;

    /// <summary>A log longer than this is not left for the next start to read, where there is time to make a snapshot.</summary>
    private const long LongLog = 4 << 20;

    private readonly string _directory;
    private readonly long _segmentBytes;
    private readonly PushLimits? _limits;
    private readonly bool _utf8Names;
    private readonly TimeProvider _time;
    private readonly long _opened;
    private readonly long _seed;
    private readonly ILogger<GroupStore> _logger;
    private readonly FileStream _lock;
    private readonly GroupTable _table;
    private readonly Lock _tableLock = new();
    private readonly PushLog _log;
    private readonly RecordBatch _records = new();
    private readonly ConcurrentQueue<PushRequest> _pool = new();
    private readonly Channel<StoreRequest> _requests =
        Channel.CreateBounded<StoreRequest>(new BoundedChannelOptions(MaxQueued) { SingleReader = true });

    private readonly Task _writer;
    private Task _snapshot = Task.CompletedTask;
    private long _snapshotBytes;
    private long _snapshotTicks;
    private long _snapshotted;
    private long _released;
    private long _pushes;
    private long _syncs;
    private long _expired;
    private long _damagedBytes;
    private volatile bool _failing;
    private int _unwritten;

    private GroupStore(GroupStoreOptions options, FileStream @lock, TimeProvider time, ILogger<GroupStore> logger)
    {
        _directory = options.Directory;
        _segmentBytes = options.SegmentBytes;
        _limits = options.Limits;
        _utf8Names = options.Utf8Names;
        _time = time;
        _opened = time.GetUtcNow().UtcTicks;
        _logger = logger;
        _lock = @lock;
        _table = new GroupTable(options);
        StoreLoader loader = new(_table, _directory, logger);
        (_snapshotted, _snapshotBytes, _snapshotTicks, _damagedBytes) = Snapshot.Load(_directory, loader.Restore, logger);
        _log = PushLog.Open(_directory, _snapshotted, loader.Survey, loader.Replay, logger);
        _seed = loader.Seed;
        LogOpened(logger, _directory, _table.Count, _log.Position);
        _writer = Task.Factory.StartNew(WriteAll, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    /// <summary>Position of the last durable change; 0 where there is none. It only grows.</summary>
    public long Position => _log.Position;

    /// <summary>False where what writes the log has ended, by <see cref="DisposeAsync"/> or by a fault of the program.</summary>
    public bool IsRunning => !_writer.IsCompleted;

    public StoreStatistics Statistics
    {
        get
        {
            var ticks = Volatile.Read(ref _snapshotTicks);
            return new StoreStatistics
            {
                Groups = _table.Count,
                Series = _table.Series,
                Position = _log.Position,
                Pushes = Volatile.Read(ref _pushes),
                Syncs = Volatile.Read(ref _syncs),
                Expired = Volatile.Read(ref _expired),
                LogBytes = _log.Length,
                LogSegments = _log.Segments,
                Cuts = _log.Cuts + (_damagedBytes > 0 ? 1 : 0),
                CutBytes = _log.CutBytes + _damagedBytes,
                SnapshotBytes = Volatile.Read(ref _snapshotBytes),
                SnapshotTime = Group.Time(ticks),
                Failing = _failing,
            };
        }
    }

    /// <summary>Opens the store: makes its folder, takes it for this process alone, and reads what it holds.</summary>
    /// <exception cref="UserErrorException">The folder cannot be used, is in use, or holds damaged files.</exception>
    public static Task<GroupStore> OpenAsync(GroupStoreOptions options, TimeProvider time, ILogger<GroupStore> logger, CancellationToken cancellationToken) =>
        Task.Run(
            () =>
            {
                var folder = DataFolder.Open(options.Directory);
                var @lock = Lock(folder);
                try
                {
                    return new GroupStore(options, @lock, time, logger);
                }
                catch (Exception e)
                {
                    @lock.Dispose();
                    throw e is IOException or UnauthorizedAccessException
                        ? new UserErrorException($"The push gateway's folder {options.Directory} cannot be read or written: see that this user may do both and that the disk has space.", inner: e)
                        : e;
                }
            },
            cancellationToken);

    /// <summary>Takes a push in. Done when it is on the disk, or refused.</summary>
    /// <param name="push">The push.</param>
    /// <param name="cancellationToken">Stops waiting for a place in the queue; a push that has one is waited for.</param>
    public async ValueTask<PushVerdict> PushAsync(Push push, CancellationToken cancellationToken)
    {
        if (push.Text.Length > LogRecord.MaxText)
        {
            return new PushVerdict(VerdictKind.OverLimit, "the push is larger than a gibibyte: push less at once");
        }

        var request = _pool.TryDequeue(out var pooled) ? pooled : new PushRequest();
        try
        {
            if (!request.TryRead(push, _time.GetUtcNow().UtcTicks, _limits, _utf8Names, _seed))
            {
                var set = request.Prepared.Set;
                return new PushVerdict(set.OverLimit ? VerdictKind.OverLimit : VerdictKind.Malformed, set.Error!);
            }

            return await ChangeAsync(request, cancellationToken);
        }
        finally
        {
            request.Release();
            if (!request.Prepared.IsLarge && _pool.Count < MaxPooled)
            {
                _pool.Enqueue(request);
            }
        }
    }

    /// <summary>Deletes a group. Accepted too where there is none.</summary>
    public ValueTask<PushVerdict> DeleteAsync(GroupKey group, CancellationToken cancellationToken) =>
        ChangeAsync(new DeleteRequest(group, _time.GetUtcNow().UtcTicks), cancellationToken);

    /// <summary>Deletes all groups.</summary>
    public ValueTask<PushVerdict> WipeAsync(CancellationToken cancellationToken) => ChangeAsync(new WipeRequest(_time.GetUtcNow().UtcTicks), cancellationToken);

    /// <summary>
    /// Deletes the groups whose time is over: their own (<see cref="Push.TimeToLive"/>) has passed since their last push, or the one given,
    /// where they have none. What ran out while the store was closed is given some minutes: their pushers could not reach it either.
    /// </summary>
    /// <param name="timeToLive">For groups that have none of their own; null for never.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <returns>Groups deleted.</returns>
    public async Task<int> ExpireAsync(TimeSpan? timeToLive, CancellationToken cancellationToken)
    {
        var expired = 0;
        while (true)
        {
            ExpireRequest request = new(_time.GetUtcNow().UtcTicks, _opened, timeToLive, MaxExpired);
            if (await ChangeAsync(request, cancellationToken) != PushVerdict.Accepted)
            {
                return expired;
            }

            expired += request.Expired;
            Interlocked.Add(ref _expired, request.Expired);
            if (request.Expired < MaxExpired)
            {
                return expired;
            }
        }
    }

    /// <summary>
    /// False while the log cannot be written, as on a full disk, so that pushes are unavailable. After a write has failed, each call tries
    /// anew whether as much would fit: whoever sends pushes only to a gateway that is ready would otherwise never send one again.
    /// </summary>
    public async Task<bool> IsWritableAsync(CancellationToken cancellationToken)
    {
        if (!_failing)
        {
            return true;
        }

        ProbeRequest request = new();
        await _requests.Writer.WriteAsync(request, cancellationToken);
        return await request.Writable.WaitAsync(cancellationToken);
    }

    /// <summary>The groups there are, sorted by their labels.</summary>
    public IReadOnlyList<GroupSummary> Summaries()
    {
        Group[] groups;
        lock (_tableLock)
        {
            groups = [.. _table.Groups];
        }

        Array.Sort(groups, static (a, b) => a.Key.Text.SequenceCompareTo(b.Key.Text));
        return
        [
            .. groups.Select(g => new GroupSummary
            {
                Labels = g.Key.Labels.ToDictionary(l => l.Name, l => l.Value, StringComparer.Ordinal),
                Families = g.Content.Families.Length,
                Samples = g.Content.Text.Count((byte)'\n'),
                LastPushTime = g.PushTime,
                LastFailureTime = g.FailureTime,
            }),
        ];
    }

    /// <summary>All groups as they are now. Dispose it after use.</summary>
    public async Task<StoreView> ReadAsync(CancellationToken cancellationToken)
    {
        ViewRequest request = new();
        await _requests.Writer.WriteAsync(request, cancellationToken);
        return await request.View.WaitAsync(cancellationToken);
    }

    /// <summary>Writes all groups in the text format 0.0.4, sorted, and flushes.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="own">Families of the process, written in among them.</param>
    /// <param name="cancellationToken">Stops.</param>
    public Task WriteTextAsync(PipeWriter output, IReadOnlyList<MetricFamily> own, CancellationToken cancellationToken) =>
        ReadAsync(view => view.WriteTextAsync(output, own, cancellationToken), cancellationToken);

    /// <summary>Lets somebody read all groups as they are now; the order in which they were brought is kept for the next one.</summary>
    public async Task ReadAsync(Func<StoreView, Task> read, CancellationToken cancellationToken)
    {
        var view = await ReadAsync(cancellationToken);
        try
        {
            await read(view);
        }
        finally
        {
            if (!_requests.Writer.TryWrite(new OrderRequest(view)))
            {
                view.Dispose();
            }
        }
    }

    /// <summary>Durable changes after a position, acknowledged pushes among them: those that the log still holds, then new ones as they come. Never ends by itself.</summary>
    /// <exception cref="IOException">The log cannot be read.</exception>
    public async IAsyncEnumerable<PushRecord> FollowAsync(long after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var record in _log.FollowAsync(after, cancellationToken))
        {
            yield return new PushRecord
            {
                Position = record.Position,
                IsPush = record.Kind is RecordKind.Put or RecordKind.Post,
                Time = record.Time,
                Grouping = record.Labels,
                Text = record.Text,
                SessionId = record.SessionId,
                SessionMessage = record.SessionMessage,
            };
        }
    }

    /// <summary>Whoever follows the log has all up to a position: what is in a snapshot too is deleted. Until then the log keeps everything.</summary>
    public void Release(long position)
    {
        for (var known = Volatile.Read(ref _released); position > known;)
        {
            var was = Interlocked.CompareExchange(ref _released, position, known);
            if (was == known)
            {
                DeleteOldSegments();
                return;
            }

            known = was;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_requests.Writer.TryComplete())
        {
            await _writer;
            await _snapshot;
            if (_log.CurrentLength > LongLog && !_failing)
            {
                StartSnapshot();
                await _snapshot;
            }

            _log.Dispose();
            await _lock.DisposeAsync();
        }
    }

    private static FileStream Lock(DataFolder folder)
    {
        try
        {
            return new FileStream(folder.In("lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException e)
        {
            throw new UserErrorException($"The push gateway's folder {folder.FullPath} is in use by another stash process: stop that one, or start this one with another --data-dir.", inner: e);
        }
    }

    private async ValueTask<PushVerdict> ChangeAsync(ChangeRequest request, CancellationToken cancellationToken)
    {
        if (!_requests.Writer.TryWrite(request))
        {
            try
            {
                await _requests.Writer.WriteAsync(request, cancellationToken);
            }
            catch (ChannelClosedException)
            {
                return new PushVerdict(VerdictKind.Unavailable, "");
            }
        }

        return await request.Verdict;
    }

    /// <summary>A thread of its own: it waits for the disk, and must not take one of the few that serve requests.</summary>
    private void WriteAll()
    {
        List<StoreRequest> batch = [];
        while (_requests.Reader.WaitToReadAsync().AsTask().GetAwaiter().GetResult())
        {
            batch.Clear();
            while (batch.Count < MaxBatch && _requests.Reader.TryRead(out var request))
            {
                batch.Add(request);
            }

            var durable = Write(batch);
            foreach (var request in batch)
            {
                request.Answer(durable, _table);
            }

            if (durable && _log.CurrentLength >= Math.Max(_segmentBytes, 2 * Volatile.Read(ref _snapshotBytes)) && _snapshot.IsCompleted)
            {
                StartSnapshot();
            }
        }
    }

    /// <summary>Applies a batch and makes it durable.</summary>
    /// <returns>False where it could not be written, and was taken back.</returns>
    private bool Write(List<StoreRequest> batch)
    {
        // Until it is durable or taken back, nobody may look.
        lock (_tableLock)
        {
            try
            {
                _records.Start(_log.Position);
                var pushes = 0;
                foreach (var request in batch)
                {
                    if (request is ChangeRequest change)
                    {
                        change.Apply(_table, _records);
                        pushes += change is PushRequest ? 1 : 0;
                    }
                }

                var written = _records.Bytes.Length > 0;
                if (written)
                {
                    _log.Append(_records.Bytes.Written, _records.Position);
                    Volatile.Write(ref _syncs, _syncs + 1);
                    Volatile.Write(ref _pushes, _pushes + pushes);
                }
                else if (_failing && batch.Exists(r => r is ProbeRequest))
                {
                    _log.Probe(_unwritten);
                    written = true;
                }

                _table.Commit();
                if (_failing && written)
                {
                    _failing = false;
                    LogWritableAgain(_logger, _directory);
                }

                return true;
            }
            catch (Exception e)
            {
                // Most likely a full disk. Whatever it is: nothing that is not durable stays, and nobody waits for ever.
                _table.Undo();
                if (!_failing)
                {
                    _unwritten = Math.Clamp(_records.Bytes.Length, 1, MaxProbe);
                    _failing = true;
                    LogUnwritable(_logger, e, _directory);
                }

                return false;
            }
        }
    }

    private void StartSnapshot()
    {
        try
        {
            _log.StartSegment();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            LogSnapshotFailed(_logger, e, _directory);
            return;
        }

        Group[] groups = [.. _table.Groups];
        var position = _log.Position;
        var ticks = _time.GetUtcNow().UtcTicks;
        _snapshot = Task.Factory.StartNew(
            () =>
            {
                try
                {
                    Volatile.Write(ref _snapshotBytes, Snapshot.Save(_directory, position, ticks, _seed, groups));
                    Volatile.Write(ref _snapshotTicks, ticks);
                    Volatile.Write(ref _snapshotted, position);
                    DeleteOldSegments();
                }
                catch (Exception e)
                {
                    // The log holds everything still: the next attempt is as good.
                    LogSnapshotFailed(_logger, e, _directory);
                }
            },
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default);
    }

    private void DeleteOldSegments()
    {
        try
        {
            _log.DeleteThrough(Math.Min(Volatile.Read(ref _snapshotted), Volatile.Read(ref _released)));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Tried again with the next release or snapshot; until then they only take space.
            LogNotDeleted(_logger, e, _directory);
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "{Directory}: {Groups} groups at position {Position}")]
    private static partial void LogOpened(ILogger logger, string directory, int groups, long position);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Directory} cannot be written: pushes are refused as unavailable until it can. See that its disk has space and that this user may write there")]
    private static partial void LogUnwritable(ILogger logger, Exception exception, string directory);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Directory} can be written again")]
    private static partial void LogWritableAgain(ILogger logger, string directory);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Directory}: an old log segment cannot be deleted; it takes space until it can. See that this user may delete in that folder")]
    private static partial void LogNotDeleted(ILogger logger, Exception exception, string directory);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Directory}: no snapshot could be made; the log keeps growing until one can. See that its disk has space")]
    private static partial void LogSnapshotFailed(ILogger logger, Exception exception, string directory);
}
