using System.Globalization;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Stash.Core.Configuration;

namespace Stash.Core.Sessions.Journal;

/// <summary>
/// The durable record of every session, in SQLite (<c>journal.db</c> in the data folder). A projection of the gateway's
/// log: each batch of sessions and the log position it reaches are committed together, so nothing is lost and nothing twice.
/// </summary>
public sealed class SessionJournal : IDisposable
{
    private readonly DbContextOptions<JournalContext> _options;
    private readonly JournalOptions _limits;
    private readonly TimeProvider _time;

    // SQLite has one writer; waiting here is fairer than its busy handler.
    private readonly SemaphoreSlim _writer = new(1, 1);

    private SessionJournal(DbContextOptions<JournalContext> options, JournalOptions limits, TimeProvider time)
    {
        _options = options;
        _limits = limits;
        _time = time;
    }

    /// <summary>Opens the journal, makes or migrates its tables.</summary>
    /// <exception cref="UserErrorException">The database is damaged or cannot be written.</exception>
    public static async Task<SessionJournal> OpenAsync(string path, JournalOptions limits, TimeProvider time, CancellationToken cancellationToken)
    {
        var connection = new SqliteConnectionStringBuilder { DataSource = path, ForeignKeys = true, DefaultTimeout = 30 };
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
                8 or 14 => new UserErrorException($"The session journal {path} cannot be opened for writing: give this user write access to it and to its folder.", inner: e),
                13 => new UserErrorException($"The session journal {path} cannot be opened: the disk is full. Make space and start again.", inner: e),
                _ => new UserErrorException(string.Create(CultureInfo.InvariantCulture, $"The session journal {path} cannot be opened (SQLite error {e.SqliteErrorCode}): is another process using it?"), inner: e),
            };
        }

        return new SessionJournal(options, limits, time);
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
        await _writer.WaitAsync(cancellationToken);
        try
        {
            await using var context = new JournalContext(_options);
            await using var transaction = await context.Database.BeginTransactionAsync(cancellationToken);
            string[] ids = [""];
            await context.Sessions.Where(s => ids.Contains(s.Id)).Select(s => s.Id).ToListAsync(cancellationToken);
            context.Sessions.Add(new SessionRow
            {
                Id = "",
                Namespace = "",
                App = "",
                Kind = "",
                Restic = "",
                Job = "",
                Operation = "",
                Operations = [new OperationRow { Path = "", Op = "" }],
                Summaries = [new SummaryRow { Path = "" }],
            });
            await context.SaveChangesAsync(cancellationToken);
            await transaction.RollbackAsync(cancellationToken);
        }
        finally
        {
            _writer.Release();
        }
    }

    /// <summary>Adds sessions and the log position they reach, in one transaction. A session whose id is known is passed over.</summary>
    /// <returns>The sessions that were new, with their positions in the journal.</returns>
    public async Task<IReadOnlyList<(long Position, Session Session)>> AppendAsync(IReadOnlyList<Session> sessions, long followed, CancellationToken cancellationToken)
    {
        await _writer.WaitAsync(cancellationToken);
        try
        {
            await using var context = new JournalContext(_options);
            await using var transaction = await context.Database.BeginTransactionAsync(cancellationToken);
            var ids = sessions.Select(s => s.Id).ToList();
            var known = (await context.Sessions.Where(s => ids.Contains(s.Id)).Select(s => s.Id).ToListAsync(cancellationToken)).ToHashSet(StringComparer.Ordinal);
            List<(SessionRow Row, Session Session)> added = [];
            foreach (var session in sessions)
            {
                if (known.Add(session.Id))
                {
                    var row = session.ToRow();
                    context.Sessions.Add(row);
                    added.Add((row, session));
                }
            }

            await context.SaveChangesAsync(cancellationToken);
            foreach (var app in added.GroupBy(a => (a.Row.Namespace, a.Row.App, a.Row.Operation)))
            {
                await UpdateAppAsync(context, app.Key, [.. app.Select(a => a.Row)], cancellationToken);
            }

            var position = await context.Followed.FirstOrDefaultAsync(cancellationToken);
            if (position is null)
            {
                context.Followed.Add(position = new FollowedRow { Id = 1 });
            }

            position.Position = followed;
            await context.SaveChangesAsync(cancellationToken);
            await transaction.CommitAsync(cancellationToken);
            return [.. added.Select(a => (a.Row.Position, a.Session))];
        }
        finally
        {
            _writer.Release();
        }
    }

    /// <summary>Deletes what is older than the journal's age limit, apps with it, then the oldest sessions beyond its count limit.</summary>
    /// <returns>Sessions deleted.</returns>
    public async Task<int> TrimAsync(CancellationToken cancellationToken)
    {
        await _writer.WaitAsync(cancellationToken);
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
            _writer.Release();
        }
    }

    /// <summary>Reads the journal.</summary>
    public SessionReader Reader => new(_options, _time);

    public void Dispose()
    {
        _writer.Dispose();
        SqliteConnection.ClearAllPools();
    }

    private static async Task UpdateAppAsync(JournalContext context, (string Namespace, string App, string Operation) key, List<SessionRow> rows, CancellationToken cancellationToken)
    {
        var app = await context.Apps.FindAsync([key.Namespace, key.App, key.Operation], cancellationToken);
        if (app is null)
        {
            context.Apps.Add(app = new AppRow { Namespace = key.Namespace, App = key.App, Operation = key.Operation });
        }

        foreach (var row in rows.OrderBy(r => r.EndTime).ThenBy(r => r.Position))
        {
            var success = row.Failed ? row.LastSuccessTime : row.EndTime;
            if (success > (app.LastSuccessTime ?? 0))
            {
                app.LastSuccessTime = success;
            }

            // A session that was delivered late must not hide a later one.
            if (row.EndTime >= app.LastSessionTime)
            {
                app.LastSessionTime = row.EndTime;
                app.LastFailed = row.Failed;
                app.NextRunTime = row.NextRunTime;
                app.Sample = row.Sample;
            }
        }

        var since = app.LastSuccessTime ?? 0;
        app.FailuresSinceSuccess = await context.Sessions.CountAsync(
            s => s.Namespace == key.Namespace && s.App == key.App && s.Operation == key.Operation && s.Failed && s.EndTime > since, cancellationToken);
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
