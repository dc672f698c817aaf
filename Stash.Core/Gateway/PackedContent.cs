using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Stash.Core.Exposition;

namespace Stash.Core.Gateway;

/// <summary>
/// A group's content as a snapshot keeps it, so that a start need not read text: the number of families and for each its name, its help (length of
/// 4 bytes, UTF-8), its type (1 byte) and its first metric (4); then the number of metrics and for each its hash (8) and its number
/// of labels (4); then the lines and where those of each metric begin (4). Little-endian.
/// </summary>
internal static class PackedContent
{
    public static void Write(ByteBuffer output, GroupContent content)
    {
        Write(output, content.Families.Length);
        foreach (var part in content.Families)
        {
            Write(output, part.Family.Name);
            Write(output, part.Help.Text);
            output.Write((byte)part.Family.Type);
            Write(output, part.First);
        }

        Write(output, content.Metrics.Length);
        output.Write(MemoryMarshal.AsBytes(content.Metrics.AsSpan()));
        output.Write(content.Bytes);
    }

    /// <exception cref="InvalidDataException">It is no such content.</exception>
    public static GroupContent Read(ReadOnlySpan<byte> bytes, FamilyIndex index)
    {
        try
        {
            var families = new FamilyPart[Count(ref bytes, 13)];
            for (var i = 0; i < families.Length; i++)
            {
                var name = Take(ref bytes, Int(ref bytes));
                var help = Take(ref bytes, Int(ref bytes));
                var type = (MetricType)Take(ref bytes, 1)[0];
                var entry = index.Find(name) ?? index.Create(name, type);
                families[i] = new FamilyPart(entry, entry.HelpOf(help), Int(ref bytes));
            }

            var count = Count(ref bytes, Unsafe.SizeOf<MetricPart>());
            var metrics = MemoryMarshal.Cast<byte, MetricPart>(Take(ref bytes, count * Unsafe.SizeOf<MetricPart>())).ToArray();
            GroupContent content = new(bytes.ToArray(), families, metrics);
            Check(content);
            return content;
        }
        catch (ArgumentException e)
        {
            throw new InvalidDataException("a group of the snapshot is cut off", e);
        }
    }

    private static void Check(GroupContent content)
    {
        var families = content.Families;
        for (var i = 0; i < families.Length; i++)
        {
            if (families[i].First < (i == 0 ? 0 : families[i - 1].First) || families[i].First > content.Metrics.Length)
            {
                throw new InvalidDataException("a family of the snapshot is out of place");
            }
        }

        var length = content.Text.Length;
        for (var i = 0; i < content.Metrics.Length; i++)
        {
            if (content.Start(i) < (i == 0 ? 0 : content.Start(i - 1)) || content.Start(i) > length)
            {
                throw new InvalidDataException("a metric of the snapshot is out of place");
            }
        }
    }

    private static int Count(ref ReadOnlySpan<byte> bytes, int size) =>
        Int(ref bytes) is >= 0 and var count && (long)count * size <= bytes.Length ? count : throw new InvalidDataException("a number in the snapshot is too large");

    private static int Int(ref ReadOnlySpan<byte> bytes) => BinaryPrimitives.ReadInt32LittleEndian(Take(ref bytes, sizeof(int)));

    private static ReadOnlySpan<byte> Take(ref ReadOnlySpan<byte> bytes, int length)
    {
        var taken = bytes[..length];
        bytes = bytes[length..];
        return taken;
    }

    private static void Write(ByteBuffer output, int value)
    {
        BinaryPrimitives.WriteInt32LittleEndian(output.GetSpan(sizeof(int)), value);
        output.Advance(sizeof(int));
    }

    private static void Write(ByteBuffer output, byte[] text)
    {
        Write(output, text.Length);
        output.Write(text);
    }
}
