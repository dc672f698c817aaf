using System.Globalization;
using Stash.Core.Exposition;

namespace Stash.Core.Gateway;

/// <summary>All groups at one position of the log, in a file <c>snapshot-POSITION</c>: what a start reads instead of the whole log.</summary>
internal static class Snapshot
{
    /// <summary>Reads the newest snapshot.</summary>
    /// <returns>Its position, its bytes and when it was made (UTC ticks); 0 where there is none.</returns>
    /// <exception cref="UserErrorException">It is damaged.</exception>
    public static (long Position, long Bytes, long Ticks) Load(string directory, Action<IReadOnlyList<LogRecord>> take)
    {
        foreach (var unfinished in Directory.GetFiles(directory, "snapshot-*.tmp"))
        {
            File.Delete(unfinished);
        }

        var path = Directory.GetFiles(directory, "snapshot-*").Max(StringComparer.Ordinal);
        if (path is null)
        {
            return (0, 0, 0);
        }

        using var handle = File.OpenHandle(path);
        var length = RandomAccess.GetLength(handle);
        var buffer = GC.AllocateUninitializedArray<byte>(1 << 20);
        for (var offset = 0L; offset < length;)
        {
            var records = PushLog.ReadChunk(handle, offset, length, buffer, out var next);
            if (records.Count > 0 && records[^1] is { Kind: RecordKind.End } end)
            {
                records.RemoveAt(records.Count - 1);
                take(records);
                return (end.Position, length, end.Ticks);
            }

            if (next == offset)
            {
                break;
            }

            take(records);
            offset = next;
        }

        throw new UserErrorException($"The push gateway's snapshot {path} is damaged: move it away and start again; groups pushed since then come back with their next push.");
    }

    /// <summary>Writes a snapshot, then deletes the ones before.</summary>
    /// <returns>Its bytes.</returns>
    /// <exception cref="IOException">It cannot be written; the one before is still there.</exception>
    public static long Save(string directory, long position, long ticks, IReadOnlyCollection<Group> groups)
    {
        var path = Path.Combine(directory, string.Create(CultureInfo.InvariantCulture, $"snapshot-{position:D20}"));
        var temporary = $"{path}.tmp";
        long bytes;
        try
        {
            bytes = Write(temporary, position, ticks, groups);
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

    private static long Write(string path, long position, long ticks, IReadOnlyCollection<Group> groups)
    {
        ByteBuffer buffer = new(1 << 17);
        using var file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None, 0);
        foreach (var group in groups)
        {
            var start = LogRecord.Begin(buffer, RecordKind.Group, 0, group.PushTicks, group.FailureTicks, group.LifeTicks, group.Key);
            LogRecord.WriteSession(buffer, null, null);
            var content = group.Content;
            for (var f = 0; f < content.Families.Length; f++)
            {
                var part = content.Families[f];
                ExpositionText.WriteHeader(buffer, part.Family.Name, part.Help.Text, part.Family.Type);
                var (first, end) = content.MetricsOf(f);
                for (var m = first; m < end; m++)
                {
                    buffer.Write(content.Lines(m));
                }
            }

            LogRecord.Finish(buffer, start);
            if (buffer.Length >= 1 << 16)
            {
                file.Write(buffer.Written);
                buffer.Truncate(0);
            }
        }

        new LogRecord { Kind = RecordKind.End, Position = position, Ticks = ticks }.WriteTo(buffer);
        file.Write(buffer.Written);
        file.Flush(flushToDisk: true);
        return file.Length;
    }
}
