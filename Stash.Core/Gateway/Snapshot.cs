using System.Globalization;
using Microsoft.Extensions.Logging;
using Stash.Core.Exposition;

namespace Stash.Core.Gateway;

/// <summary>All groups at one position of the log, in a file <c>snapshot-POSITION</c>: what a start reads instead of the whole log.</summary>
internal static partial class Snapshot
{
    private const int SyncBytes = 2 << 20;

    /// <summary>Reads the newest snapshot; of a damaged one, what is before the damage.</summary>
    /// <returns>Its position, its bytes and when it was made (UTC ticks), 0 where there is none; and the bytes that are damaged.</returns>
    public static (long Position, long Bytes, long Ticks, long DamagedBytes) Load(string directory, Action<LogRecord> take, ILogger logger)
    {
        foreach (var unfinished in Directory.GetFiles(directory, "snapshot-*.tmp"))
        {
            File.Delete(unfinished);
        }

        var path = Directory.GetFiles(directory, "snapshot-*").Max(StringComparer.Ordinal);
        if (path is null)
        {
            return (0, 0, 0, 0);
        }

        using var handle = File.OpenHandle(path);
        var length = RandomAccess.GetLength(handle);
        var buffer = GC.AllocateUninitializedArray<byte>(1 << 20);
        var offset = 0L;
        while (offset < length)
        {
            var records = PushLog.ReadChunk(handle, offset, length, buffer, out var next);
            if (next == offset || !TryTake(records, take, out var end))
            {
                break;
            }

            if (end is not null)
            {
                return (end.Position, length, end.Ticks, 0);
            }

            offset = next;
        }

        // It stays until the next one takes its place. A gateway that does not start would lose every push from now on too.
        LogDamaged(logger, path, length - offset, offset);
        _ = long.TryParse(Path.GetFileName(path).AsSpan("snapshot-".Length), NumberStyles.None, CultureInfo.InvariantCulture, out var position);
        return (position, length, File.GetLastWriteTimeUtc(handle).Ticks, length - offset);
    }

    /// <returns>False where a record is none that a snapshot has.</returns>
    private static bool TryTake(List<LogRecord> records, Action<LogRecord> take, out LogRecord? end)
    {
        end = null;
        try
        {
            foreach (var record in records)
            {
                if (record.Kind == RecordKind.End)
                {
                    end = record;
                    return true;
                }

                take(record);
            }

            return true;
        }
        catch (InvalidDataException)
        {
            return false;
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "{Path} is damaged: the groups in its last {Bytes} bytes, from byte {Offset} on, are missing unless they were pushed again since. They come back with their next push, or if you stop stash now and put a good copy of the file in its place. See whether the disk fails")]
    private static partial void LogDamaged(ILogger logger, string path, long bytes, long offset);

    /// <summary>Writes a snapshot, then deletes the ones before.</summary>
    /// <returns>Its bytes.</returns>
    /// <exception cref="IOException">It cannot be written; the one before is still there.</exception>
    public static long Save(string directory, long position, long ticks, long seed, IReadOnlyCollection<Group> groups)
    {
        var path = Path.Combine(directory, string.Create(CultureInfo.InvariantCulture, $"snapshot-{position:D20}"));
        var temporary = $"{path}.tmp";
        long bytes;
        try
        {
            bytes = Write(temporary, position, ticks, seed, groups);
        }
        catch
        {
            // What is there of it would only keep a full disk full.
            File.Delete(temporary);
            throw;
        }

        File.Move(temporary, path, overwrite: true);
        Directories.Sync(directory);
        foreach (var old in Directory.GetFiles(directory, "snapshot-*").Where(p => p != path))
        {
            File.Delete(old);
        }

        return bytes;
    }

    private static long Write(string path, long position, long ticks, long seed, IReadOnlyCollection<Group> groups)
    {
        ByteBuffer buffer = new(1 << 17);
        using var file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None, 0);
        var unsynced = 0;
        new LogRecord { Kind = RecordKind.Start, Position = seed }.WriteTo(buffer);
        foreach (var group in groups)
        {
            var start = LogRecord.Begin(buffer, RecordKind.Group, 0, group.PushTicks, group.FailureTicks, group.LifeTicks, group.Key);
            LogRecord.WriteSession(buffer, null, null);
            PackedContent.Write(buffer, group.Content);
            LogRecord.Finish(buffer, start);
            if (buffer.Length >= 1 << 16)
            {
                file.Write(buffer.Written);
                unsynced += buffer.Length;
                buffer.Truncate(0);
                if (unsynced >= SyncBytes)
                {
                    // Much at once would go to the disk before the log's next sync, and every push would wait for it.
                    file.Flush(flushToDisk: true);
                    unsynced = 0;
                }
            }
        }

        new LogRecord { Kind = RecordKind.End, Position = position, Ticks = ticks }.WriteTo(buffer);
        file.Write(buffer.Written);
        file.Flush(flushToDisk: true);
        return file.Length;
    }
}
