using Microsoft.Extensions.Logging;

namespace Stash.Core.Gateway;

/// <summary>
/// Puts the records of a snapshot and of the log into the groups when the store is opened. Pushes are read on all processors and taken in one
/// after the other; one that a later PUT of its group replaces is passed over.
/// </summary>
internal sealed partial class StoreLoader(GroupTable table, string directory, ILogger logger)
{
    private const int Portion = 256;
    private readonly PreparedPush[] _prepared = [.. Enumerable.Range(0, Portion).Select(_ => new PreparedPush())];
    private readonly bool[] _readable = new bool[Portion];
    private readonly Dictionary<GroupKey, long> _lastPut = [];

    /// <summary>Of the hashes of series: the snapshot's, else one that nobody knows, so that whoever pushes cannot choose what collides.</summary>
    public long Seed { get; private set; } = Random.Shared.NextInt64();

    /// <summary>Takes in a record of a snapshot.</summary>
    /// <exception cref="InvalidDataException">It is no record of a snapshot.</exception>
    /// <exception cref="UserErrorException">It is of another version.</exception>
    public void Restore(LogRecord record)
    {
        switch (record.Kind)
        {
            case RecordKind.Start:
                Seed = record.Position;
                break;
            case RecordKind.Group:
                table.Restore(record);
                table.Commit();
                break;
            default:
                throw OtherVersion();
        }
    }

    /// <summary>Looks at records of the log before they are replayed.</summary>
    public void Survey(IReadOnlyList<LogRecord> records)
    {
        foreach (var record in records)
        {
            if (record.Kind == RecordKind.Put && record.Key is not null)
            {
                _lastPut[record.Key] = record.Position;
            }
        }
    }

    /// <summary>Takes in records of the log.</summary>
    /// <exception cref="UserErrorException">They are of another version.</exception>
    public void Replay(IReadOnlyList<LogRecord> records)
    {
        LogRecord[] needed = [.. records.Where(r => !IsReplaced(r))];
        for (var start = 0; start < needed.Length; start += Portion)
        {
            var first = start;
            var count = Math.Min(Portion, needed.Length - start);
            Parallel.For(0, count, i =>
            {
                var record = needed[first + i];
                _readable[i] = record.Key is null || _prepared[i].TryRead(record.Key, record.Kind != RecordKind.Post, record.Text, limits: null, utf8Names: true, Seed);
            });
            for (var i = 0; i < count; i++)
            {
                Take(needed[first + i], _prepared[i], _readable[i]);
                _prepared[i].Release();
            }
        }
    }

    private bool IsReplaced(LogRecord record) =>
        record.Kind is RecordKind.Put or RecordKind.Post && record.Key is not null && _lastPut.TryGetValue(record.Key, out var last) && record.Position < last;

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
            default:
                throw OtherVersion();
        }

        table.Commit();
    }

    private UserErrorException OtherVersion() =>
        new($"The push gateway's folder {directory} was written by another version of stash, whose files this one does not read: start that version, or move the folder away; what was pushed comes back with each group's next push.");

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Directory}: the push at position {Position} can no longer be read and is left out: {Error}")]
    private static partial void LogUnreadable(ILogger logger, string directory, long position, string error);
}
