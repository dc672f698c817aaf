using System.Globalization;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Stash.Core.Configuration;
using Stash.Core.Gateway;

namespace Stash.Core.Sessions.Journal;

/// <summary>
/// The durable record of every session, in SQLite (<c>journal.db</c> in the data folder). A projection of the gateway's
/// log: each batch of sessions and the log position it reaches are committed together, so nothing is lost and nothing twice.
/// </summary>
public sealed class SessionJournal : IDisposable
{
    private const int Busy = 5;

    private readonly DbContextOptions<JournalContext> _options;
    private readonly JournalOptions _limits;
    private readonly TimeProvider _time;

    // SQLite has one writer; waiting here is fairer than its busy handler.
    private readonly SemaphoreSlim _writing = new(1, 1);
    private readonly SessionProjection _projection = new();
    private readonly string _connection;
    private JournalWriter? _writer;

    private SessionJournal(string connection, DbContextOptions<JournalContext> options, JournalOptions limits, TimeProvider time)
    {
        _connection = connection;
        _options = options;
        _limits = limits;
        _time = time;
    }

    /// <summary>Opens the journal, makes or migrates its tables.</summary>
    /// <exception cref="UserErrorException">The database is damaged of another version, or cannot be written.</exception>
    public static async Task<SessionJournal> OpenAsync(string path, JournalOptions limits, TimeProvider time, CancellationToken cancellationToken)
    {
        var connection = new SqliteConnectionStringBuilder { DataSource = path, DefaultTimeout = 30 };
        var options = new DbContextOptionsBuilder<JournalContext>().UseSqlite(connection.ToString()).Options;
        try
        {
            if (await CheckAsync(connection, cancellationToken) != "ok")
            {
                throw Damaged(path, null);
            }

            await using var context = new JournalContext(options);
            await context.Database.MigrateAsync(cancellationToken);
        }
        catch (SqliteException e)
        {
            throw e.SqliteErrorCode switch
            {
                11 or 26 => Damaged(path, e),
                1 => new UserErrorException($"The session journal {path} is of another version of stash: start that version, or move the file away and start again; sessions that the push log still holds are taken in anew.", inner: e),
                8 or 14 => new UserErrorException($"The session journal {path} cannot be opened for writing: give this user write access to it and to its folder.", inner: e),
                13 => new UserErrorException($"The session journal {path} cannot be opened: the disk is full. Make space and start again.", inner: e),
                _ => new UserErrorException(string.Create(CultureInfo.InvariantCulture, $"The session journal {path} cannot be opened (SQLite error {e.SqliteErrorCode}): is another process using it?"), inner: e),
            };
        }

        return new SessionJournal(connection.ToString(), options, limits, time);
    }

    /// <summary>Position in the gateway's log up to which all sessions are here; 0 at first.</summary>
    public async Task<long> FollowedAsync(CancellationToken cancellationToken)
    {
        await using var context = new JournalContext(_options);
        return await context.Followed.Select(f => f.Position).FirstOrDefaultAsync(cancellationToken);
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
                return true;
            },
            cancellationToken);
    }

    /// <summary>Tries to read, and to begin to write; changes nothing, and waits for another writer a second at most.</summary>
    /// <exception cref="SqliteException">One of them cannot be done.</exception>
    public async Task ProbeAsync(CancellationToken cancellationToken)
    {
        // Not from the pool: a file that was moved away or made read-only shows only when it is opened anew.
        await using var connection = new SqliteConnection(new SqliteConnectionStringBuilder(_connection) { Pooling = false, Mode = SqliteOpenMode.ReadWrite, DefaultTimeout = 1 }.ToString());
        await connection.OpenAsync(cancellationToken);
        await using var command = connection.CreateCommand();
        command.CommandText = "SELECT Position FROM followed LIMIT 1";
        await command.ExecuteScalarAsync(cancellationToken);
        try
        {
            command.CommandText = "BEGIN IMMEDIATE; ROLLBACK";
            await command.ExecuteNonQueryAsync(cancellationToken);
        }
        catch (SqliteException e) when (e.SqliteErrorCode == Busy)
        {
            // Somebody writes.
        }
    }

    /// <summary>Adds sessions and the log position they reach, in one transaction. A session whose id is known is passed over.</summary>
    /// <returns>The sessions that were new, with their positions in the journal.</returns>
    public Task<IReadOnlyList<(long Position, Session Session)>> AppendAsync(IReadOnlyList<Session> sessions, long followed, CancellationToken cancellationToken) =>
        WriteAsync<IReadOnlyList<(long Position, Session Session)>>(
            writer =>
            {
                writer.Begin();
                SessionDraft draft = new();
                List<(long Position, Session Session)> added = [];
                foreach (var session in sessions)
                {
                    draft.Set(session);
                    if (writer.Add(draft) is { } position)
                    {
                        added.Add((position, session));
                    }
                }

                writer.Commit(followed);
                return added;
            },
            cancellationToken);

    /// <summary>Adds the sessions among some pushes and the log position of the last one, in one transaction. A session whose id is known is passed over.</summary>
    /// <param name="pushes">In the order of the log; at least one.</param>
    /// <param name="unreadable">Told of a push whose session cannot be made out, which is passed over.</param>
    /// <param name="cancellationToken">Stops waiting for another writer.</param>
    /// <returns>The pushes whose sessions were new, with the sessions' positions in the journal.</returns>
    public Task<IReadOnlyList<(long Position, PushRecord Push)>> TakeInAsync(IReadOnlyList<PushRecord> pushes, Action<PushRecord, Exception> unreadable, CancellationToken cancellationToken) =>
        WriteAsync<IReadOnlyList<(long Position, PushRecord Push)>>(
            writer =>
            {
                writer.Begin();
                List<(long Position, PushRecord Push)> added = new(pushes.Count);
                Span<int> counts = stackalloc int[SessionCounts.Cells];
                counts.Clear();
                foreach (var push in pushes)
                {
                    if (Read(push, unreadable) is { } session && writer.Add(session) is { } position)
                    {
                        added.Add((position, push));
                        counts[SessionCounts.CellOf(session[session.Operation], session.Failed)]++;
                    }
                }

                writer.Commit(pushes[^1].Position);
                Counts.Add(counts);
                return added;
            },
            cancellationToken);

    /// <summary>Deletes what is older than the journal's age limit, apps with it, then the oldest sessions beyond its count limit.</summary>
    /// <returns>Sessions deleted.</returns>
    public async Task<int> TrimAsync(CancellationToken cancellationToken)
    {
        await _writing.WaitAsync(cancellationToken);
        try
        {
            await using var context = new JournalContext(_options);
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

    /// <summary>What was taken in from pushes since the journal was opened.</summary>
    public SessionCounts Counts { get; } = new();

    /// <summary>Reads the journal.</summary>
    public SessionReader Reader => new(_options, _time);

    public void Dispose()
    {
        _writer?.Dispose();
        _writing.Dispose();
        SqliteConnection.ClearAllPools();
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

    private async Task<T> WriteAsync<T>(Func<JournalWriter, T> write, CancellationToken cancellationToken)
    {
        await _writing.WaitAsync(cancellationToken);
        try
        {
            return write(_writer ??= new JournalWriter(_connection));
        }
        catch
        {
            _writer?.Dispose();
            _writer = null;
            throw;
        }
        finally
        {
            _writing.Release();
        }
    }

    private static async Task<string?> CheckAsync(SqliteConnectionStringBuilder builder, CancellationToken cancellationToken)
    {
        await using var connection = new SqliteConnection(builder.ToString());
        await connection.OpenAsync(cancellationToken);
        await using var command = connection.CreateCommand();
        // The file remembers WAL; synchronous is FULL by SQLite's default: what is committed here is released from the gateway's log.
        command.CommandText = "PRAGMA journal_mode=WAL; PRAGMA quick_check(1);";
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.NextResultAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken) ? reader.GetString(0) : null;
    }

    private static UserErrorException Damaged(string path, Exception? cause) =>
        new($"The session journal {path} is damaged: move it away (or put a copy from a backup in its place) and start again.", inner: cause);
}
