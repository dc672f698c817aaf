using System.Globalization;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;

namespace Stash.Core.Sessions.Journal.Sqlite;

/// <summary>The journal in a file.</summary>
/// <param name="path">The file; it is made where it is missing.</param>
internal sealed class SqliteDatabase(string path) : JournalDatabase
{
    private const int Busy = 5;

    private readonly string _connection = Connection(path).ToString();
    private readonly DbContextOptions<JournalContext> _options = new DbContextOptionsBuilder<JournalContext>().UseSqlite(Connection(path).ToString()).Options;

    public override string Name => "the session journal (journal.db in the data folder)";

    public override string Remedy => "see that this user may read and write it, that its disk has space and that no other program holds it";

    public override JournalContext NewContext() => new(_options);

    public override async Task PrepareAsync(CancellationToken cancellationToken)
    {
        try
        {
            if (await CheckAsync(cancellationToken) != "ok")
            {
                throw Damaged(null);
            }

            await using var context = NewContext();
            await context.Database.MigrateAsync(cancellationToken);
        }
        catch (SqliteException e)
        {
            throw e.SqliteErrorCode switch
            {
                11 or 26 => Damaged(e),
                1 => new UserErrorException($"The session journal {path} is of another version of stash: start that version, or move the file away and start again; sessions that the push log still holds are taken in anew.", inner: e),
                8 or 14 => new UserErrorException($"The session journal {path} cannot be opened for writing: give this user write access to it and to its folder.", inner: e),
                13 => new UserErrorException($"The session journal {path} cannot be opened: the disk is full. Make space and start again.", inner: e),
                _ => new UserErrorException(string.Create(CultureInfo.InvariantCulture, $"The session journal {path} cannot be opened (SQLite error {e.SqliteErrorCode}): is another process using it?"), inner: e),
            };
        }
    }

    public override Task<IJournalWriter> OpenWriterAsync(CancellationToken cancellationToken) => Task.FromResult<IJournalWriter>(new SqliteWriter(_connection));

    public override async Task<long> FollowedAsync(CancellationToken cancellationToken)
    {
        await using var context = NewContext();
        return await context.Followed.Select(f => f.Position).FirstOrDefaultAsync(cancellationToken);
    }

    public override async Task ProbeAsync(CancellationToken cancellationToken)
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

    public override ValueTask DisposeAsync()
    {
        SqliteConnection.ClearAllPools();
        return ValueTask.CompletedTask;
    }

    private static SqliteConnectionStringBuilder Connection(string path) => new() { DataSource = path, DefaultTimeout = 30 };

    private async Task<string?> CheckAsync(CancellationToken cancellationToken)
    {
        await using var connection = new SqliteConnection(_connection);
        await connection.OpenAsync(cancellationToken);
        await using var command = connection.CreateCommand();
        // The file remembers WAL; synchronous is FULL by SQLite's default: what is committed here is released from the gateway's log.
        command.CommandText = "PRAGMA journal_mode=WAL; PRAGMA quick_check(1);";
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.NextResultAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken) ? reader.GetString(0) : null;
    }

    private UserErrorException Damaged(Exception? cause) =>
        new($"The session journal {path} is damaged: move it away (or put a copy from a backup in its place) and start again.", inner: cause);
}
