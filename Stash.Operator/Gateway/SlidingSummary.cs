using System.Numerics;
using Stash.Core.Exposition;

namespace Stash.Operator.Gateway;

/// <summary>
/// A summary of whole numbers that many threads observe at once, at the cost of three interlocked additions: count, sum, and quantiles over
/// the last ten minutes. Numbers below 128 are told exactly in the quantiles, larger ones to less than one in a hundred.
/// </summary>
/// <param name="time">The clock.</param>
/// <param name="unit">What one observed unit is in the exposed unit, as 1e-9 for nanoseconds exposed as seconds.</param>
/// <param name="quantiles">Which are told, ascending.</param>
internal sealed class SlidingSummary(TimeProvider time, double unit, double[] quantiles)
{
    private const int PrecisionBits = 6;

    /// <summary>Largest number that is told apart from larger ones in the quantiles: nanoseconds of 18 minutes, or a tebibyte.</summary>
    private const long Largest = (1L << 40) - 1;

    private static readonly int Cells = CellOf(Largest) + 1;

    private readonly Slice[] _slices = [new(), new(), new(), new(), new()];
    private readonly long _sliceTicks = 120 * time.TimestampFrequency;
    private readonly Lock _turning = new();
    private long _count;
    private long _sum;
    private Reading? _last;

    /// <summary>Takes a number in.</summary>
    /// <param name="value">Not below 0.</param>
    /// <param name="now">The clock's timestamp.</param>
    public void Observe(long value, long now)
    {
        Interlocked.Increment(ref Current(now).Cells[CellOf(Math.Clamp(value, 0, Largest))]);
        Interlocked.Add(ref _sum, value);
        // Last: who reads a count finds at least as much in the rest.
        Interlocked.Increment(ref _count);
    }

    /// <summary>Null where nothing has been observed.</summary>
    public Metric? Read(List<Label> labels)
    {
        var count = Volatile.Read(ref _count);
        if (count == 0)
        {
            return null;
        }

        // What nobody asks for between two scrapes need not be reckoned again.
        var turn = Turn(time.GetTimestamp());
        var last = Volatile.Read(ref _last);
        if (last?.Count != count || last.Turn != turn)
        {
            last = new Reading(count, turn, Volatile.Read(ref _sum), Told(turn - _slices.Length));
            Volatile.Write(ref _last, last);
        }

        return new Metric { Labels = labels, Count = (ulong)count, Sum = Scaled(last.Sum), Parts = last.Parts };
    }

    private List<(double Bound, double Value)> Told(long oldest)
    {
        Span<int> cells = stackalloc int[Cells];
        var total = 0L;
        foreach (var slice in _slices)
        {
            if (Volatile.Read(ref slice.Turn) <= oldest)
            {
                continue;
            }

            var observed = slice.Cells.AsSpan(0, cells.Length);
            for (var i = 0; i < cells.Length; i++)
            {
                var count = observed[i];
                cells[i] += count;
                total += count;
            }
        }

        List<(double Bound, double Value)> told = new(quantiles.Length);
        var (at, seen) = (0, (long)cells[0]);
        foreach (var quantile in quantiles)
        {
            var rank = (long)Math.Ceiling(quantile * total);
            while (seen < rank)
            {
                seen += cells[++at];
            }

            told.Add((quantile, total == 0 ? double.NaN : Scaled(ValueOf(at))));
        }

        return told;
    }

    /// <summary>A cell for each number below 128, then 64 for each power of two.</summary>
    private static int CellOf(long value)
    {
        var shift = Math.Max(0, 63 - PrecisionBits - BitOperations.LeadingZeroCount((ulong)value | 1));
        return (shift << PrecisionBits) + (int)(value >> shift);
    }

    /// <summary>The middle of a cell.</summary>
    private static long ValueOf(int cell)
    {
        var shift = Math.Max(0, (cell >> PrecisionBits) - 1);
        return ((long)(cell - (shift << PrecisionBits)) << shift) + ((1L << shift) >> 1);
    }

    // By division where there is one, which rounds once: 1e-9 itself is no exact number.
    private double Scaled(long value) => unit < 1 ? value / Math.Round(1 / unit) : value * unit;

    private long Turn(long now) => (now / _sliceTicks) + 1;

    private Slice Current(long now)
    {
        var turn = Turn(now);
        var slice = _slices[turn % _slices.Length];
        if (Volatile.Read(ref slice.Turn) != turn)
        {
            lock (_turning)
            {
                if (slice.Turn < turn)
                {
                    Array.Clear(slice.Cells);
                    Volatile.Write(ref slice.Turn, turn);
                }
            }
        }

        return slice;
    }

    /// <summary>What was read when the count was that, in that turn.</summary>
    private sealed record Reading(long Count, long Turn, long Sum, List<(double Bound, double Value)> Parts);

    /// <summary>What was observed in two minutes, the <see cref="Turn"/>th since the machine's start.</summary>
    private sealed class Slice
    {
        public readonly int[] Cells = new int[SlidingSummary.Cells];

        public long Turn;
    }
}
