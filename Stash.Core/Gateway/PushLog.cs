using System.Globalization;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using Microsoft.Win32.SafeHandles;

namespace Stash.Core.Gateway;

/// <summary>
/// The append-only log of changes, in segments <c>log-POSITION</c> (the position of the first record). A record counts once it is
/// synced. What is torn or damaged at the end is cut when the log is opened; what is damaged before is passed over.
/// </summary>
internal sealed partial class PushLog : IDisposable
{
    private const int LoadChunk = 1 << 20;

    /// <summary>Small enough that it is no large object to the garbage collector.</summary>
    private const int FollowChunk = 64 << 10;

    private readonly string _directory;
    private readonly ILogger _logger;
    private readonly Lock _lock = new();
    private readonly List<Segment> _segments = [];
    private TaskCompletionSource _advanced = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private SafeFileHandle? _writing;
    private Segment _current = null!;
    private long _position;
    private bool _uncut;

    private PushLog(string directory, ILogger logger)
    {
        _directory = directory;
        _logger = logger;
    }

    /// <summary>Position of the last durable record.</summary>
    public long Position => Volatile.Read(ref _position);

    /// <summary>Segments that were found torn or damaged when the log was opened.</summary>
    public int Cuts { get; private set; }

    /// <summary>Bytes of them that were cut or passed over.</summary>
    public long CutBytes { get; private set; }

    public int Segments
    {
        get
        {
            lock (_lock)
            {
                return _segments.Count;
            }
        }
    }

    /// <summary>Bytes of all segments.</summary>
    public long Length
    {
        get
        {
            lock (_lock)
            {
                return _segments.Sum(s => s.Length);
            }
        }
    }

    /// <summary>Bytes of the segment that is being written.</summary>
    public long CurrentLength => _current.Length;

    /// <summary>
    /// Opens the log, yields what it holds after a position to <paramref name="survey"/>, then the same again to <paramref name="replay"/>, and is
    /// ready to be written.
    /// </summary>
    public static PushLog Open(string directory, long after, Action<IReadOnlyList<LogRecord>> survey, Action<IReadOnlyList<LogRecord>> replay, ILogger logger)
    {
        var log = new PushLog(directory, logger) { _position = after };
        foreach (var path in Directory.GetFiles(directory, "log-*").Order(StringComparer.Ordinal))
        {
            if (long.TryParse(Path.GetFileName(path).AsSpan(4), NumberStyles.None, CultureInfo.InvariantCulture, out var first))
            {
                log._segments.Add(new Segment(first, path));
            }
        }

        foreach (var segment in log._segments)
        {
            log.Load(segment, survey, after);
        }

        foreach (var segment in log._segments.Skip(Math.Max(0, log._segments.FindLastIndex(s => s.First <= after + 1))))
        {
            Replay(segment, replay, after);
        }

        if (log._segments.Count == 0)
        {
            log.StartSegment();
        }
        else
        {
            log._current = log._segments[^1];
            log._writing = File.OpenHandle(log._current.Path, FileMode.Open, FileAccess.ReadWrite, FileShare.Read);
        }

        return log;
    }

    /// <summary>Appends framed records and syncs them.</summary>
    /// <exception cref="IOException">Nothing was written, as far as any reader can tell.</exception>
    public void Append(ReadOnlySpan<byte> records, long lastPosition)
    {
        Cut();
        var segment = _current;
        try
        {
            _uncut = true;
            RandomAccess.Write(_writing!, records, segment.Length);
            RandomAccess.FlushToDisk(_writing!);
            _uncut = false;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            try
            {
                Cut();
            }
            catch (IOException)
            {
                // Tried again before the next write.
            }

            throw e as IOException ?? new IOException(e.Message, e);
        }

        segment.Length += records.Length;
        Volatile.Write(ref _position, lastPosition);
        Interlocked.Exchange(ref _advanced, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).SetResult();
    }

    /// <summary>Writes and takes back so many bytes, to see whether there is space again.</summary>
    /// <exception cref="IOException">There is not.</exception>
    public void Probe(int bytes)
    {
        Cut();
        _uncut = true;
        // Zeros are no record: left behind by a crash, they are cut.
        RandomAccess.Write(_writing!, new byte[bytes], _current.Length);
        RandomAccess.FlushToDisk(_writing!);
        Cut();
    }

    /// <summary>Goes on in a new segment.</summary>
    /// <exception cref="IOException">It goes on in the old one.</exception>
    public void StartSegment()
    {
        if (_writing is not null)
        {
            Cut();
        }

        var segment = new Segment(Position + 1, Path.Combine(_directory, string.Create(CultureInfo.InvariantCulture, $"log-{Position + 1:D20}")));
        var handle = File.OpenHandle(segment.Path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read);
        RandomAccess.SetLength(handle, 0);
        _writing?.Dispose();
        (_writing, _current) = (handle, segment);
        lock (_lock)
        {
            _segments.RemoveAll(s => s.First == segment.First);
            _segments.Add(segment);
        }

        Directories.Sync(_directory);
    }

    /// <summary>Deletes the segments that hold nothing after a position.</summary>
    public void DeleteThrough(long position)
    {
        lock (_lock)
        {
            while (_segments.Count > 1 && _segments[1].First <= position + 1)
            {
                File.Delete(_segments[0].Path);
                _segments.RemoveAt(0);
            }
        }
    }

    /// <summary>Durable records after a position: those there are, then new ones as they come. Never ends by itself.</summary>
    public async IAsyncEnumerable<LogRecord> FollowAsync(long after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (true)
        {
            var (segment, handle) = OpenSegmentOf(after + 1);
            using (handle)
            {
                var offset = 0L;
                while (true)
                {
                    // In this order: whatever comes after is seen now or wakes the wait.
                    var advanced = Volatile.Read(ref _advanced);
                    var last = IsLast(segment);
                    if (offset < segment.Length)
                    {
                        var records = ReadChunk(handle, offset, segment.Length, null, out offset);
                        if (records.Count == 0)
                        {
                            throw new IOException(string.Create(CultureInfo.InvariantCulture, $"{segment.Path} is damaged at byte {offset}"));
                        }

                        foreach (var record in records.Where(r => r.Position > after))
                        {
                            after = record.Position;
                            yield return record;
                        }
                    }
                    else if (last)
                    {
                        await advanced.Task.WaitAsync(cancellationToken);
                    }
                    else
                    {
                        after = Math.Max(after, LastOf(segment));
                        break;
                    }
                }
            }
        }
    }

    public void Dispose() => _writing?.Dispose();

    private static void Replay(Segment segment, Action<IReadOnlyList<LogRecord>> replay, long after)
    {
        using var handle = File.OpenHandle(segment.Path);
        var buffer = GC.AllocateUninitializedArray<byte>((int)Math.Min(LoadChunk, segment.Length));
        for (var offset = 0L; offset < segment.Length;)
        {
            var records = ReadChunk(handle, offset, segment.Length, buffer, out offset);
            if (records.Count == 0)
            {
                throw new IOException($"{segment.Path} has changed while it was read");
            }

            records.RemoveAll(r => r.Position <= after);
            replay(records);
        }
    }

    private void Load(Segment segment, Action<IReadOnlyList<LogRecord>> survey, long after)
    {
        using var handle = File.OpenHandle(segment.Path, FileMode.Open, FileAccess.ReadWrite);
        // Where the end of the one before is damaged, its positions are not given again.
        _position = Math.Max(_position, segment.First - 1);
        var length = RandomAccess.GetLength(handle);
        var offset = 0L;
        var buffer = GC.AllocateUninitializedArray<byte>((int)Math.Min(LoadChunk, length));
        while (offset < length)
        {
            var before = offset;
            var records = ReadChunk(handle, offset, length, buffer, out offset);
            records.RemoveAll(r => r.Position <= after);
            if (records.Count > 0)
            {
                survey(records);
                _position = Math.Max(_position, records[^1].Position);
            }

            if (offset == before)
            {
                Cuts++;
                CutBytes += length - offset;
                if (segment == _segments[^1])
                {
                    LogCut(_logger, segment.Path, length - offset, offset);
                    RandomAccess.SetLength(handle, offset);
                    RandomAccess.FlushToDisk(handle);
                }
                else
                {
                    // Left as it is, for whoever has a copy to put in its place, until a snapshot takes its place. A gateway that does not
                    // start would lose every push from now on too.
                    LogDamaged(_logger, segment.Path, length - offset, offset);
                }

                break;
            }
        }

        segment.Length = offset;
    }

    /// <summary>The records from an offset on, as many as a buffer holds, or one; none, and the same offset, where the bytes are no record.</summary>
    /// <param name="handle">The segment.</param>
    /// <param name="offset">Where a record begins.</param>
    /// <param name="end">Where the last one ends.</param>
    /// <param name="buffer">Holds the records' texts; null for one of their own.</param>
    /// <param name="next">Where to go on.</param>
    public static List<LogRecord> ReadChunk(SafeFileHandle handle, long offset, long end, byte[]? buffer, out long next)
    {
        List<LogRecord> records = [];
        buffer ??= GC.AllocateUninitializedArray<byte>((int)Math.Min(FollowChunk, end - offset));
        while (true)
        {
            var read = 0;
            var wanted = (int)Math.Min(buffer.Length, end - offset);
            while (read < wanted && RandomAccess.Read(handle, buffer.AsSpan(read, wanted - read), offset + read) is > 0 and var n)
            {
                read += n;
            }

            var at = 0;
            var needed = 0;
            while (at < read && LogRecord.TryRead(buffer.AsMemory(at, read - at), out var record, out needed))
            {
                records.Add(record!);
                at += needed;
            }

            next = offset + at;
            if (records.Count > 0 || needed <= read || needed > end - offset || read < wanted)
            {
                return records;
            }

            buffer = GC.AllocateUninitializedArray<byte>(needed);
        }
    }

    /// <summary>Cuts off what a failed write may have left.</summary>
    private void Cut()
    {
        if (_uncut)
        {
            RandomAccess.SetLength(_writing!, _current.Length);
            RandomAccess.FlushToDisk(_writing!);
            _uncut = false;
        }
    }

    private (Segment Segment, SafeFileHandle Handle) OpenSegmentOf(long position)
    {
        // Under the lock, so that it is not deleted in between.
        lock (_lock)
        {
            var segment = _segments[Math.Max(0, _segments.FindLastIndex(s => s.First <= position))];
            return (segment, File.OpenHandle(segment.Path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete));
        }
    }

    private bool IsLast(Segment segment)
    {
        lock (_lock)
        {
            return _segments[^1] == segment;
        }
    }

    /// <summary>Position of the last record of a segment that another follows or followed.</summary>
    private long LastOf(Segment segment)
    {
        lock (_lock)
        {
            return _segments.First(s => s.First > segment.First).First - 1;
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Path}: the last {Bytes} bytes, from byte {Offset} on, are torn or damaged, as after a crash or on a failing disk; they are cut off. Pushes that were in them come back with each group's next push")]
    private static partial void LogCut(ILogger logger, string path, long bytes, long offset);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Path} is damaged: its last {Bytes} bytes, from byte {Offset} on, are passed over. Changes that were in them are lost, unless you stop stash and put a good copy of the file in its place; pushes come back with each group's next one. See whether the disk fails")]
    private static partial void LogDamaged(ILogger logger, string path, long bytes, long offset);

    private sealed class Segment(long first, string path)
    {
        private long _length;

        public long First { get; } = first;

        public string Path { get; } = path;

        /// <summary>Bytes of whole, durable records.</summary>
        public long Length
        {
            get => Volatile.Read(ref _length);
            set => Volatile.Write(ref _length, value);
        }
    }
}
