using System.Buffers.Binary;
using System.IO.Hashing;
using System.Text;
using Stash.Core.Exposition;
using Stash.Core.Gateway;
using Stash.Core.Tests.Gateway;

namespace Stash.Core.Tests.Fuzz;

/// <summary>Records of the log and whole folders of a store, to begin with.</summary>
internal static class Records
{
    private const int Frame = 12;

    /// <summary>Payloads: without length and checksum.</summary>
    public static IEnumerable<byte[]> Corpus => Enum.GetValues<RecordKind>().Select(kind =>
    {
        ByteBuffer output = new();
        new LogRecord
        {
            Kind = kind,
            Position = 7,
            Ticks = DateTimeOffset.UnixEpoch.AddDays(20_000).UtcTicks,
            FailureTicks = kind == RecordKind.Group ? DateTimeOffset.UnixEpoch.AddDays(19_000).UtcTicks : 0,
            LifeTicks = kind == RecordKind.Post ? TimeSpan.TicksPerDay : 0,
            Key = kind is RecordKind.Wipe or RecordKind.End ? null : StoreUnderTest.Key("job", "ä", "l", ""),
            SessionId = kind == RecordKind.Put ? "id-1" : null,
            SessionMessage = kind == RecordKind.Put ? "message\n" : null,
            Text = kind is RecordKind.Put or RecordKind.Post or RecordKind.Group ? Encoding.UTF8.GetBytes("x 1\n# TYPE y gauge\ny{a=\"1\"} 2\n") : default,
        }.WriteTo(output);
        return output.Written[Frame..].ToArray();
    });

    /// <summary>Lengths at their edges, kinds, and texts that do not parse.</summary>
    public static IEnumerable<byte[]> Words =>
    [
        [0], [1], [8], [16], [17], [18], [19], [20], [21], [22], [23], [24], [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], [0xff, 0xff, 0xff, 0x7f], [0, 0, 0, 0x80], [8, 0, 0, 0, 0, 0, 0, 0], [0, 0, 0, 0, 1, 0, 0, 0], [0xff, 0x3f, 0x37, 0xf4, 0x75, 0x28, 0xca, 0x2b],
        "x 1\n"u8.ToArray(), "job=\"a\""u8.ToArray(), ",instance=\"\""u8.ToArray(), "\\"u8.ToArray(), "\""u8.ToArray(), "x{"u8.ToArray(), "\xff"u8.ToArray(),
    ];

    /// <summary>Makes the checksums of a file right again, as far as its lengths lead, so that readers look further.</summary>
    public static void Seal(byte[] file)
    {
        for (var at = 0; at + Frame < file.Length;)
        {
            var size = Math.Min(BinaryPrimitives.ReadInt32LittleEndian(file.AsSpan(at)), file.Length - at - Frame);
            if (size < 1)
            {
                return;
            }

            BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(at), size);
            BinaryPrimitives.WriteUInt64LittleEndian(file.AsSpan(at + 4), XxHash64.HashToUInt64(file.AsSpan(at + Frame, size)));
            at += Frame + size;
        }
    }

    /// <summary>The files of a store that has seen every kind of change and a snapshot, each with its name within the store's folder.</summary>
    public static async Task<IReadOnlyList<(string Name, byte[] Bytes)>> StoreAsync(TempFolder folder)
    {
        await using (var test = await StoreUnderTest.OpenAsync(folder, segmentBytes: 600))
        {
            for (var i = 0; i < 6; i++)
            {
                await test.PutAsync(StoreUnderTest.Key("job", "a", "l", i.ToString(System.Globalization.CultureInfo.InvariantCulture)), "# HELP x text\n# TYPE x gauge\nx 1\n# TYPE h histogram\nh_bucket{le=\"1\"} 1\nh_count 2\n");
            }

            await test.PostAsync(StoreUnderTest.Key("job", "b"), "y{z=\"ä\"} 2\n");
            await test.PutAsync(StoreUnderTest.Key("job", "c"), "# TYPE x counter\nx 1\n");
            await test.DeleteAsync(StoreUnderTest.Key("job", "a", "l", "3"));
            await test.PostAsync(StoreUnderTest.Key("job", "b"), "w 2\n");
        }

        var root = folder.In("gateway");
        return [.. Directory.GetFiles(root, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal).Select(f => (Path.GetRelativePath(root, f), File.ReadAllBytes(f))).Where(f => f.Item2.Length > 0)];
    }
}
