using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Stash.Core.Sessions.Journal.Sqlite;

/// <summary>
/// A prepared statement that is run again and again. SQLite's own calls: a <see cref="SqliteCommand"/> makes objects and strings for
/// each parameter, which cost more than SQLite does.
/// </summary>
internal sealed class JournalStatement : IDisposable
{
    private readonly sqlite3 _database;
    private readonly sqlite3_stmt _statement;

    /// <exception cref="SqliteException">It cannot be prepared.</exception>
    public JournalStatement(SqliteConnection connection, string sql)
    {
        _database = connection.Handle!;
        Check(raw.sqlite3_prepare_v3(_database, sql, raw.SQLITE_PREPARE_PERSISTENT, out _statement));
    }

    public void Bind(int index, ReadOnlySpan<byte> text) => raw.sqlite3_bind_text(_statement, index, text);

    public void Bind(int index, long value) => raw.sqlite3_bind_int64(_statement, index, value);

    public void Bind(int index, bool value) => raw.sqlite3_bind_int64(_statement, index, value ? 1 : 0);

    public void Bind(int index, double value) => raw.sqlite3_bind_double(_statement, index, value);

    public void BindNull(int index) => raw.sqlite3_bind_null(_statement, index);

    public void Bind(int index, DateTimeOffset? time)
    {
        if (time is { } value)
        {
            Bind(index, value.ToUnixTimeMilliseconds());
        }
        else
        {
            BindNull(index);
        }
    }

    /// <summary>Runs a statement that gives no rows.</summary>
    /// <returns>Rows changed.</returns>
    /// <exception cref="SqliteException">It failed, as on a full disk.</exception>
    public int Run()
    {
        var result = raw.sqlite3_step(_statement);
        // What it gives is the step's result again; the message is read before.
        try
        {
            Check(result);
            return raw.sqlite3_changes(_database);
        }
        finally
        {
            raw.sqlite3_reset(_statement);
        }
    }

    public void Dispose() => _statement.Dispose();

    private void Check(int result)
    {
        if (result is not (raw.SQLITE_OK or raw.SQLITE_DONE or raw.SQLITE_ROW))
        {
            SqliteException.ThrowExceptionForRC(result, _database);
        }
    }
}
