using System.Globalization;

namespace Stash.Operator.Runner;

/// <summary>The lines a process wrote to standard error: the first and the last of them, however many there are.</summary>
internal sealed class ErrorLines(Redactor redactor)
{
    private const int Kept = 20;
    private const int MaxLength = 1000;

    private readonly List<string> _first = [];
    private readonly Queue<string> _last = new();
    private readonly Lock _lock = new();
    private int _left;

    /// <summary>Adds a line; returns it as it may be shown, or null where it says nothing.</summary>
    public string? Add(string line)
    {
        // restic clears the terminal's line before a message.
        var text = redactor.Redact((ResticMessage.Parse(line) as ResticError)?.Text ?? line.Replace("\x1b[2K", "", StringComparison.Ordinal)).Trim();
        if (text.Length == 0)
        {
            return null;
        }

        if (text.Length > MaxLength)
        {
            text = string.Concat(text.AsSpan(0, MaxLength), "…");
        }

        lock (_lock)
        {
            if (_first.Count < Kept)
            {
                _first.Add(text);
            }
            else
            {
                _last.Enqueue(text);
                if (_last.Count > Kept)
                {
                    _last.Dequeue();
                    _left++;
                }
            }
        }

        return text;
    }

    public bool Contains(string text)
    {
        lock (_lock)
        {
            return _first.Concat(_last).Any(l => l.Contains(text, StringComparison.Ordinal));
        }
    }

    /// <summary>The last lines, one after another.</summary>
    public string Tail(int count)
    {
        lock (_lock)
        {
            return string.Join("; ", _first.Concat(_last).TakeLast(count));
        }
    }

    /// <summary>All of them in one line, the middle left out where there are many.</summary>
    public override string ToString()
    {
        lock (_lock)
        {
            var middle = _left > 0 ? [string.Create(CultureInfo.InvariantCulture, $"… {_left} more …")] : Array.Empty<string>();
            return string.Join("; ", [.. _first, .. middle, .. _last]);
        }
    }
}
