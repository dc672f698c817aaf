using System.Text;

namespace Stash.Core.Sessions.Journal;

/// <summary>Sessions by operation and outcome; for metrics, read at any time, from any thread.</summary>
public sealed class SessionCounts
{
    /// <summary>What all operations are that are not <see cref="Operations"/>: whoever pushes chooses their names.</summary>
    public const string OtherOperation = "other";

    private readonly long[] _counts = new long[Cells];

    /// <summary>Operations that are told apart; the last one is <see cref="OtherOperation"/>.</summary>
    public static IReadOnlyList<string> Operations { get; } = [SessionMetrics.BackupOperation, "check", "copy", "forget", "prune", "restore", OtherOperation];

    private static readonly byte[][] Names = [.. Operations.Select(Encoding.ASCII.GetBytes)];

    internal static int Cells => 2 * Operations.Count;

    /// <param name="operation">Place in <see cref="Operations"/>.</param>
    /// <param name="outcome">How they ended.</param>
    public long this[int operation, SessionOutcome outcome] => Volatile.Read(ref _counts[Cell(operation, outcome == SessionOutcome.Failed)]);

    internal static int CellOf(ReadOnlySpan<byte> operation, bool failed)
    {
        for (var i = 0; i < Names.Length; i++)
        {
            if (operation.SequenceEqual(Names[i]))
            {
                return Cell(i, failed);
            }
        }

        return Cell(Names.Length - 1, failed);
    }

    internal void Add(ReadOnlySpan<int> counts)
    {
        for (var i = 0; i < counts.Length; i++)
        {
            if (counts[i] > 0)
            {
                Interlocked.Add(ref _counts[i], counts[i]);
            }
        }
    }

    private static int Cell(int operation, bool failed) => (2 * operation) + (failed ? 1 : 0);
}
