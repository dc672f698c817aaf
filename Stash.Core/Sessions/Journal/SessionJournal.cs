using System.Data.Common;
using Microsoft.EntityFrameworkCore;
using Stash.Core.Configuration;
using Stash.Core.Gateway;
using Stash.Core.Sessions.Journal.Postgres;
using Stash.Core.Sessions.Journal.Sqlite;

namespace Stash.Core.Sessions.Journal;

/// <summary>
/// The durable record of every session: in SQLite (<c>journal.db</c> in the data folder), or in PostgreSQL. A projection of the gateway's
/// log: each batch of sessions and the log position it reaches are committed together, so nothing is lost and nothing twice.
/// </summary>
public sealed class SessionJournal : IAsyncDisposable
{
    private readonly JournalDatabase _database;
    private readonly JournalOptions _limits;
    private readonly TimeProvider _time;

    // There is one writer; waiting here is fairer than SQLite's busy handler.
    private readonly SemaphoreSlim _writing = new(1, 1);
    private readonly SemaphoreSlim _preparing = new(1, 1);
    private readonly SessionProjection _projection = new();
    private IJournalWriter? _writer;
    private volatile bool _isReady;

    private SessionJournal(JournalDatabase database, JournalOptions limits, TimeProvider time)
    {
        _database = database;
        _limits = limits;
        _time = time;
    }

    /// <summary>Whether its tables are there: a database on another machine may not answer at start, and is then made ready when it does.</summary>
    public bool IsReady => _isReady;

    /// <summary>For messages, as <c>the session journal (journal.db in the data folder)</c>: no path or host, since anybody may ask for health.</summary>
    public string Name => _database.Name;

    /// <summary>What to look after where it cannot be read or written, as the end of a sentence.</summary>
    public string Remedy => _database.Remedy;

    /// <summary>What was taken in from pushes since the journal was opened.</summary>
    public SessionCounts Counts { get; } = new();

    /// <summary>Reads the journal.</summary>
    public SessionReader Reader => new(_database.NewContext, _time);

    /// <summary>Opens the journal, makes or migrates its tables.</summary>
    /// <param name="data">The data folder: SQLite's file is in it, and of which push log a journal in PostgreSQL is.</param>
    /// <param name="limits">Where it is, and what is kept.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <exception cref="UserErrorException">The database is damaged, of another version, or cannot be written.</exception>
    public static Task<SessionJournal> OpenAsync(DataFolder data, JournalOptions limits, TimeProvider time, CancellationToken cancellationToken) => OpenAsync(
        limits.Postgres is { } postgres ? new PostgresDatabase(postgres, LogIdentity.Of(data)) : new SqliteDatabase(data.In("journal.db")), limits, time, cancellationToken);

    /// <summary>Opens the journal in a file of SQLite.</summary>
    /// <exception cref="UserErrorException">The database is damaged, of another version, or cannot be written.</exception>
    public static Task<SessionJournal> OpenAsync(string path, JournalOptions limits, TimeProvider time, CancellationToken cancellationToken) =>
        OpenAsync(new SqliteDatabase(path), limits, time, cancellationToken);

    internal static async Task<SessionJournal> OpenAsync(JournalDatabase database, JournalOptions limits, TimeProvider time, CancellationToken cancellationToken)
    {
        SessionJournal journal = new(database, limits, time);
        try
        {
            await journal.PrepareAsync(cancellationToken);
        }
        catch (DbException)
        {
            // It may be there later. The gateway takes pushes meanwhile, and the journal takes its sessions in then.
        }
        catch
        {
            await journal.DisposeAsync();
            throw;
        }

        return journal;
    }

    /// <summary>Position in the gateway's log up to which all sessions are here; 0 at first.</summary>
    public async Task<long> FollowedAsync(CancellationToken cancellationToken)
    {
        await PrepareAsync(cancellationToken);
        return await _database.FollowedAsync(cancellationToken);
    }

    /// <summary>Writes a session and takes it back, so that the first real one does not wait for the code to be made ready. Leaves nothing.</summary>
    public async Task WarmUpAsync(CancellationToken cancellationToken)
    {
        SessionDraft draft = new();
        draft.FileGroups.Add(default);
        draft.Summaries.Add(default);
        await WriteAsync(
            writer =>
            {
                writer.Begin();
                writer.Add(draft);
                writer.Rollback();
                return ValueTask.FromResult(true);
            },
            cancellationToken);
    }

    /// <summary>Tries to read, and to begin to write; changes nothing, and waits for another writer a second at most.</summary>
    /// <exception cref="DbException">One of them cannot be done.</exception>
    public Task ProbeAsync(CancellationToken cancellationToken) => _database.ProbeAsync(cancellationToken);

    /// <summary>Adds sessions and the log position they reach, in one transaction. A session whose id is known is passed over.</summary>
    /// <returns>The sessions that were new, with their positions in the journal.</returns>
    public Task<IReadOnlyList<(long Position, Session Session)>> AppendAsync(IReadOnlyList<Session> sessions, long followed, CancellationToken cancellationToken) =>
        WriteAsync<IReadOnlyList<(long Position, Session Session)>>(
            async writer =>
            {
                writer.Begin();
                SessionDraft draft = new();
                foreach (var session in sessions)
                {
                    draft.Set(session);
                    writer.Add(draft);
                }

                var positions = await writer.CommitAsync(followed, cancellationToken);
                return [.. positions.Zip(sessions).Where(p => p.First > 0)];
            },
            cancellationToken);

    /// <summary>Adds the sessions among some pushes and the log position of the last one, in one transaction. A session whose id is known is passed over.</summary>
    /// <param name="pushes">In the order of the log; at least one.</param>
    /// <param name="unreadable">Told of a push whose session cannot be made out, which is passed over.</param>
    /// <param name="cancellationToken">Stops waiting for another writer.</param>
    /// <returns>The pushes whose sessions were new, with the sessions' positions in the journal.</returns>
    public Task<IReadOnlyList<(long Position, PushRecord Push)>> TakeInAsync(IReadOnlyList<PushRecord> pushes, Action<PushRecord, Exception> unreadable, CancellationToken cancellationToken) =>
        WriteAsync<IReadOnlyList<(long Position, PushRecord Push)>>(
            async writer =>
            {
                writer.Begin();
                List<(PushRecord Push, int Cell)> taken = new(pushes.Count);
                foreach (var push in pushes)
                {
                    if (Read(push, unreadable) is { } session)
                    {
                        taken.Add((push, SessionCounts.CellOf(session[session.Operation], session.Failed)));
                        writer.Add(session);
                    }
                }

                return Added(taken, await writer.CommitAsync(pushes[^1].Position, cancellationToken));
            },
            cancellationToken);

    /// <summary>Deletes what is older than the journal's age limit, apps with it, then the oldest sessions beyond its count limit.</summary>
    /// <returns>Sessions deleted.</returns>
    public async Task<int> TrimAsync(CancellationToken cancellationToken)
    {
        await PrepareAsync(cancellationToken);
        await _writing.WaitAsync(cancellationToken);
        try
        {
            await using var context = _database.NewContext();
            var oldest = (_time.GetUtcNow() - _limits.MaxAge).ToUnixTimeMilliseconds();
            var deleted = await context.Sessions.Where(s => s.EndTime < oldest).ExecuteDeleteAsync(cancellationToken);
            await context.Apps.Where(a => a.LastSessionTime < oldest).ExecuteDeleteAsync(cancellationToken);
            var first = await context.Sessions
                .OrderByDescending(s => s.EndTime).ThenByDescending(s => s.Position)
                .Skip(_limits.MaxSessions).Select(s => new { s.EndTime, s.Position })
                .FirstOrDefaultAsync(cancellationToken);
            if (first is not null)
            {
                deleted += await context.Sessions
                    .Where(s => s.EndTime < first.EndTime || (s.EndTime == first.EndTime && s.Position <= first.Position))
                    .ExecuteDeleteAsync(cancellationToken);
            }

            return deleted;
        }
        finally
        {
            _writing.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_writer is not null)
        {
            await _writer.DisposeAsync();
        }

        await _database.DisposeAsync();
        _writing.Dispose();
        _preparing.Dispose();
    }

    private SessionDraft? Read(PushRecord push, Action<PushRecord, Exception> unreadable)
    {
        try
        {
            return _projection.Read(push);
        }
        catch (Exception e)
        {
            // One push must not keep all later ones out.
            unreadable(push, e);
            return null;
        }
    }

    private List<(long Position, PushRecord Push)> Added(List<(PushRecord Push, int Cell)> taken, IReadOnlyList<long> positions)
    {
        List<(long Position, PushRecord Push)> added = new(taken.Count);
        Span<int> counts = stackalloc int[SessionCounts.Cells];
        counts.Clear();
        for (var i = 0; i < taken.Count; i++)
        {
            if (positions[i] > 0)
            {
                added.Add((positions[i], taken[i].Push));
                counts[taken[i].Cell]++;
            }
        }

        Counts.Add(counts);
        return added;
    }

    private async Task PrepareAsync(CancellationToken cancellationToken)
    {
        if (_isReady)
        {
            return;
        }

        await _preparing.WaitAsync(cancellationToken);
        try
        {
            if (!_isReady)
            {
                await _database.PrepareAsync(cancellationToken);
                _isReady = true;
            }
        }
        finally
        {
            _preparing.Release();
        }
    }

    private async Task<T> WriteAsync<T>(Func<IJournalWriter, ValueTask<T>> write, CancellationToken cancellationToken)
    {
        await PrepareAsync(cancellationToken);
        await _writing.WaitAsync(cancellationToken);
        try
        {
            return await write(_writer ??= await _database.OpenWriterAsync(cancellationToken));
        }
        catch
        {
            if (_writer is { } broken)
            {
                _writer = null;
                await broken.DisposeAsync();
            }

            throw;
        }
        finally
        {
            _writing.Release();
        }
    }
}
