using System.Globalization;
using System.Text;
using Stash.Core.Exposition;

namespace Stash.Core.Gateway;

/// <summary>A group's identity: its labels, <c>job</c> among them, sorted by name.</summary>
public sealed class GroupKey : IEquatable<GroupKey>
{
    private readonly string _text;

    /// <param name="labels">In any order; names differ.</param>
    public GroupKey(IEnumerable<Label> labels)
    {
        Labels = [.. labels.OrderBy(l => l.Name, StringComparer.Ordinal)];
        StringBuilder text = new();
        foreach (var label in Labels)
        {
            // The length, since a value may hold anything.
            text.Append(CultureInfo.InvariantCulture, $"{label.Name}={label.Value.Length}:{label.Value}");
        }

        _text = text.ToString();
    }

    public IReadOnlyList<Label> Labels { get; }

    public bool Equals(GroupKey? other) => other is not null && _text == other._text;

    public override bool Equals(object? obj) => Equals(obj as GroupKey);

    public override int GetHashCode() => _text.GetHashCode(StringComparison.Ordinal);
}
