using Stash.Core.Sessions;

namespace Stash.Console.History;

/// <summary>The sessions of one app and operation around one of them, oldest first, without a gap.</summary>
public sealed record AppHistory
{
    /// <summary>Sessions of a history as read.</summary>
    public const int Length = 30;

    /// <summary>Oldest first.</summary>
    public required IReadOnlyList<Session> Sessions { get; init; }

    /// <summary>The session in the middle of interest; null where it still runs.</summary>
    public string? CurrentId { get; init; }

    /// <summary>True where the app's newest session is among them, so that the next one continues them.</summary>
    public required bool ReachesPresent { get; init; }

    public Session? Previous => Neighbour(-1);

    public Session? Next => Neighbour(1);

    /// <summary>The history after a session of the app has ended.</summary>
    public AppHistory With(Session ended)
    {
        if (!ReachesPresent || Sessions.Any(s => s.Id == ended.Id))
        {
            return this;
        }

        List<Session> sessions = [.. Sessions];
        var place = sessions.FindLastIndex(s => s.EndTime <= ended.EndTime) + 1;
        sessions.Insert(place, ended);
        if (sessions.Count <= Length)
        {
            return this with { Sessions = sessions };
        }

        // The current session and the one before it stay, however long the page is open.
        var current = sessions.FindIndex(s => s.Id == CurrentId);
        var reachesPresent = current is < 0 or > 1;
        sessions.RemoveAt(reachesPresent ? 0 : sessions.Count - 1);
        return this with { Sessions = sessions, ReachesPresent = reachesPresent };
    }

    private Session? Neighbour(int step)
    {
        if (CurrentId is null)
        {
            // One that still runs comes after all of them.
            return step < 0 && Sessions.Count > 0 ? Sessions[^1] : null;
        }

        for (var i = 0; i < Sessions.Count; i++)
        {
            if (Sessions[i].Id == CurrentId)
            {
                return i + step >= 0 && i + step < Sessions.Count ? Sessions[i + step] : null;
            }
        }

        return null;
    }
}
