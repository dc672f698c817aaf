using Stash.Console.Operator;
using Stash.Core.Sessions;

namespace Stash.Console.History;

/// <summary>Reads the sessions of an app around one of them, of the same operation: a check's duration says nothing beside a backup's. The operator lists newest first only.</summary>
public sealed class AppHistoryReader(OperatorClient client, TimeProvider time)
{
    private const int Before = 20;
    private const int After = AppHistory.Length - Before - 1;
    private const int PageSize = 200;
    private static readonly TimeSpan LeastWindow = TimeSpan.FromMinutes(1);

    /// <summary>The app's newest sessions, for one that still runs.</summary>
    public async Task<AppHistory> ReadAsync(RunningSession running, CancellationToken cancellationToken)
    {
        var newest = await client.SessionsAsync(Query(running.Namespace, running.App, running.Operation), AppHistory.Length, null, cancellationToken);
        return new AppHistory { Sessions = [.. newest.Items.Where(s => IsOf(s, running.Namespace, running.App, running.Operation)).Reverse()], ReachesPresent = true };
    }

    /// <summary>The app's newest sessions where this one is among them, else those around it.</summary>
    public async Task<AppHistory> ReadAsync(Session session, CancellationToken cancellationToken)
    {
        var query = Query(session.Namespace, session.App, session.Operation);
        var newest = await client.SessionsAsync(query, AppHistory.Length, null, cancellationToken);
        List<Session> sessions = [.. newest.Items.Where(s => IsOf(s, session.Namespace, session.App, session.Operation))];
        var place = sessions.FindIndex(s => s.Id == session.Id);
        if (place >= 0)
        {
            if (place == sessions.Count - 1 && newest.Metadata.Continue.Length > 0)
            {
                var more = await client.SessionsAsync(query, 1, newest.Metadata.Continue, cancellationToken);
                sessions.AddRange(more.Items.Where(s => IsOf(s, session.Namespace, session.App, session.Operation)));
            }

            sessions.Reverse();
            return new AppHistory { Sessions = sessions, CurrentId = session.Id, ReachesPresent = true };
        }

        var earlier = await client.SessionsAsync(query with { To = session.EndTime }, Before, null, cancellationToken);
        List<Session> before = [.. earlier.Items.Where(s => IsOther(s, session)).Reverse()];
        var window = before.Count > 0 ? 2 * After * (session.EndTime - before[^1].EndTime) : TimeSpan.Zero;
        var after = await AfterAsync(session, query, window > LeastWindow ? window : LeastWindow, cancellationToken);
        return new AppHistory { Sessions = [.. before, session, .. after.Take(After)], CurrentId = session.Id, ReachesPresent = false };
    }

    /// <summary>The sessions that followed, oldest first: a window after the session, widened until it holds some, narrowed where it holds too many.</summary>
    private async Task<IReadOnlyList<Session>> AfterAsync(Session session, SessionQuery query, TimeSpan window, CancellationToken cancellationToken)
    {
        var empty = TimeSpan.Zero;
        TimeSpan? full = null;
        while (true)
        {
            var open = session.EndTime + window >= time.GetUtcNow();
            var range = query with { From = session.EndTime, To = open ? null : session.EndTime + window };
            var page = await client.SessionsAsync(range, PageSize, null, cancellationToken);
            List<Session> found = [.. page.Items.Where(s => IsOther(s, session)).Reverse()];
            var tooMany = page.Metadata.Continue.Length > 0;
            if (tooMany && (full ?? window) - empty > TimeSpan.FromMilliseconds(2))
            {
                full = open ? time.GetUtcNow() - session.EndTime : window;
            }
            else if (found.Count > 0 || open || tooMany)
            {
                return found;
            }
            else
            {
                empty = window;
            }

            window = full is { } most ? empty + ((most - empty) / 2) : window * 8;
        }
    }

    private static SessionQuery Query(string @namespace, string app, string operation) =>
        new() { Namespaces = [@namespace], Apps = [app], Operations = [operation] };

    private static bool IsOf(Session session, string @namespace, string app, string operation) =>
        session.Namespace == @namespace && session.App == app && session.Operation == operation;

    private static bool IsOther(Session session, Session than) => session.Id != than.Id && IsOf(session, than.Namespace, than.App, than.Operation);
}
