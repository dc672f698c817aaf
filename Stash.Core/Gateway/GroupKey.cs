using System.IO.Hashing;
using Stash.Core.Exposition;

namespace Stash.Core.Gateway;

/// <summary>A group's identity: its labels, <c>job</c> among them, sorted by name. Kept as the text in which they are exposed.</summary>
public sealed class GroupKey : IEquatable<GroupKey>
{
    private static ReadOnlySpan<byte> InstanceName => "instance"u8;
    private static readonly byte[] EmptyInstance = "instance=\"\""u8.ToArray();

    // Whoever pushes must not be able to choose what collides.
    private static readonly long Seed = Random.Shared.NextInt64();

    private readonly byte[] _text;
    private readonly int _hash;
    private readonly int _instanceAt;

    /// <param name="labels">In any order; names differ.</param>
    public GroupKey(IEnumerable<Label> labels)
        : this(Write(labels))
    {
    }

    private GroupKey(byte[] text)
    {
        _text = text;
        _hash = (int)XxHash3.HashToUInt64(text, Seed);
        (_instanceAt, EmptyInstanceAt) = (-1, -1);
        var explicitInstance = false;
        LabelReader reader = new(text);
        while (reader.Next())
        {
            var order = reader.Name.SequenceCompareTo(InstanceName);
            explicitInstance |= order == 0;
            HasEmptyInstance |= order == 0 && reader.Value.IsEmpty;
            if (order > 0 && _instanceAt < 0)
            {
                (_instanceAt, EmptyInstanceAt) = (reader.Start, Count);
            }

            Count++;
        }

        if (explicitInstance)
        {
            (_instanceAt, EmptyInstanceAt) = (-1, -1);
        }
        else if (_instanceAt < 0)
        {
            (_instanceAt, EmptyInstanceAt) = (text.Length, Count);
        }
    }

    /// <summary>Number of labels.</summary>
    public int Count { get; }

    /// <summary>The labels, sorted by name; made anew with each call.</summary>
    public IReadOnlyList<Label> Labels => LabelText.Read(_text);

    /// <summary>The labels as in <c>a="1",job="b"</c>.</summary>
    internal ReadOnlySpan<byte> Text => _text;

    /// <summary>Whether there is a label <c>instance</c>. Where there is none, the group's metrics bear an empty one.</summary>
    internal bool HasInstance => _instanceAt < 0;

    /// <summary>Whether there is a label <c>instance</c> with an empty value: the metrics look as if there were none.</summary>
    internal bool HasEmptyInstance { get; }

    /// <summary>How many labels come before the empty <c>instance</c> that its metrics bear; -1 where there is an own one.</summary>
    internal int EmptyInstanceAt { get; }

    /// <summary>Labels of a metric of the group that has none of its own.</summary>
    internal int ExposedCount => HasInstance ? Count : Count + 1;

    /// <summary>The labels as a metric of the group bears them, an empty <c>instance</c> among them where there is none.</summary>
    internal void WriteExposed(ByteBuffer output)
    {
        if (HasInstance)
        {
            output.Write(_text);
            return;
        }

        output.Write(_text.AsSpan(0, _instanceAt));
        if (_instanceAt == _text.Length)
        {
            if (_instanceAt > 0)
            {
                output.Write((byte)',');
            }

            output.Write(EmptyInstance);
            return;
        }

        output.Write(EmptyInstance);
        output.Write((byte)',');
        output.Write(_text.AsSpan(_instanceAt));
    }

    /// <summary>The other group whose metrics would look the same: with <c>instance=""</c>, or without it. Null where there can be none.</summary>
    internal GroupKey? Lookalike()
    {
        var labels = Labels;
        return !HasInstance ? new GroupKey(labels.Append(new Label("instance", "")))
            : HasEmptyInstance ? new GroupKey(labels.Where(l => l.Name != "instance"))
            : null;
    }

    /// <summary>The key whose <see cref="Text"/> this is.</summary>
    internal static GroupKey OfText(ReadOnlySpan<byte> text) => new(text.ToArray());

    public bool Equals(GroupKey? other) => other is not null && _hash == other._hash && _text.AsSpan().SequenceEqual(other._text);

    public override bool Equals(object? obj) => Equals(obj as GroupKey);

    public override int GetHashCode() => _hash;

    private static byte[] Write(IEnumerable<Label> labels)
    {
        Label[] sorted = [.. labels];
        Array.Sort(sorted, static (a, b) => string.CompareOrdinal(a.Name, b.Name));
        ByteBuffer text = new(128);
        foreach (var (name, value) in sorted)
        {
            if (text.Length > 0)
            {
                text.Write((byte)',');
            }

            LabelText.WriteName(text, name);
            text.Write("=\""u8);
            LabelText.WriteValue(text, value);
            text.Write((byte)'"');
        }

        return text.Written.ToArray();
    }
}
