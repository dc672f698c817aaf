using System.Data.Common;
using System.Net;
using Npgsql;

namespace Stash.Core.Configuration;

/// <summary><c>Stash:Journal:Postgres*</c>: a PostgreSQL database in place of SQLite.</summary>
public sealed record PostgresOptions
{
    /// <summary>As Npgsql takes it, <c>Host=db;Database=stash;Username=stash</c>; no password is in it.</summary>
    public required string Connection { get; init; }

    /// <summary>A file with the password alone; null where none is needed.</summary>
    public required string? PasswordFile { get; init; }

    internal static PostgresOptions? From(OptionReader journal)
    {
        var text = journal.Text("Postgres", "");
        var passwordFile = journal.File("PostgresPasswordFile");
        if (text.Length == 0)
        {
            return null;
        }

        // What is wrong is told without the value: a password may be in it all the same.
        NpgsqlConnectionStringBuilder connection = new();
        try
        {
            connection.ConnectionString = text;
        }
        catch (Exception e) when (e is ArgumentException or FormatException or InvalidCastException or KeyNotFoundException)
        {
            journal.Refuse("Postgres", "it is no list of KEY=VALUE that Npgsql knows, separated by semicolons: give one as Host=db.example.com;Database=stash;Username=stash.");
            return null;
        }

        if (!string.IsNullOrEmpty(connection.Password))
        {
            journal.Refuse("Postgres", "it holds a password: put that into a file (mode 0600) and name the file in Stash:Journal:PostgresPasswordFile.");
            return null;
        }

        if (string.IsNullOrEmpty(connection.Host) || string.IsNullOrEmpty(connection.Database) || string.IsNullOrEmpty(connection.Username))
        {
            journal.Refuse("Postgres", "Host, Database or Username is missing: give all three, as Host=db.example.com;Database=stash;Username=stash.");
            return null;
        }

        // Npgsql's own builder has every key, given or not.
        DbConnectionStringBuilder given = new() { ConnectionString = text };
        if (!given.ContainsKey("SSL Mode") && !given.ContainsKey("SslMode") && !IsHere(connection.Host))
        {
            // Who can read the way to the server can read the password.
            connection.SslMode = SslMode.VerifyFull;
        }

        return new PostgresOptions { Connection = connection.ToString(), PasswordFile = passwordFile };
    }

    /// <summary>A socket's folder, or this machine.</summary>
    private static bool IsHere(string host) => host.StartsWith('/') || host == "localhost" || (IPAddress.TryParse(host, out var address) && IPAddress.IsLoopback(address));
}
