using System.Globalization;
using Microsoft.AspNetCore.Components;
using Stash.Console.Formats;
using Stash.Core.Sessions;

namespace Stash.Console.Components.Controls;

/// <summary>What each operation on each file group took, and restic's own summary of it.</summary>
public sealed partial class SessionFileGroups
{
    private IReadOnlyList<Group> _groups = [];
    private double _longest;

    [Parameter, EditorRequired]
    public required Session Session { get; set; }

    private int Operations => _groups.Sum(g => g.Operations.Count);

    protected override void OnParametersSet()
    {
        // A file group may have a summary and no seconds, or the other way round.
        var paths = Session.FileGroups.Select(g => g.Path).Concat(Session.Summaries.Select(s => s.Path)).Distinct(StringComparer.Ordinal);
        _groups = [.. paths.Select(path => new Group(
            path,
            [.. Session.FileGroups.Where(g => g.Path == path)],
            Session.Summaries.FirstOrDefault(s => s.Path == path)))];
        _longest = Session.FileGroups.Select(g => g.Seconds).DefaultIfEmpty().Max();
    }

    private string WidthOf(double seconds) =>
        string.Create(CultureInfo.InvariantCulture, $"{(_longest > 0 ? Math.Clamp(seconds / _longest * 100, 0.5, 100) : 0.5):0.##}%");

    private static IEnumerable<(string Name, string Value, string? Note)> Summary(FileGroupSummary summary)
    {
        if (summary.FilesNew is { } added)
        {
            yield return ("New", Humane.Count(added, "file", "files"), null);
        }

        if (summary.FilesChanged is { } changed)
        {
            yield return ("Changed", Humane.Count(changed, "file", "files"), null);
        }

        if (summary.FilesUnmodified is { } unmodified)
        {
            yield return ("Unmodified", Humane.Count(unmodified, "file", "files"), null);
        }

        if (summary.BytesProcessed is { } processed)
        {
            yield return ("Processed", Humane.Bytes(processed), null);
        }

        if (summary.BytesAdded is { } bytes)
        {
            yield return ("Added", Humane.Bytes(bytes), summary.BytesProcessed is > 0 and var whole && bytes <= whole ? Humane.Percent((double)bytes / whole) : null);
        }
    }

    private sealed record Group(string Path, IReadOnlyList<FileGroupOperation> Operations, FileGroupSummary? Summary);
}
