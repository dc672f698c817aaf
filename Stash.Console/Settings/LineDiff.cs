using DiffPlex.DiffBuilder;
using DiffPlex.DiffBuilder.Model;

namespace Stash.Console.Settings;

/// <summary>One line of a comparison.</summary>
/// <param name="Mark"><c>+</c> for a new line, <c>-</c> for one that goes, a space for one that stays.</param>
/// <param name="Text">The line.</param>
public readonly record struct DiffLine(char Mark, string Text);

/// <summary>Compares two short texts line by line.</summary>
public static class LineDiff
{
    /// <summary>The lines of both texts in order.</summary>
    public static IReadOnlyList<DiffLine> Compare(string before, string after)
    {
        // The library takes an empty text for one with an empty line.
        var skipped = before.Length == 0 ? ChangeType.Deleted : after.Length == 0 ? ChangeType.Inserted : ChangeType.Imaginary;
        return [.. InlineDiffBuilder.Diff(before.TrimEnd('\n'), after.TrimEnd('\n'), ignoreWhiteSpace: false).Lines
            .Where(l => l.Type != skipped)
            .Select(l => new DiffLine(l.Type switch { ChangeType.Inserted => '+', ChangeType.Deleted => '-', _ => ' ' }, l.Text))];
    }
}
