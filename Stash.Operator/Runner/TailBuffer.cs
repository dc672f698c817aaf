using System.Text;

namespace Stash.Operator.Runner;

/// <summary>The last bytes of a stream.</summary>
internal sealed class TailBuffer
{
    private const int Capacity = 16 * 1024;

    private readonly Lock _lock = new();
    private readonly List<byte> _bytes = [];

    public void Add(ReadOnlySpan<byte> bytes)
    {
        lock (_lock)
        {
            _bytes.AddRange(bytes.Length > Capacity ? bytes[^Capacity..] : bytes);
            if (_bytes.Count > Capacity)
            {
                _bytes.RemoveRange(0, _bytes.Count - Capacity);
            }
        }
    }

    /// <summary>The last lines that say something. Of a line that was rewritten with carriage returns, what it was in the end.</summary>
    public IReadOnlyList<string> Lines(int count)
    {
        string text;
        lock (_lock)
        {
            text = Encoding.UTF8.GetString([.. _bytes]);
        }

        return [.. text.Split('\n').Select(l => l.TrimEnd('\r').Split('\r')[^1].Trim()).Where(l => l.Length > 0).TakeLast(count)];
    }
}
