using System.Net.Sockets;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using Stash.Core.Configuration;

namespace Stash.Core.Sessions.Journal.Postgres;

/// <summary>The journal in a schema of a PostgreSQL database; tested with version 15.</summary>
internal sealed class PostgresDatabase : JournalDatabase
{
    private static readonly TimeSpan ProbeTimeout = TimeSpan.FromSeconds(1);

    private readonly NpgsqlDataSource _source;
    private readonly NpgsqlDataSource _writers;
    private readonly DbContextOptions<PostgresContext> _options;
    private readonly string _log;
    private readonly string _place;
    private volatile bool _isHeld;

    /// <param name="postgres">Where it is.</param>
    /// <param name="log">Which push log it follows.</param>
    public PostgresDatabase(PostgresOptions postgres, string log)
    {
        _log = log;
        NpgsqlConnectionStringBuilder connection = new(postgres.Connection) { ApplicationName = "stash", MaxAutoPrepare = 20, KeepAlive = 30, Timeout = 5, IncludeErrorDetail = false };
        _place = $"The session journal in PostgreSQL (database {connection.Database} on {connection.Host})";
        _source = Source(connection, postgres.PasswordFile);
        // Not from a pool: the lock ends with the connection.
        _writers = Source(new NpgsqlConnectionStringBuilder(connection.ToString()) { Pooling = false }, postgres.PasswordFile);
        _options = new DbContextOptionsBuilder<PostgresContext>().UseNpgsql(_source).Options;
    }

    public override string Name => "the session journal in PostgreSQL";

    public override string Remedy => _isHeld
        ? "another operator writes it: give each a database, or a schema (Search Path), of its own"
        : "see that the server runs and can be reached, and that its disk has space";

    public override JournalContext NewContext() => new PostgresContext(_options);

    public override async Task PrepareAsync(CancellationToken cancellationToken)
    {
        try
        {
            // First: a migration would make a database that is missing.
            await using (await _source.OpenConnectionAsync(cancellationToken))
            {
            }

            await using var context = NewContext();
            await context.Database.MigrateAsync(cancellationToken);
            if ((await context.Database.GetAppliedMigrationsAsync(cancellationToken)).Except(context.Database.GetMigrations(), StringComparer.Ordinal).Any())
            {
                throw new UserErrorException($"{_place} is of another version of stash: start that version, or give this one another database.");
            }
        }
        catch (PostgresException e) when (Cause(e) is { } cause)
        {
            throw new UserErrorException($"{_place} cannot be used: {cause}.", inner: e);
        }
        catch (NpgsqlException e) when (e.InnerException is UserErrorException unreadable)
        {
            throw new UserErrorException(unreadable.Message, inner: e);
        }
        catch (Exception e) when (e is SocketException or TimeoutException or IOException)
        {
            throw new NpgsqlException("The server cannot be reached.", e);
        }
    }

    public override async Task<IJournalWriter> OpenWriterAsync(CancellationToken cancellationToken)
    {
        var connection = await _writers.OpenConnectionAsync(cancellationToken);
        try
        {
            var writer = await PostgresWriter.OpenAsync(connection, _log, Name, cancellationToken);
            _isHeld = false;
            return writer;
        }
        catch (JournalHeldException)
        {
            _isHeld = true;
            await connection.DisposeAsync();
            throw;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    public override async Task<long> FollowedAsync(CancellationToken cancellationToken)
    {
        await using var context = NewContext();
        // That of another log says nothing of this one: known ids are passed over.
        return await context.Followed.Where(f => EF.Property<string>(f, "Source") == _log).Select(f => f.Position).FirstOrDefaultAsync(cancellationToken);
    }

    public override async Task ProbeAsync(CancellationToken cancellationToken)
    {
        using var bound = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        bound.CancelAfter(ProbeTimeout);
        try
        {
            await using var connection = await _source.OpenConnectionAsync(bound.Token);
            await using var command = connection.CreateCommand();
            command.CommandText = """SELECT "Position" FROM followed LIMIT 1""";
            await command.ExecuteScalarAsync(bound.Token);
            command.CommandText = "SHOW transaction_read_only";
            if (await command.ExecuteScalarAsync(bound.Token) is "on")
            {
                throw new NpgsqlException("The server takes no changes: it is a standby, or read-only.");
            }
        }
        catch (Exception e) when (e is SocketException or TimeoutException or IOException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            throw new NpgsqlException("The server does not answer in time.", e);
        }
    }

    public override async ValueTask DisposeAsync()
    {
        await _writers.DisposeAsync();
        await _source.DisposeAsync();
    }

    private static NpgsqlDataSource Source(NpgsqlConnectionStringBuilder connection, string? passwordFile)
    {
        NpgsqlDataSourceBuilder builder = new(connection.ToString());
        if (passwordFile is not null)
        {
            // Read for each connection: it may be replaced while the process runs.
            builder.UsePasswordProvider(_ => Password(passwordFile), (_, _) => ValueTask.FromResult(Password(passwordFile)));
        }

        return builder.Build();
    }

    private static string Password(string file)
    {
        try
        {
            return File.ReadAllText(file).TrimEnd('\n', '\r');
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UserErrorException($"The password file {file} (Stash:Journal:PostgresPasswordFile) cannot be read: name one that this user may read.", inner: e);
        }
    }

    /// <returns>Null for what passes by itself.</returns>
    private static string? Cause(PostgresException e) => e.SqlState switch
    {
        PostgresErrorCodes.InvalidPassword or PostgresErrorCodes.InvalidAuthorizationSpecification => "the server does not take its user and password: see Username in Stash:Journal:Postgres and the file of Stash:Journal:PostgresPasswordFile",
        PostgresErrorCodes.InvalidCatalogName => "there is no such database: make it with CREATE DATABASE, or name another in Stash:Journal:Postgres",
        PostgresErrorCodes.InsufficientPrivilege or PostgresErrorCodes.InvalidSchemaName => "its user may not make tables there: grant CREATE and USAGE on the schema to it",
        PostgresErrorCodes.DuplicateTable or PostgresErrorCodes.UndefinedTable or PostgresErrorCodes.UndefinedColumn => "there are other tables in its schema: give it a database, or a schema (Search Path), of its own",
        _ => null,
    };
}
