using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using Stash.Core.Configuration;
using Stash.Core.Sessions;
using Stash.Core.Sessions.Journal;
using static Stash.Core.Tests.Sessions.Pushes;

namespace Stash.Core.Tests.Sessions;

/// <summary>A journal that an earlier version wrote.</summary>
public sealed class JournalMigrationTests : IDisposable
{
    private readonly TempFolder _folder = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Sessions_move_into_one_row_each_with_all_they_had()
    {
        await MakeAsync("20261124022149_Initial", """
            INSERT INTO sessions VALUES (3, 'a', 'shop', 'web', 'Deployment', 'daily', 'shop-daily', 'backup', 1, 1000, 9000, 8, 'it broke', 500, NULL, 0);
            INSERT INTO sessions VALUES (4, 'b', 'shop', 'web', 'Deployment', 'daily', 'shop-daily', 'check', 0, 1000, 9500, 8.5, NULL, NULL, 99000, 1);
            INSERT INTO operations (SessionPosition, Ordinal, Path, Op, Seconds) VALUES (3, 1, '/da"ta', 'forget', 2), (3, 0, '/da"ta', 'backup', 6.25);
            INSERT INTO summaries (SessionPosition, Path, FilesNew, BytesAdded) VALUES (3, '/da"ta', 7, 4096);
            INSERT INTO apps VALUES ('shop', 'web', 'backup', 500, 9000, 1, 1, NULL, 0);
            INSERT INTO followed VALUES (1, 17);
            UPDATE sqlite_sequence SET seq = 9 WHERE name = 'sessions';
            """);

        await using var journal = await OpenAsync();
        var a = (await journal.Reader.FindAsync("a", Stop))!;
        (a.Message, a.EndTime, a.LastSuccessTime, a.Outcome).ShouldBe(("it broke", DateTimeOffset.FromUnixTimeMilliseconds(9000), DateTimeOffset.FromUnixTimeMilliseconds(500), SessionOutcome.Failed));
        a.FileGroups.ShouldBe([new("/da\"ta", "backup", 6.25), new("/da\"ta", "forget", 2)]);
        a.Summaries.ShouldBe([new FileGroupSummary { Path = "/da\"ta", FilesNew = 7, BytesAdded = 4096 }]);
        var b = (await journal.Reader.FindAsync("b", Stop))!;
        (b.Operation, b.FileGroups.Count, b.Summaries.Count, b.Sample).ShouldBe(("check", 0, 0, true));
        (await journal.FollowedAsync(Stop)).ShouldBe(17);
        (await journal.Reader.AppsAsync(Stop)).ShouldHaveSingleItem().FailuresSinceSuccess.ShouldBe(1);

        // No position is given twice, also where the sessions that had it are gone.
        (await journal.AppendAsync([Session("c", 1)], 18, Stop)).ShouldHaveSingleItem().Position.ShouldBe(10);
        (await journal.Reader.SinceAsync(0, 9, Stop)).Select(s => s.Position).ShouldBe([3, 4, 10]);
    }

    [Fact]
    public async Task Tables_that_no_version_s_steps_lead_to_are_one_line_with_the_remedy()
    {
        await MakeAsync("20261124022149_Initial", "ALTER TABLE sessions DROP COLUMN Kind");
        var error = await Should.ThrowAsync<UserErrorException>(OpenAsync);
        error.Message.ShouldBe($"The session journal {_folder.In("journal.db")} is of another version of stash: start that version, or move the file away and start again; sessions that the push log still holds are taken in anew.");

        // What it held is as it was.
        await MakeAsync("20261124022149_Initial", "ALTER TABLE sessions ADD COLUMN Kind TEXT NOT NULL DEFAULT ''");
    }

    [Fact]
    public async Task The_tables_are_those_that_the_model_has()
    {
        await using (await OpenAsync())
        {
        }

        await using JournalContext context = new(Options());
        context.Database.HasPendingModelChanges().ShouldBeFalse();
        (await context.Database.GetPendingMigrationsAsync(Stop)).ShouldBeEmpty();
    }

    private async Task MakeAsync(string migration, string sql)
    {
        await using JournalContext context = new(Options());
        await context.GetService<IMigrator>().MigrateAsync(migration, Stop);
        await context.Database.ExecuteSqlRawAsync(sql, Stop);
        SqliteConnection.ClearAllPools();
    }

    private DbContextOptions<JournalContext> Options() => new DbContextOptionsBuilder<JournalContext>().UseSqlite($"Data Source={_folder.In("journal.db")}").Options;

    private Task<SessionJournal> OpenAsync() =>
        SessionJournal.OpenAsync(_folder.In("journal.db"), new JournalOptions { MaxAge = TimeSpan.FromDays(400), MaxSessions = 1000 }, TimeProvider.System, Stop);
}
