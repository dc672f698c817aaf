using System.IO.Hashing;
using System.Text;
using Npgsql;
using NpgsqlTypes;

namespace Stash.Core.Sessions.Journal.Postgres;

/// <summary>Writes sessions to PostgreSQL: what was added goes there in one batch, without waiting for each answer. While it is open no other can be.</summary>
internal sealed class PostgresWriter : IJournalWriter
{
    /// <summary>Of the lock that a writer holds; the second half of its key is the schema's.</summary>
    private const int LockKey = 0x57A5;

    private const int MaxKeyBytes = 800;

    // $19: the last success that this session knows of. Failures are counted anew only where that is news and other sessions ended
    // after it, as when it is delivered late; the session itself is not yet there for this statement's count.
    private const string AddSession = """
        WITH added AS (
            INSERT INTO sessions ("Position", "Id", "Namespace", "App", "Kind", "Restic", "Job", "Operation", "Failed", "StartTime", "EndTime", "DurationSeconds",
                "Message", "LastSuccessTime", "NextRunTime", "Sample", "FileGroups", "Summaries")
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)
            ON CONFLICT ("Id") DO NOTHING
            RETURNING 1)
        INSERT INTO apps AS a ("Namespace", "App", "Operation", "LastSuccessTime", "LastSessionTime", "LastFailed", "NextRunTime", "Sample", "FailuresSinceSuccess", "FirstArrival")
        SELECT $3, $4, $8, $19, $11, $9, $15, $16, CASE WHEN $9 AND $11 > coalesce($19, 0) THEN 1 ELSE 0 END, $1 FROM added
        ON CONFLICT ("Namespace", "App", "Operation") DO UPDATE SET
            "FailuresSinceSuccess" = CASE
                WHEN coalesce($19, 0) > coalesce(a."LastSuccessTime", 0) THEN CASE
                    WHEN $19 >= greatest(a."LastSessionTime", $11) THEN 0
                    WHEN a."FailuresSinceSuccess" = 0 THEN CASE WHEN $9 AND $11 > $19 THEN 1 ELSE 0 END
                    ELSE (SELECT count(*) FROM sessions s WHERE s."Namespace" = $3 AND s."App" = $4 AND s."EndTime" > $19 AND s."Operation" = $8 AND s."Failed")::int
                        + CASE WHEN $9 AND $11 > $19 THEN 1 ELSE 0 END
                    END
                ELSE a."FailuresSinceSuccess" + CASE WHEN $9 AND $11 > coalesce(a."LastSuccessTime", 0) THEN 1 ELSE 0 END
                END,
            "LastSuccessTime" = CASE WHEN coalesce($19, 0) > coalesce(a."LastSuccessTime", 0) THEN $19 ELSE a."LastSuccessTime" END,
            "LastSessionTime" = greatest(a."LastSessionTime", $11),
            "LastFailed" = CASE WHEN $11 >= a."LastSessionTime" THEN $9 ELSE a."LastFailed" END,
            "NextRunTime" = CASE WHEN $11 >= a."LastSessionTime" THEN $15 ELSE a."NextRunTime" END,
            "Sample" = CASE WHEN $11 >= a."LastSessionTime" THEN $16 ELSE a."Sample" END
        """;

    private readonly NpgsqlConnection _connection;
    private readonly string _log;
    private readonly SessionColumns _columns = new();
    private readonly List<NpgsqlBatchCommand> _added = [];
    private readonly List<long> _positions = [];
    private long _lastArrival;

    private PostgresWriter(NpgsqlConnection connection, string log, long lastArrival)
    {
        _connection = connection;
        _log = log;
        _lastArrival = lastArrival;
    }

    /// <param name="connection">Of its own, open; it is closed with the writer.</param>
    /// <param name="log">Which push log it follows.</param>
    /// <param name="name">The journal's, for messages.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <exception cref="JournalHeldException">Another writes there.</exception>
    public static async Task<PostgresWriter> OpenAsync(NpgsqlConnection connection, string log, string name, CancellationToken cancellationToken)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = $"SELECT pg_try_advisory_lock({LockKey}, hashtext(current_schema()))";
        if (!(bool)(await command.ExecuteScalarAsync(cancellationToken))!)
        {
            throw new JournalHeldException(name);
        }

        command.CommandText = """SELECT greatest(coalesce((SELECT "LastArrival" FROM followed), 0), coalesce((SELECT max("Position") FROM sessions), 0))""";
        return new PostgresWriter(connection, log, (long)(await command.ExecuteScalarAsync(cancellationToken))!);
    }

    public void Begin() => Rollback();

    public void Add(SessionDraft session)
    {
        // A session whose id is known leaves its position unused: which it is, only the database knows.
        var position = _lastArrival + _added.Count + 1;
        var end = session.EndTime.ToUnixTimeMilliseconds();
        _added.Add(new NpgsqlBatchCommand(AddSession)
        {
            Parameters =
            {
                Number(position),
                Key(session[session.Id]), Key(session[session.Namespace]), Key(session[session.App]), Text(session[session.Kind]), Text(session[session.Restic]), Text(session[session.Job]), Key(session[session.Operation]),
                Flag(session.Failed),
                Number(session.StartTime.ToUnixTimeMilliseconds()), Number(end),
                new NpgsqlParameter<double> { TypedValue = session.DurationSeconds },
                session.Message is { } message ? Text(session[message]) : Null(NpgsqlDbType.Text),
                Time(session.LastSuccessTime), Time(session.NextRunTime),
                Flag(session.Sample),
                Text(_columns.FileGroups(session)), session.Summaries.Count > 0 ? Text(_columns.Summaries(session)) : Null(NpgsqlDbType.Text),
                session.Failed ? Time(session.LastSuccessTime) : Number(end),
            },
        });
        _positions.Add(position);
    }

    public async ValueTask<IReadOnlyList<long>> CommitAsync(long followed, CancellationToken cancellationToken)
    {
        await using var transaction = await _connection.BeginTransactionAsync(cancellationToken);
        await using NpgsqlBatch batch = new(_connection, transaction);
        foreach (var command in _added)
        {
            batch.BatchCommands.Add(command);
        }

        var lastArrival = _lastArrival + _added.Count;
        batch.BatchCommands.Add(new NpgsqlBatchCommand("""
            INSERT INTO followed ("Id", "Position", "LastArrival", "Source") VALUES (1, $1, $2, $3)
            ON CONFLICT ("Id") DO UPDATE SET "Position" = $1, "LastArrival" = $2, "Source" = $3
            """)
        {
            Parameters = { Number(followed), Number(lastArrival), new NpgsqlParameter<string> { TypedValue = _log, NpgsqlDbType = NpgsqlDbType.Text } },
        });
        await batch.ExecuteNonQueryAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        _lastArrival = lastArrival;
        for (var i = 0; i < _positions.Count; i++)
        {
            if (_added[i].RecordsAffected == 0)
            {
                _positions[i] = 0;
            }
        }

        return _positions;
    }

    public void Rollback()
    {
        _added.Clear();
        _positions.Clear();
    }

    public async ValueTask DisposeAsync()
    {
        _columns.Dispose();
        await _connection.DisposeAsync();
    }

    /// <summary>An index of PostgreSQL has 2,704 bytes for a row, of up to three of these. A label may be longer: its beginning stands for it then, with its hash.</summary>
    private static NpgsqlParameter<string> Key(ReadOnlySpan<byte> utf8)
    {
        if (utf8.Length <= MaxKeyBytes)
        {
            return Text(utf8);
        }

        var end = MaxKeyBytes - 100;
        while ((utf8[end] & 0xC0) == 0x80)
        {
            end--;
        }

        return Text([.. utf8[..end], .. "…"u8, .. Encoding.ASCII.GetBytes(Convert.ToHexStringLower(XxHash128.Hash(utf8)))]);
    }

    /// <summary>PostgreSQL has no text with a NUL in it, which a label may have.</summary>
    private static NpgsqlParameter<string> Text(ReadOnlySpan<byte> utf8) => new() { TypedValue = Encoding.UTF8.GetString(utf8).Replace('\0', '\uFFFD'), NpgsqlDbType = NpgsqlDbType.Text };

    private static NpgsqlParameter<long> Number(long value) => new() { TypedValue = value };

    private static NpgsqlParameter<bool> Flag(bool value) => new() { TypedValue = value };

    private static NpgsqlParameter Time(DateTimeOffset? time) => time is { } value ? Number(value.ToUnixTimeMilliseconds()) : Null(NpgsqlDbType.Bigint);

    private static NpgsqlParameter Null(NpgsqlDbType type) => new() { Value = DBNull.Value, NpgsqlDbType = type };
}
