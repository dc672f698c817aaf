using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Stash.Core.Sessions.Journal.Sqlite;

/// <summary>Writes sessions to SQLite.</summary>
internal sealed class SqliteWriter : IJournalWriter
{
    // Pages of 4 KiB. A larger log of its own lets SQLite write a page once that many sessions have changed.
    private const int CheckpointPages = 2000;
    private const int CacheKibibytes = 16 * 1024;

    private readonly SqliteConnection _connection;
    private readonly SessionColumns _columns = new();
    private readonly JournalStatement _begin;
    private readonly JournalStatement _commit;
    private readonly JournalStatement _rollback;
    private readonly JournalStatement _session;
    private readonly JournalStatement _app;
    private readonly JournalStatement _followed;
    private readonly List<long> _positions = [];
    private long _lastArrival;
    private long _arrivalBefore;

    /// <exception cref="SqliteException">The database cannot be opened.</exception>
    public SqliteWriter(string connectionString)
    {
        // A connection of its own, not one of the pool: it is set up for writing.
        _connection = new SqliteConnection(new SqliteConnectionStringBuilder(connectionString) { Pooling = false }.ToString());
        _connection.Open();
        try
        {
            raw.sqlite3_busy_timeout(_connection.Handle, 30_000);
            using var command = _connection.CreateCommand();
            command.CommandText = $"""
                PRAGMA synchronous = FULL;
                PRAGMA wal_autocheckpoint = {CheckpointPages};
                PRAGMA cache_size = -{CacheKibibytes};
                """;
            command.ExecuteNonQuery();
            command.CommandText = "SELECT max(ifnull((SELECT LastArrival FROM followed), 0), ifnull((SELECT max(Position) FROM sessions), 0))";
            _lastArrival = (long)command.ExecuteScalar()!;
            _begin = new JournalStatement(_connection, "BEGIN IMMEDIATE");
            _commit = new JournalStatement(_connection, "COMMIT");
            _rollback = new JournalStatement(_connection, "ROLLBACK");
            _session = new JournalStatement(_connection, """
                INSERT INTO sessions (Position, Id, Namespace, App, Kind, Restic, Job, Operation, Failed, StartTime, EndTime, DurationSeconds,
                    Message, LastSuccessTime, NextRunTime, Sample, FileGroups, Summaries)
                VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18)
                ON CONFLICT (Id) DO NOTHING
                """);
            // ?4: the last success that this session knows of. Failures are counted anew only where that is news and other sessions ended
            // after it, as when it is delivered late.
            _app = new JournalStatement(_connection, """
                INSERT INTO apps (Namespace, App, Operation, LastSuccessTime, LastSessionTime, LastFailed, NextRunTime, Sample, FailuresSinceSuccess, FirstArrival)
                VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?6 AND ?5 > ifnull(?4, 0), ?9)
                ON CONFLICT DO UPDATE SET
                    FailuresSinceSuccess = CASE
                        WHEN ifnull(?4, 0) > ifnull(LastSuccessTime, 0) THEN CASE
                            WHEN ?4 >= max(LastSessionTime, ?5) THEN 0
                            WHEN FailuresSinceSuccess = 0 THEN ?6 AND ?5 > ?4
                            ELSE (SELECT count(*) FROM sessions s WHERE s.Namespace = ?1 AND s.App = ?2 AND s.EndTime > ?4 AND s.Operation = ?3 AND s.Failed)
                            END
                        ELSE FailuresSinceSuccess + (?6 AND ?5 > ifnull(LastSuccessTime, 0))
                        END,
                    LastSuccessTime = CASE WHEN ifnull(?4, 0) > ifnull(LastSuccessTime, 0) THEN ?4 ELSE LastSuccessTime END,
                    LastSessionTime = max(LastSessionTime, ?5),
                    LastFailed = CASE WHEN ?5 >= LastSessionTime THEN ?6 ELSE LastFailed END,
                    NextRunTime = CASE WHEN ?5 >= LastSessionTime THEN ?7 ELSE NextRunTime END,
                    Sample = CASE WHEN ?5 >= LastSessionTime THEN ?8 ELSE Sample END
                """);
            _followed = new JournalStatement(_connection, """
                INSERT INTO followed (Id, Position, LastArrival) VALUES (1, ?1, ?2)
                ON CONFLICT (Id) DO UPDATE SET Position = ?1, LastArrival = ?2
                """);
        }
        catch
        {
            _connection.Dispose();
            throw;
        }
    }

    public void Begin()
    {
        _begin.Run();
        _positions.Clear();
        _arrivalBefore = _lastArrival;
    }

    public void Add(SessionDraft session)
    {
        var position = _lastArrival + 1;
        var end = session.EndTime.ToUnixTimeMilliseconds();
        _session.Bind(1, position);
        _session.Bind(2, session[session.Id]);
        _session.Bind(3, session[session.Namespace]);
        _session.Bind(4, session[session.App]);
        _session.Bind(5, session[session.Kind]);
        _session.Bind(6, session[session.Restic]);
        _session.Bind(7, session[session.Job]);
        _session.Bind(8, session[session.Operation]);
        _session.Bind(9, session.Failed);
        _session.Bind(10, session.StartTime.ToUnixTimeMilliseconds());
        _session.Bind(11, end);
        _session.Bind(12, session.DurationSeconds);
        if (session.Message is { } message)
        {
            _session.Bind(13, session[message]);
        }
        else
        {
            _session.BindNull(13);
        }

        _session.Bind(14, session.LastSuccessTime);
        _session.Bind(15, session.NextRunTime);
        _session.Bind(16, session.Sample);
        _session.Bind(17, _columns.FileGroups(session));
        if (session.Summaries.Count > 0)
        {
            _session.Bind(18, _columns.Summaries(session));
        }
        else
        {
            _session.BindNull(18);
        }

        if (_session.Run() == 0)
        {
            _positions.Add(0);
            return;
        }

        _lastArrival = position;
        _app.Bind(1, session[session.Namespace]);
        _app.Bind(2, session[session.App]);
        _app.Bind(3, session[session.Operation]);
        _app.Bind(4, session.Failed ? session.LastSuccessTime : session.EndTime);
        _app.Bind(5, end);
        _app.Bind(6, session.Failed);
        _app.Bind(7, session.NextRunTime);
        _app.Bind(8, session.Sample);
        _app.Bind(9, position);
        _app.Run();
        _positions.Add(position);
    }

    public ValueTask<IReadOnlyList<long>> CommitAsync(long followed, CancellationToken cancellationToken)
    {
        _followed.Bind(1, followed);
        _followed.Bind(2, _lastArrival);
        _followed.Run();
        _commit.Run();
        return ValueTask.FromResult<IReadOnlyList<long>>(_positions);
    }

    public void Rollback()
    {
        _rollback.Run();
        _lastArrival = _arrivalBefore;
    }

    public ValueTask DisposeAsync()
    {
        foreach (var statement in (JournalStatement?[])[_begin, _commit, _rollback, _session, _app, _followed])
        {
            statement?.Dispose();
        }

        _columns.Dispose();
        // Rolls back what was not committed.
        _connection.Dispose();
        return ValueTask.CompletedTask;
    }
}
