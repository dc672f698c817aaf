using System.Buffers.Binary;
using System.IO.Hashing;
using System.Text;
using Stash.Core.Exposition;

namespace Stash.Core.Gateway;

internal enum RecordKind : byte
{
    // 1 to 7 were of a form before the first release.
    Put = 17,
    Post = 18,
    Delete = 19,
    Wipe = 20,

    /// <summary>A refused push: sets the group's failure time.</summary>
    Failure = 21,

    /// <summary>In a snapshot: its first record, which holds the seed of the hashes.</summary>
    Start = 22,

    /// <summary>In a snapshot: its last record.</summary>
    End = 23,

    /// <summary>In a snapshot: a whole group.</summary>
    Group = 25,
}

/// <summary>
/// One record of the log or of a snapshot. On disk: length of the payload (4 bytes), XXH64 of the payload (8 bytes), payload; little-endian.
/// The payload: kind (1), position, time, failure time, life (8 each, the times in UTC ticks, 0 for none), then the group's labels, the session's
/// id and its message (each a length of 4 bytes, -1 for none, and UTF-8), then the families in the text format.
/// </summary>
internal sealed record LogRecord
{
    private const int Frame = 12;
    private const int Head = 33;
    private const int MaxPayload = MaxText + (1 << 26);

    /// <summary>Bytes of the largest text that a record can hold.</summary>
    public const int MaxText = 1 << 30;

    public required RecordKind Kind { get; init; }

    /// <summary>Position in the log; for <see cref="RecordKind.Group"/> 0, for <see cref="RecordKind.Start"/> the seed.</summary>
    public long Position { get; init; }

    /// <summary>When it was; of a snapshot's group, its last push. UTC ticks.</summary>
    public long Ticks { get; init; }

    /// <summary>Of a snapshot's group alone: UTC ticks of its last failure; 0 for none.</summary>
    public long FailureTicks { get; init; }

    /// <summary>Ticks after the push when its group may go; 0 where that is not known.</summary>
    public long LifeTicks { get; init; }

    public GroupKey? Key { get; init; }

    public string? SessionId { get; init; }

    public string? SessionMessage { get; init; }

    /// <summary>Families in the text format; of a snapshot's group, as <see cref="PackedContent"/> writes them.</summary>
    public ReadOnlyMemory<byte> Text { get; init; }

    public DateTimeOffset Time => new(Ticks, TimeSpan.Zero);

    public IReadOnlyList<Label> Labels => Key?.Labels ?? [];

    /// <exception cref="InvalidDataException">It is larger than what can be read back.</exception>
    public void WriteTo(ByteBuffer output)
    {
        var start = Begin(output, Kind, Position, Ticks, FailureTicks, LifeTicks, Key);
        WriteSession(output, SessionId, SessionMessage);
        output.Write(Text.Span);
        Finish(output, start);
    }

    /// <summary>Begins a record; what follows is its session and its text.</summary>
    /// <returns>For <see cref="Finish"/>.</returns>
    public static int Begin(ByteBuffer output, RecordKind kind, long position, long ticks, long failureTicks, long lifeTicks, GroupKey? key)
    {
        var start = output.Length;
        var head = output.GetSpan(Frame + Head + 4);
        head[Frame] = (byte)kind;
        BinaryPrimitives.WriteInt64LittleEndian(head[(Frame + 1)..], position);
        BinaryPrimitives.WriteInt64LittleEndian(head[(Frame + 9)..], ticks);
        BinaryPrimitives.WriteInt64LittleEndian(head[(Frame + 17)..], failureTicks);
        BinaryPrimitives.WriteInt64LittleEndian(head[(Frame + 25)..], lifeTicks);
        BinaryPrimitives.WriteInt32LittleEndian(head[(Frame + 33)..], key is null ? -1 : key.Text.Length);
        output.Advance(Frame + Head + 4);
        if (key is not null)
        {
            output.Write(key.Text);
        }

        return start;
    }

    public static void WriteSession(ByteBuffer output, string? id, string? message)
    {
        Write(output, id);
        Write(output, message);
    }

    /// <exception cref="InvalidDataException">It is larger than what can be read back.</exception>
    public static void Finish(ByteBuffer output, int start)
    {
        var payload = output.Bytes[(start + Frame)..];
        if (payload.Length > MaxPayload)
        {
            throw new InvalidDataException("a group is larger than a gibibyte");
        }

        BinaryPrimitives.WriteInt32LittleEndian(output.Bytes[start..], payload.Length);
        BinaryPrimitives.WriteUInt64LittleEndian(output.Bytes[(start + 4)..], XxHash64.HashToUInt64(payload));
    }

    /// <summary>Reads the record at the beginning of some bytes.</summary>
    /// <param name="bytes">What the file holds from here; the record's text refers to it.</param>
    /// <param name="record">The record.</param>
    /// <param name="length">Bytes of the whole record; where it is not complete, of what is needed to read it, as far as known; -1 where it is damaged.</param>
    /// <returns>False where the bytes are not a complete, undamaged record.</returns>
    public static bool TryRead(ReadOnlyMemory<byte> bytes, out LogRecord? record, out int length)
    {
        record = null;
        length = Frame;
        if (bytes.Length < Frame)
        {
            return false;
        }

        var size = BinaryPrimitives.ReadInt32LittleEndian(bytes.Span);
        if (size is < 1 or > MaxPayload)
        {
            length = -1;
            return false;
        }

        length = Frame + size;
        if (bytes.Length < length)
        {
            return false;
        }

        var payload = bytes.Slice(Frame, size);
        if (XxHash64.HashToUInt64(payload.Span) != BinaryPrimitives.ReadUInt64LittleEndian(bytes.Span[4..]))
        {
            length = -1;
            return false;
        }

        try
        {
            record = Decode(payload);
            return true;
        }
        catch (Exception e) when (e is ArgumentException or OverflowException or IndexOutOfRangeException)
        {
            // Not a record of ours, although the checksum is right.
            length = -1;
            return false;
        }
    }

    private static LogRecord Decode(ReadOnlyMemory<byte> payload)
    {
        var head = payload.Span;
        var ticks = BinaryPrimitives.ReadInt64LittleEndian(head[9..]);
        _ = new DateTimeOffset(ticks, TimeSpan.Zero);
        var kind = (RecordKind)head[0];
        LogRecord record = new()
        {
            Kind = kind,
            Position = BinaryPrimitives.ReadInt64LittleEndian(head[1..]),
            Ticks = ticks,
        };
        if (kind is < RecordKind.Put or RecordKind.Start or RecordKind.End)
        {
            return record;
        }

        var rest = payload[Head..];
        var key = Piece(ref rest);
        var id = Piece(ref rest);
        var message = Piece(ref rest);
        return record with
        {
            FailureTicks = BinaryPrimitives.ReadInt64LittleEndian(head[17..]),
            LifeTicks = BinaryPrimitives.ReadInt64LittleEndian(head[25..]),
            Key = key is { } labels ? GroupKey.OfText(labels.Span) : null,
            SessionId = id is { } i ? Encoding.UTF8.GetString(i.Span) : null,
            SessionMessage = message is { } m ? Encoding.UTF8.GetString(m.Span) : null,
            Text = rest,
        };
    }

    private static void Write(ByteBuffer output, string? value)
    {
        BinaryPrimitives.WriteInt32LittleEndian(output.GetSpan(4), value is null ? -1 : Encoding.UTF8.GetByteCount(value));
        output.Advance(4);
        if (value is not null)
        {
            Encoding.UTF8.GetBytes(value, output);
        }
    }

    private static ReadOnlyMemory<byte>? Piece(ref ReadOnlyMemory<byte> rest)
    {
        var length = BinaryPrimitives.ReadInt32LittleEndian(rest.Span);
        rest = rest[4..];
        if (length < 0)
        {
            return null;
        }

        var piece = rest[..length];
        rest = rest[length..];
        return piece;
    }
}
