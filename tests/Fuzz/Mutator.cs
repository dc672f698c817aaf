using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace Stash.Fuzzing;

/// <summary>Changes bytes in the ways that break readers: bits, lengths, pieces of other inputs, words of the format.</summary>
/// <param name="words">What the format is made of.</param>
internal sealed class Mutator(IReadOnlyList<byte[]> words)
{
    private const int MaxLength = 8192;
    private static readonly long[] Edges = [0, 1, -1, 127, 128, 255, 256, 32767, 65535, int.MaxValue, int.MinValue, uint.MaxValue, long.MaxValue, long.MinValue];

    /// <summary>One input made of another.</summary>
    /// <param name="input">What is changed; it stays as it is.</param>
    /// <param name="other">Where pieces are taken from.</param>
    /// <param name="random">Decides.</param>
    public byte[] Mutate(byte[] input, byte[] other, Random random)
    {
        List<byte> bytes = [.. input];
        do
        {
            Change(bytes, other, random);
        }
        while (random.Next(3) > 0);

        return bytes.Count > MaxLength ? [.. bytes[..MaxLength]] : [.. bytes];
    }

    private void Change(List<byte> bytes, byte[] other, Random random)
    {
        var at = random.Next(bytes.Count + 1);
        var length = Math.Min(bytes.Count - at, random.Next(4) == 0 ? random.Next(64) : random.Next(1, 5));
        switch (random.Next(11))
        {
            case 0 when at < bytes.Count:
                bytes[at] ^= (byte)(1 << random.Next(8));
                break;
            case 1 when at < bytes.Count:
                bytes[at] = (byte)random.Next(256);
                break;
            case 2:
                bytes.RemoveRange(at, length);
                break;
            case 3:
                bytes.InsertRange(at, bytes.GetRange(at, length));
                break;
            case 4 when other.Length > 0:
                var from = random.Next(other.Length);
                bytes.InsertRange(at, other[from..Math.Min(other.Length, from + random.Next(1, 80))]);
                break;
            case 5 when other.Length > 0:
                bytes.RemoveRange(at, bytes.Count - at);
                bytes.AddRange(other[random.Next(other.Length)..]);
                break;
            case 6 when bytes.Count >= 4:
                Number(bytes, random);
                break;
            case 7 when bytes.Count > 0 && random.Next(4) == 0:
                bytes.RemoveRange(at, bytes.Count - at);
                break;
            case 8:
                bytes.InsertRange(at, Encoding.ASCII.GetBytes(Edges[random.Next(Edges.Length)].ToString(CultureInfo.InvariantCulture)));
                break;
            case 9 when words.Count > 0 && length > 0:
                bytes.RemoveRange(at, length);
                bytes.InsertRange(at, words[random.Next(words.Count)]);
                break;
            default:
                bytes.InsertRange(at, words.Count > 0 ? words[random.Next(words.Count)] : [(byte)random.Next(256)]);
                break;
        }
    }

    /// <summary>A length or a count at the edge of what its type holds.</summary>
    private static void Number(List<byte> bytes, Random random)
    {
        Span<byte> number = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(number, Edges[random.Next(Edges.Length)] + random.Next(-1, 2));
        var size = Math.Min(1 << random.Next(4), bytes.Count);
        var at = random.Next(bytes.Count - size + 1);
        for (var i = 0; i < size; i++)
        {
            bytes[at + i] = number[i];
        }
    }
}
