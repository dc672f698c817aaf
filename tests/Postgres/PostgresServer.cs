using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Npgsql;
using Stash.Core.Configuration;

namespace Stash.Tests.Postgres;

/// <summary>
/// A real PostgreSQL on a free port of loopback, with a password. It does not run as root: there it is started as nobody. It ends with the tests, also where these are killed.
/// </summary>
public sealed class PostgresServer : IAsyncLifetime
{
    private const string Nobody = "65534";
    private const string Password = "not a secret: a test's";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("stash-test-postgres-");
    private readonly string _programs = Programs();
    private readonly int _port = FreePort();
    private Process? _reaper;
    private int _schemas;

    /// <summary>The password alone, mode 0600.</summary>
    public string PasswordFile => Path.Combine(_folder.FullName, "password");

    public async ValueTask InitializeAsync()
    {
        var stop = TestContext.Current.CancellationToken;
        await File.WriteAllTextAsync(PasswordFile, Password, stop);
        File.SetUnixFileMode(PasswordFile, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        if (Environment.IsPrivilegedProcess)
        {
            await RunAsync("chown", "-R", Nobody, _folder.FullName);
        }

        await RunAsNobodyAsync("initdb", "-D", Data, "-U", "stash", "--auth=scram-sha-256", $"--pwfile={PasswordFile}", "-E", "UTF8", "--locale=C.UTF-8", "-N");
        _reaper = Start("sh", "-c", $"while kill -0 {Environment.ProcessId}; do sleep 1; done 2>/dev/null; kill -INT $(head -n 1 '{Data}/postmaster.pid'); rm -rf '{_folder.FullName}'");
        await StartServerAsync();
    }

    public async ValueTask DisposeAsync()
    {
        NpgsqlConnection.ClearAllPools();
        await StopServerAsync();
        if (_reaper is not null)
        {
            _reaper.Kill(entireProcessTree: true);
            await _reaper.WaitForExitAsync();
            _reaper.Dispose();
        }

        _folder.Delete(recursive: true);
    }

    /// <summary>Starts it (again), where it does not run, and waits until it takes connections.</summary>
    public Task StartServerAsync() => IsRunning ? Task.CompletedTask : RunAsNobodyAsync(
        "pg_ctl", "-D", Data, "-w", "-l", Path.Combine(_folder.FullName, "log"), "-o", string.Create(CultureInfo.InvariantCulture, $"-p {_port} -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=off"), "start");

    /// <summary>Ends it, with whatever is open.</summary>
    public Task StopServerAsync() => IsRunning ? RunAsNobodyAsync("pg_ctl", "-D", Data, "-w", "-m", "immediate", "stop") : Task.CompletedTask;

    /// <summary>A new, empty schema: quicker to have than a database, and as good.</summary>
    public async Task<PostgresOptions> NewSchemaAsync()
    {
        NpgsqlConnectionStringBuilder connection = new(Connection("postgres")) { SearchPath = string.Create(CultureInfo.InvariantCulture, $"journal{Interlocked.Increment(ref _schemas)}") };
        await ExecuteAsync($"CREATE SCHEMA {connection.SearchPath}");
        return new PostgresOptions { Connection = connection.ToString(), PasswordFile = PasswordFile };
    }

    /// <summary>Asks it for one value.</summary>
    public async Task<object?> ExecuteAsync(string sql)
    {
        await using NpgsqlConnection connection = new($"{Connection("postgres")};Password={Password};Pooling=false");
        await connection.OpenAsync(TestContext.Current.CancellationToken);
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        return await command.ExecuteScalarAsync(TestContext.Current.CancellationToken);
    }

    private bool IsRunning => File.Exists(Path.Combine(Data, "postmaster.pid"));

    private string Data => Path.Combine(_folder.FullName, "data");

    private string Connection(string database) => string.Create(CultureInfo.InvariantCulture, $"Host=127.0.0.1;Port={_port};Database={database};Username=stash");

    private Task RunAsNobodyAsync(string program, params string[] arguments) => Environment.IsPrivilegedProcess
        ? RunAsync("setpriv", [$"--reuid={Nobody}", $"--regid={Nobody}", "--clear-groups", "--", Path.Combine(_programs, program), .. arguments])
        : RunAsync(Path.Combine(_programs, program), arguments);

    private static async Task RunAsync(string program, params string[] arguments)
    {
        using var process = Start(program, arguments);
        // Into nothing, not into a pipe: the server inherits it, and a pipe would never end.
        await process.WaitForExitAsync();
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"{program} {string.Join(' ', arguments)} has ended with {process.ExitCode}.");
        }
    }

    private static Process Start(string program, params string[] arguments) => Process.Start(new ProcessStartInfo("sh", ["-c", "exec \"$@\" </dev/null >/dev/null 2>&1", "sh", program, .. arguments]) { WorkingDirectory = "/" })!;

    private static string Programs() => Directory.Exists("/usr/lib/postgresql")
        ? Directory.EnumerateDirectories("/usr/lib/postgresql").Select(d => Path.Combine(d, "bin")).Last(d => File.Exists(Path.Combine(d, "initdb")))
        : throw new InvalidOperationException("There is no PostgreSQL: eng/test installs it.");

    private static int FreePort()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
