namespace Stash.Console.Settings;

/// <summary>One line of a comparison.</summary>
/// <param name="Mark"><c>+</c> for a new line, <c>-</c> for one that goes, a space for one that stays.</param>
/// <param name="Text">The line.</param>
public readonly record struct DiffLine(char Mark, string Text);

/// <summary>Compares two short texts line by line.</summary>
public static class LineDiff
{
    /// <summary>The lines of both texts in order, by their longest common subsequence.</summary>
    public static IReadOnlyList<DiffLine> Compare(string before, string after)
    {
        var (a, b) = (Lines(before), Lines(after));
        var common = new int[a.Length + 1, b.Length + 1];
        for (var i = a.Length - 1; i >= 0; i--)
        {
            for (var j = b.Length - 1; j >= 0; j--)
            {
                common[i, j] = a[i] == b[j] ? common[i + 1, j + 1] + 1 : Math.Max(common[i + 1, j], common[i, j + 1]);
            }
        }

        List<DiffLine> lines = [];
        var (x, y) = (0, 0);
        while (x < a.Length || y < b.Length)
        {
            if (x < a.Length && y < b.Length && a[x] == b[y])
            {
                lines.Add(new(' ', a[x]));
                x++;
                y++;
            }
            else if (x < a.Length && (y == b.Length || common[x + 1, y] >= common[x, y + 1]))
            {
                lines.Add(new('-', a[x++]));
            }
            else
            {
                lines.Add(new('+', b[y++]));
            }
        }

        return lines;
    }

    private static string[] Lines(string text) => text.Length == 0 ? [] : text.TrimEnd('\n').Split('\n');
}
