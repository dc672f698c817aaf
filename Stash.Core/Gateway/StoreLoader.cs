using Microsoft.Extensions.Logging;

namespace Stash.Core.Gateway;

/// <summary>Puts the records of a snapshot and of the log into the groups when the store is opened: read on all processors, taken in one after the other.</summary>
internal sealed partial class StoreLoader(GroupTable table, string directory, ILogger logger)
{
    private const int Portion = 256;
    private readonly PreparedPush[] _prepared = [.. Enumerable.Range(0, Portion).Select(_ => new PreparedPush())];
    private readonly bool[] _readable = new bool[Portion];

    /// <exception cref="UserErrorException">They are of another version.</exception>
    public void Take(IReadOnlyList<LogRecord> records)
    {
        for (var start = 0; start < records.Count; start += Portion)
        {
            var count = Math.Min(Portion, records.Count - start);
            var first = start;
            Parallel.For(0, count, i =>
            {
                var record = records[first + i];
                _readable[i] = record.Key is null || _prepared[i].TryRead(record.Key, record.Kind != RecordKind.Post, record.Text, limits: null);
            });
            for (var i = 0; i < count; i++)
            {
                Take(records[first + i], _prepared[i], _readable[i]);
                _prepared[i].Release();
            }
        }
    }

    private void Take(LogRecord record, PreparedPush push, bool readable)
    {
        if (!readable)
        {
            // It was read once, so only a version with another mind about the format can come here.
            LogUnreadable(logger, directory, record.Position, push.Set.Error!);
            return;
        }

        switch (record.Kind)
        {
            case RecordKind.Put or RecordKind.Post when record.Key is not null:
                table.Replay(push, record.Ticks, record.LifeTicks);
                break;
            case RecordKind.Failure when record.Key is not null:
                table.Fail(record.Key, record.Ticks);
                break;
            case RecordKind.Delete when record.Key is not null:
                table.Delete(record.Key);
                break;
            case RecordKind.Wipe:
                table.Wipe();
                break;
            case RecordKind.Group when record.Key is not null:
                table.Restore(push, record.Ticks, record.FailureTicks, record.LifeTicks);
                break;
            default:
                throw new UserErrorException($"The push gateway's folder {directory} was written by another version of stash, whose files this one does not read: start that version, or move the folder away; what was pushed comes back with each group's next push.");
        }

        table.Commit();
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Directory}: the push at position {Position} can no longer be read and is left out: {Error}")]
    private static partial void LogUnreadable(ILogger logger, string directory, long position, string error);
}
