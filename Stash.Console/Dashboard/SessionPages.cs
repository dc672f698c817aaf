using Stash.Core.Api;
using Stash.Core.Sessions;

namespace Stash.Console.Dashboard;

/// <summary>Sessions of one outcome, newest first: the pages read so far, and what has arrived since.</summary>
public sealed class SessionPages(SessionOutcome outcome)
{
    public const int PageSize = 25;

    /// <summary>Beyond this a list that only grows by itself is cut back to its first page's worth.</summary>
    private const int LongestLive = 500;

    private readonly List<Session> _items = [];
    private readonly HashSet<string> _arrived = new(StringComparer.Ordinal);
    private int _pagesRead;

    public SessionOutcome Outcome => outcome;

    public IReadOnlyList<Session> Items => _items;

    /// <summary>Token of the next page; empty where all is shown.</summary>
    public string Continue { get; private set; } = "";

    public bool HasMore => Continue.Length > 0;

    public bool IsLoadingMore { get; set; }

    /// <summary>True for a session that arrived while the page was open.</summary>
    public bool HasArrived(Session session) => _arrived.Contains(session.Id);

    public void Replace(SessionList first)
    {
        _items.Clear();
        _items.AddRange(first.Items);
        _arrived.RemoveWhere(id => !_items.Exists(s => s.Id == id));
        Continue = first.Metadata.Continue;
        _pagesRead = 1;
    }

    public void Append(SessionList next)
    {
        var known = _items.Select(s => s.Id).ToHashSet(StringComparer.Ordinal);
        _items.AddRange(next.Items.Where(s => known.Add(s.Id)));
        Continue = next.Metadata.Continue;
        _pagesRead++;
    }

    /// <summary>Takes a session that has just arrived; false where it is here already.</summary>
    public bool Add(Session session)
    {
        if (_items.Exists(s => s.Id == session.Id))
        {
            return false;
        }

        var index = _items.FindIndex(s => s.EndTime <= session.EndTime);
        if (index < 0 && HasMore)
        {
            // Its place is on a page that has not been read.
            return false;
        }

        _items.Insert(index < 0 ? _items.Count : index, session);
        _arrived.Add(session.Id);
        return true;
    }

    /// <summary>True where it has grown so long by itself that it should be read anew.</summary>
    public bool IsOvergrown => _items.Count > Math.Max(LongestLive, 2 * _pagesRead * PageSize);
}
