using System.Buffers;
using System.Globalization;
using Stash.Core.Exposition;

namespace Stash.Core.Gateway;

/// <summary>All groups at one position of the log, in a file <c>snapshot-POSITION</c>: what a start reads instead of the whole log.</summary>
internal static class Snapshot
{
    /// <summary>Reads the newest snapshot.</summary>
    /// <returns>Its position and its bytes; 0 where there is none.</returns>
    /// <exception cref="UserErrorException">It is damaged.</exception>
    public static (long Position, long Bytes) Load(string directory, Action<LogRecord> take)
    {
        foreach (var unfinished in Directory.GetFiles(directory, "snapshot-*.tmp"))
        {
            File.Delete(unfinished);
        }

        var path = Directory.GetFiles(directory, "snapshot-*").Max(StringComparer.Ordinal);
        if (path is null)
        {
            return (0, 0);
        }

        var file = File.ReadAllBytes(path);
        var bytes = file.AsSpan();
        while (LogRecord.TryRead(bytes, out var record, out var length))
        {
            if (record!.Kind == RecordKind.End)
            {
                return (record.Position, file.Length);
            }

            take(record);
            bytes = bytes[length..];
        }

        throw new UserErrorException($"The push gateway's snapshot {path} is damaged: move it away and start again; groups pushed since then come back with their next push.");
    }

    /// <summary>Writes a snapshot, then deletes the ones before.</summary>
    /// <returns>Its bytes.</returns>
    /// <exception cref="IOException">It cannot be written; the one before is still there.</exception>
    public static long Save(string directory, long position, IReadOnlyCollection<Group> groups)
    {
        var path = Path.Combine(directory, string.Create(CultureInfo.InvariantCulture, $"snapshot-{position:D20}"));
        var temporary = $"{path}.tmp";
        long bytes;
        try
        {
            bytes = Write(temporary, position, groups);
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

    private static long Write(string path, long position, IReadOnlyCollection<Group> groups)
    {
        ArrayBufferWriter<byte> buffer = new(1 << 16);
        ArrayBufferWriter<byte> text = new();
        using var file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None, 1 << 16);
        foreach (var group in groups)
        {
            text.ResetWrittenCount();
            foreach (var family in group.Families.Where(f => !GroupBuilder.IsTime(f.Name)))
            {
                TextFormatWriter.WriteHeader(text, family.Name, family.Help, family.Type);
                foreach (var metric in family.Metrics)
                {
                    text.Write(metric.Text);
                }
            }

            buffer.ResetWrittenCount();
            new LogRecord
            {
                Kind = RecordKind.Group,
                Time = group.PushTime ?? DateTimeOffset.MinValue,
                FailureTime = group.FailureTime,
                Labels = group.Key.Labels,
                Text = text.WrittenMemory,
            }.WriteTo(buffer);
            file.Write(buffer.WrittenSpan);
        }

        buffer.ResetWrittenCount();
        new LogRecord { Kind = RecordKind.End, Position = position }.WriteTo(buffer);
        file.Write(buffer.WrittenSpan);
        file.Flush(flushToDisk: true);
        return file.Length;
    }
}
