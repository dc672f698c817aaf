using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Stash.Core.Api;
using Stash.Core.Configuration;
using Stash.Core.Exposition;

namespace Stash.Core.Gateway;

/// <summary>
/// The groups of the push gateway, durable: an answered push is on the disk. One task takes the queued changes, applies them to the
/// groups in memory, writes them to the log with one sync, and answers them all; while it syncs, the next batch gathers.
/// </summary>
public sealed partial class GroupStore : IAsyncDisposable
{
    private const int MaxBatch = 1024;
    private const int MaxQueued = 8192;
    private const int FlushBytes = 1 << 16;
    private const int MaxProbe = 1 << 20;

    private readonly string _directory;
    private readonly long _segmentBytes;
    private readonly TimeProvider _time;
    private readonly ILogger<GroupStore> _logger;
    private readonly FileStream _lock;
    private readonly GroupTable _table;
    private readonly PushLog _log;
    private readonly ArrayBufferWriter<byte> _records = new(1 << 16);
    private readonly Channel<StoreRequest> _requests =
        Channel.CreateBounded<StoreRequest>(new BoundedChannelOptions(MaxQueued) { SingleReader = true });

    private readonly Task _writer;
    private Task _snapshot = Task.CompletedTask;
    private long _snapshotBytes;
    private long _snapshotted;
    private long _released;
    private volatile bool _failing;
    private int _unwritten;

    private GroupStore(GroupStoreOptions options, FileStream @lock, TimeProvider time, ILogger<GroupStore> logger)
    {
        _directory = options.Directory;
        _segmentBytes = options.SegmentBytes;
        _time = time;
        _logger = logger;
        _lock = @lock;
        _table = new GroupTable(options.OwnFamilies);
        (_snapshotted, _snapshotBytes) = Snapshot.Load(_directory, Restore);
        _log = PushLog.Open(_directory, _snapshotted, Restore, logger);
        _table.Commit();
        var groups = _table.Groups().Length;
        LogOpened(logger, _directory, groups, _log.Position);
        _writer = Task.Run(WriteAsync);
    }

    /// <summary>Position of the last durable change; 0 where there is none. It only grows.</summary>
    public long Position => _log.Position;

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
    /// <param name="push">The push; its families belong to the store from now on.</param>
    /// <param name="cancellationToken">Stops waiting; the push may still be taken in.</param>
    public Task<PushVerdict> PushAsync(Push push, CancellationToken cancellationToken) =>
        push.Text.Length > LogRecord.MaxText
            ? Task.FromResult(new PushVerdict(VerdictKind.Refused, "pushed metrics are larger than a gibibyte"))
            : ChangeAsync(new PushRequest(push, PreparedPush.Of(push.Group, push.Replace, push.Families)), cancellationToken);

    /// <summary>Deletes a group. Accepted too where there is none.</summary>
    public Task<PushVerdict> DeleteAsync(GroupKey group, CancellationToken cancellationToken) => ChangeAsync(new DeleteRequest(group), cancellationToken);

    /// <summary>Deletes all groups.</summary>
    public Task<PushVerdict> WipeAsync(CancellationToken cancellationToken) => ChangeAsync(new WipeRequest(), cancellationToken);

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
    public IReadOnlyList<GroupSummary> Summaries() =>
    [
        .. _table.Groups().OrderBy(g => string.Join('\0', g.Key.Labels.Select(l => $"{l.Name}\0{l.Value}")), StringComparer.Ordinal).Select(g =>
        {
            GroupFamily[] pushed = [.. g.Families.Where(f => !GroupBuilder.IsTime(f.Name))];
            return new GroupSummary
            {
                Labels = g.Key.Labels.ToDictionary(l => l.Name, l => l.Value, StringComparer.Ordinal),
                Families = pushed.Length,
                Samples = pushed.Sum(f => f.Metrics.Sum(m => m.Text.AsSpan().Count((byte)'\n'))),
                LastPushTime = g.PushTime,
                LastFailureTime = g.FailureTime,
            };
        }),
    ];

    /// <summary>All groups as they are now.</summary>
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
    public async Task WriteTextAsync(PipeWriter output, IReadOnlyList<MetricFamily> own, CancellationToken cancellationToken)
    {
        var view = await ReadAsync(cancellationToken);
        foreach (var family in view.Exposed(own))
        {
            family.WriteText(output);
            if (output.UnflushedBytes > FlushBytes)
            {
                await output.FlushAsync(cancellationToken);
            }
        }

        await output.FlushAsync(cancellationToken);
    }

    /// <summary>Acknowledged pushes after a position: those that the log still holds, then new ones as they come. Never ends by itself.</summary>
    /// <exception cref="IOException">The log cannot be read.</exception>
    public async IAsyncEnumerable<PushRecord> FollowAsync(long after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var record in _log.FollowAsync(after, cancellationToken))
        {
            if (record.Kind is RecordKind.Put or RecordKind.Post)
            {
                yield return new PushRecord
                {
                    Position = record.Position,
                    Time = record.Time,
                    Grouping = record.Labels,
                    Text = record.Text,
                    SessionId = record.SessionId,
                    SessionMessage = record.SessionMessage,
                };
            }
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

    private async Task<PushVerdict> ChangeAsync(ChangeRequest request, CancellationToken cancellationToken)
    {
        try
        {
            await _requests.Writer.WriteAsync(request, cancellationToken);
        }
        catch (ChannelClosedException)
        {
            return new PushVerdict(VerdictKind.Unavailable, "");
        }

        return await request.Verdict.WaitAsync(cancellationToken);
    }

    private async Task WriteAsync()
    {
        List<StoreRequest> batch = [];
        while (await _requests.Reader.WaitToReadAsync())
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

            if (durable && _log.CurrentLength >= Math.Max(_segmentBytes, _snapshotBytes) && _snapshot.IsCompleted)
            {
                StartSnapshot();
            }
        }
    }

    /// <summary>Applies a batch and makes it durable.</summary>
    /// <returns>False where it could not be written, and was taken back.</returns>
    private bool Write(List<StoreRequest> batch)
    {
        try
        {
            _records.ResetWrittenCount();
            var position = _log.Position;
            var now = _time.GetUtcNow();
            foreach (var request in batch.OfType<ChangeRequest>())
            {
                if (request.Apply(_table, now) is { } record)
                {
                    (record with { Position = ++position }).WriteTo(_records);
                }
            }

            var written = _records.WrittenCount > 0;
            if (written)
            {
                _log.Append(_records.WrittenSpan, position);
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
                _unwritten = Math.Clamp(_records.WrittenCount, 1, MaxProbe);
                _failing = true;
                LogUnwritable(_logger, e, _directory);
            }

            return false;
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

        var groups = _table.Groups();
        var position = _log.Position;
        _snapshot = Task.Run(() =>
        {
            try
            {
                Volatile.Write(ref _snapshotBytes, Snapshot.Save(_directory, position, groups));
                Volatile.Write(ref _snapshotted, position);
                DeleteOldSegments();
            }
            catch (Exception e)
            {
                // The log holds everything still: the next attempt is as good.
                LogSnapshotFailed(_logger, e, _directory);
            }
        });
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

    private void Restore(LogRecord record)
    {
        GroupKey key = new(record.Labels);
        IReadOnlyList<MetricFamily> families;
        try
        {
            families = TextParser.Parse(record.Text.Span);
        }
        catch (ExpositionFormatException e)
        {
            // It was read once, so only a version with another mind about the format can come here.
            LogUnreadable(_logger, e, _directory, record.Position);
            return;
        }

        switch (record.Kind)
        {
            case RecordKind.Put or RecordKind.Post:
                _table.Replay(PreparedPush.Of(key, record.Kind == RecordKind.Put, families), record.Time);
                break;
            case RecordKind.Failure:
                _table.Fail(key, record.Time);
                break;
            case RecordKind.Delete:
                _table.Delete(key);
                break;
            case RecordKind.Wipe:
                _table.Wipe();
                break;
            case RecordKind.Group:
                _table.Restore(key, PreparedPush.Of(key, replace: true, families).Built, record.Time.UtcTicks == 0 ? null : record.Time, record.FailureTime);
                break;
            default:
                throw new UserErrorException($"The push gateway's folder {_directory} was written by a newer version of stash: start that version.");
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "{Directory}: {Groups} groups at position {Position}")]
    private static partial void LogOpened(ILogger logger, string directory, int groups, long position);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Directory}: the push at position {Position} can no longer be read and is left out")]
    private static partial void LogUnreadable(ILogger logger, Exception exception, string directory, long position);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Directory} cannot be written: pushes are refused as unavailable until it can. See that its disk has space and that this user may write there")]
    private static partial void LogUnwritable(ILogger logger, Exception exception, string directory);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Directory} can be written again")]
    private static partial void LogWritableAgain(ILogger logger, string directory);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Directory}: an old log segment cannot be deleted; it takes space until it can. See that this user may delete in that folder")]
    private static partial void LogNotDeleted(ILogger logger, Exception exception, string directory);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Directory}: no snapshot could be made; the log keeps growing until one can. See that its disk has space")]
    private static partial void LogSnapshotFailed(ILogger logger, Exception exception, string directory);
}
