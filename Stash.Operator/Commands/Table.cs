namespace Stash.Operator.Commands;

/// <summary>Rows of text in columns, for people.</summary>
internal static class Table
{
    /// <param name="rows">The first is the heading. All have as many cells.</param>
    public static void Write(IReadOnlyList<string[]> rows)
    {
        var widths = Enumerable.Range(0, rows[0].Length).Select(i => rows.Max(r => r[i].Length)).ToArray();
        foreach (var row in rows)
        {
            Console.WriteLine(string.Join("  ", row.Select((cell, i) => cell.PadRight(widths[i]))).TrimEnd());
        }
    }
}
