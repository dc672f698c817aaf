using System.Buffers;
using System.Buffers.Binary;
using System.IO.Hashing;
using System.Text;
using Stash.Core.Exposition;

namespace Stash.Core.Gateway;

internal enum RecordKind : byte
{
    Put = 1,
    Post = 2,
    Delete = 3,
    Wipe = 4,

    /// <summary>A refused push: sets the group's failure time.</summary>
    Failure = 5,

    /// <summary>In a snapshot: a whole group.</summary>
    Group = 6,

    /// <summary>In a snapshot: its last record.</summary>
    End = 7,
}

/// <summary>
/// One record of the log or of a snapshot. On disk: length of the payload (4 bytes), XXH64 of the payload (8 bytes), payload; little-endian.
/// </summary>
internal sealed record LogRecord
{
    private const int Frame = 12;
    private const int MaxPayload = MaxText + (1 << 26);

    /// <summary>Bytes of the largest text that a record can hold.</summary>
    public const int MaxText = 1 << 30;

    public required RecordKind Kind { get; init; }

    /// <summary>Position in the log; for <see cref="RecordKind.Group"/> 0.</summary>
    public long Position { get; init; }

    public DateTimeOffset Time { get; init; }

    /// <summary>Of a snapshot's group alone.</summary>
    public DateTimeOffset? FailureTime { get; init; }

    public IReadOnlyList<Label> Labels { get; init; } = [];

    public string? SessionId { get; init; }

    public string? SessionMessage { get; init; }

    /// <summary>Families in the text format.</summary>
    public ReadOnlyMemory<byte> Text { get; init; }

    /// <exception cref="InvalidDataException">It is larger than what can be read back.</exception>
    public void WriteTo(ArrayBufferWriter<byte> output)
    {
        var start = output.WrittenCount;
        _ = output.GetSpan(Frame);
        output.Advance(Frame);
        output.Write([(byte)Kind]);
        Write(output, Position);
        Write(output, Time.UtcTicks);
        Write(output, FailureTime?.UtcTicks ?? 0);
        Write(output, (long)Labels.Count);
        foreach (var label in Labels)
        {
            Write(output, label.Name);
            Write(output, label.Value);
        }

        Write(output, SessionId);
        Write(output, SessionMessage);
        Write(output, (long)Text.Length);
        output.Write(Text.Span);

        var all = System.Runtime.InteropServices.MemoryMarshal.AsMemory(output.WrittenMemory).Span[start..];
        var payload = all[Frame..];
        if (payload.Length > MaxPayload)
        {
            throw new InvalidDataException("a group is larger than a gibibyte");
        }

        BinaryPrimitives.WriteInt32LittleEndian(all, payload.Length);
        BinaryPrimitives.WriteUInt64LittleEndian(all[4..], XxHash64.HashToUInt64(payload));
    }

    /// <summary>Reads the record at the beginning of some bytes.</summary>
    /// <param name="bytes">What the file holds from here.</param>
    /// <param name="record">The record.</param>
    /// <param name="length">Bytes of the whole record; where it is not complete, of what is needed to read it, as far as known.</param>
    /// <returns>False where the bytes are not a complete, undamaged record.</returns>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out LogRecord? record, out int length)
    {
        record = null;
        length = Frame;
        if (bytes.Length < Frame)
        {
            return false;
        }

        var size = BinaryPrimitives.ReadInt32LittleEndian(bytes);
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
        if (XxHash64.HashToUInt64(payload) != BinaryPrimitives.ReadUInt64LittleEndian(bytes[4..]))
        {
            length = -1;
            return false;
        }

        try
        {
            record = Decode(payload);
            return true;
        }
        catch (Exception e) when (e is ArgumentException or OverflowException)
        {
            // Not a record of ours, although the checksum is right.
            length = -1;
            return false;
        }
    }

    private static LogRecord Decode(ReadOnlySpan<byte> payload)
    {
        var kind = (RecordKind)payload[0];
        payload = payload[1..];
        var position = ReadLong(ref payload);
        var time = ReadLong(ref payload);
        var failure = ReadLong(ref payload);
        var count = ReadLong(ref payload);
        var labels = new Label[count <= payload.Length ? count : throw new OverflowException()];
        for (var i = 0; i < labels.Length; i++)
        {
            labels[i] = new Label(ReadText(ref payload)!, ReadText(ref payload)!);
        }

        var session = ReadText(ref payload);
        var message = ReadText(ref payload);
        var length = (int)ReadLong(ref payload);
        return new LogRecord
        {
            Kind = kind,
            Position = position,
            Time = new DateTimeOffset(time, TimeSpan.Zero),
            FailureTime = failure == 0 ? null : new DateTimeOffset(failure, TimeSpan.Zero),
            Labels = labels,
            SessionId = session,
            SessionMessage = message,
            Text = payload[..length].ToArray(),
        };
    }

    private static void Write(ArrayBufferWriter<byte> output, long value)
    {
        BinaryPrimitives.WriteInt64LittleEndian(output.GetSpan(8), value);
        output.Advance(8);
    }

    private static void Write(ArrayBufferWriter<byte> output, string? value)
    {
        if (value is null)
        {
            Write(output, -1L);
            return;
        }

        Write(output, (long)Encoding.UTF8.GetByteCount(value));
        Encoding.UTF8.GetBytes(value, output);
    }

    private static long ReadLong(ref ReadOnlySpan<byte> payload)
    {
        var value = BinaryPrimitives.ReadInt64LittleEndian(payload);
        payload = payload[8..];
        return value;
    }

    private static string? ReadText(ref ReadOnlySpan<byte> payload)
    {
        var length = (int)ReadLong(ref payload);
        if (length < 0)
        {
            return null;
        }

        var text = Encoding.UTF8.GetString(payload[..length]);
        payload = payload[length..];
        return text;
    }
}
