using System.Buffers.Binary;
using System.IO.Hashing;
using CsCheck;
using Stash.Core.Exposition;
using Stash.Core.Gateway;

namespace Stash.Core.Tests.Gateway;

public sealed class LogRecordTests
{
    private static readonly Gen<string?> Text = Gen.OneOf(Gen.Const((string?)null), Gen.String[Gen.Char["ab\"\n\\äÿ€\0"], 0, 20].Select(s => (string?)s));

    [Fact]
    public void A_record_reads_back_as_it_was_written() =>
        Gen.Select(Gen.Enum<RecordKind>(), Gen.Long[0, long.MaxValue], Gen.Long[0, DateTime.MaxValue.Ticks], Gen.Long[0, DateTime.MaxValue.Ticks], Gen.Select(Text, Text).Array[0, 4], Text, Text, Gen.Byte.Array[0, 300])
            .Sample((kind, position, time, failure, labels, id, message, text) =>
            {
                LogRecord record = new()
                {
                    Kind = kind,
                    Position = position,
                    Ticks = time,
                    FailureTicks = kind is RecordKind.Start or RecordKind.End ? 0 : failure,
                    LifeTicks = kind is RecordKind.Start or RecordKind.End ? 0 : failure,
                    Key = kind is RecordKind.Start or RecordKind.End ? null : new GroupKey(labels.DistinctBy(l => l.Item1 ?? "").Select(l => new Label(l.Item1 ?? "", l.Item2 ?? ""))),
                    SessionId = kind is RecordKind.Start or RecordKind.End ? null : id,
                    SessionMessage = kind is RecordKind.Start or RecordKind.End ? null : message,
                    Text = kind is RecordKind.Start or RecordKind.End ? default : text,
                };
                ByteBuffer output = new();
                output.Write("123"u8);
                record.WriteTo(output);
                LogRecord.TryRead(output.WrittenMemory[3..], out var read, out var length).ShouldBeTrue();
                length.ShouldBe(output.Length - 3);
                read!.Labels.ShouldBe(record.Labels);
                read.Text.ToArray().ShouldBe(record.Text.ToArray());
                (read with { Text = default }).ShouldBe(record with { Text = default });
            });

    [Fact]
    public void Any_bytes_under_a_right_checksum_are_read_or_refused_but_throw_nothing() =>
        Gen.Byte.Array[1, 120].Sample(payload =>
        {
            // Small numbers where the lengths are, so that reading gets further than the first of them.
            for (var i = 1; i < payload.Length; i++)
            {
                payload[i] = payload[i] % 3 == 0 ? payload[i] : (byte)0;
            }

            var bytes = new byte[12 + payload.Length];
            BinaryPrimitives.WriteInt32LittleEndian(bytes, payload.Length);
            BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(4), XxHash64.HashToUInt64(payload));
            payload.CopyTo(bytes.AsSpan(12));
            if (!LogRecord.TryRead(bytes, out _, out var length))
            {
                length.ShouldBe(-1);
            }
        });

    [Fact]
    public void Label_values_that_hold_any_separator_make_different_groups()
    {
        GroupKey one = new([new Label("a", "1ÿb=2"), new Label("job", "x")]);
        foreach (var other in new GroupKey[]
        {
            new([new Label("a", "1"), new Label("b", "2"), new Label("job", "x")]),
            new([new Label("a", "1\0b=2"), new Label("job", "x")]),
            new([new Label("a", "1:b=2job=1:x"), new Label("job", "x")]),
        })
        {
            one.Equals(other).ShouldBeFalse();
        }

        one.ShouldBe(new GroupKey([new Label("job", "x"), new Label("a", "1ÿb=2")]));
    }
}
