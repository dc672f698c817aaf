using Microsoft.Data.Sqlite;
using Stash.Core.Configuration;
using Stash.Core.Sessions.Journal;
using static Stash.Core.Tests.Sessions.Pushes;

namespace Stash.Core.Tests.Sessions;

public sealed class SqliteJournalTests : SessionJournalTests
{
    private readonly TempFolder _folder = new();

    private string File => _folder.In("journal.db");

    private protected override Task<SessionJournal> OpenAsync(string name, JournalOptions limits, TimeProvider time) => SessionJournal.OpenAsync(_folder.In($"{name}.db"), limits, time, Stop);

    protected override void Remove() => _folder.Dispose();

    [Theory]
    [InlineData("SELECT Namespace, App, Operation, EndTime, DurationSeconds, Failed, FileGroups FROM sessions WHERE EndTime >= 1 AND EndTime < 9", "IX_sessions_EndTime (EndTime>? AND EndTime<?)")]
    [InlineData("SELECT * FROM sessions ORDER BY EndTime DESC, Position DESC LIMIT 9", "IX_sessions_EndTime")]
    [InlineData("SELECT * FROM sessions WHERE Namespace IN ('shop') AND App IN ('web') ORDER BY EndTime DESC, Position DESC LIMIT 9", "IX_sessions_Namespace_App_EndTime (Namespace=? AND App=?)")]
    [InlineData("SELECT count(*) FROM sessions WHERE Namespace = 'shop' AND App = 'web' AND Operation = 'check' AND Failed AND EndTime > 1", "IX_sessions_Namespace_App_EndTime (Namespace=? AND App=? AND EndTime>?)")]
    [InlineData("SELECT * FROM sessions WHERE Id = 'a'", "IX_sessions_Id (Id=?)")]
    [InlineData("SELECT * FROM sessions WHERE Position > 7 ORDER BY Position LIMIT 9", "INTEGER PRIMARY KEY (rowid>?)")]
    [InlineData("SELECT * FROM apps WHERE Namespace = 'shop' AND App = 'web' AND Operation = 'check'", "PRIMARY KEY (Namespace=? AND App=? AND Operation=?)")]
    public async Task Readers_go_by_an_index_and_sort_nothing(string query, string expected)
    {
        await OpenAsync();
        var step = (await PlanAsync(query)).ShouldHaveSingleItem();
        step.ShouldEndWith(expected);
        step.ShouldContain("USING");
    }

    [Fact]
    public async Task A_commit_is_synced_to_the_disk()
    {
        await OpenAsync();
        await using var connection = new SqliteConnection($"Data Source={File}");
        await connection.OpenAsync(Stop);
        await using var command = connection.CreateCommand();
        command.CommandText = "PRAGMA journal_mode; PRAGMA synchronous;";
        await using var reader = await command.ExecuteReaderAsync(Stop);
        await reader.ReadAsync(Stop);
        reader.GetString(0).ShouldBe("wal");
        await reader.NextResultAsync(Stop);
        await reader.ReadAsync(Stop);
        reader.GetInt32(0).ShouldBe(2);
    }

    [Theory]
    [InlineData("this is no database, and long enough to be looked at as one, so that SQLite reads its header in full................")]
    [InlineData("SQLite format 3\0 and then nonsense nonsense nonsense nonsense nonsense nonsense nonsense nonsense nonsense nonsense")]
    public async Task A_damaged_file_is_one_line_with_the_remedy(string content)
    {
        await System.IO.File.WriteAllTextAsync(File, content, Stop);
        var error = await Should.ThrowAsync<UserErrorException>(() => OpenAsync());
        error.Message.ShouldBe($"The session journal {File} is damaged: move it away (or put a copy from a backup in its place) and start again.");
    }

    [Fact]
    public async Task A_file_damaged_in_its_middle_is_found_at_start()
    {
        var journal = await OpenAsync();
        await journal.AppendAsync([.. Enumerable.Range(0, 500).Select(i => Session($"s{i}", i))], 1, Stop);
        await journal.DisposeAsync();
        await using (var file = new FileStream(File, FileMode.Open))
        {
            file.Length.ShouldBeGreaterThan(80_000);
            file.Position = 40_000;
            await file.WriteAsync(new byte[20_000], Stop);
        }

        (await Should.ThrowAsync<UserErrorException>(() => OpenAsync())).Message.ShouldContain("is damaged");
    }

    private async Task<List<string>> PlanAsync(string query)
    {
        await using var connection = new SqliteConnection($"Data Source={File}");
        await connection.OpenAsync(Stop);
        await using var command = connection.CreateCommand();
        command.CommandText = $"EXPLAIN QUERY PLAN {query}";
        List<string> plan = [];
        await using var reader = await command.ExecuteReaderAsync(Stop);
        while (await reader.ReadAsync(Stop))
        {
            plan.Add(reader.GetString(3));
        }

        return plan;
    }
}
