using System.Data.Common;
using Npgsql;
using Stash.Core.Configuration;
using Stash.Core.Sessions;
using Stash.Core.Sessions.Journal;
using Stash.Core.Sessions.Journal.Postgres;
using Stash.Tests.Postgres;
using static Stash.Core.Tests.Sessions.Pushes;

namespace Stash.Core.Tests.Sessions;

/// <summary>The journal in a real PostgreSQL.</summary>
public sealed class PostgresJournalTests(PostgresServer server) : SessionJournalTests, IClassFixture<PostgresServer>
{
    private const string Log = "one";

    private readonly Dictionary<string, PostgresOptions> _schemas = new(StringComparer.Ordinal);

    // Tables are made for each.
    protected override int Cases => 15;

    [Fact]
    public async Task One_operator_writes_at_a_time_and_the_next_one_goes_on_when_it_has_gone()
    {
        var first = await OpenAsync();
        await first.AppendAsync([Session("a", 1)], 1, Stop);

        await using var second = await OpenAsync("journal", Limits, TimeProvider.System);
        var error = await Should.ThrowAsync<JournalHeldException>(() => second.AppendAsync([Session("b", 2)], 2, Stop));
        error.Message.ShouldBe("Another operator writes the session journal in PostgreSQL: give each a database, or a schema (Search Path), of its own.");
        (await ListAsync(second, new SessionQuery())).ShouldBe(["a"]);

        await first.DisposeAsync();
        (await second.AppendAsync([Session("b", 2)], 2, Stop)).Count.ShouldBe(1);
        (await ListAsync(second, new SessionQuery())).ShouldBe(["b", "a"]);
    }

    [Fact]
    public async Task A_push_log_that_was_made_anew_is_followed_from_its_beginning()
    {
        var journal = await OpenAsync();
        await journal.AppendAsync([Session("a", 1)], 40, Stop);
        (await journal.FollowedAsync(Stop)).ShouldBe(40);
        await journal.DisposeAsync();

        await using var other = await SessionJournal.OpenAsync(new PostgresDatabase(await SchemaAsync("journal"), "two"), Limits, TimeProvider.System, Stop);
        (await other.FollowedAsync(Stop)).ShouldBe(0);
        (await other.AppendAsync([Session("a", 1), Session("b", 2)], 3, Stop)).Select(s => s.Session.Id).ShouldBe(["b"]);
        (await other.FollowedAsync(Stop)).ShouldBe(3);
    }

    [Fact]
    public async Task A_server_that_goes_away_loses_nothing_and_is_used_again_when_it_is_back()
    {
        var journal = await OpenAsync();
        await journal.AppendAsync([Session("a", 1)], 1, Stop);
        await server.StopServerAsync();
        try
        {
            await Should.ThrowAsync<DbException>(() => journal.AppendAsync([Session("b", 2)], 2, Stop));
            await Should.ThrowAsync<DbException>(() => journal.ProbeAsync(Stop));

            // One that is away at start is waited for.
            await using var late = await SessionJournal.OpenAsync(new PostgresDatabase(await SchemaAsync("journal"), Log), Limits, TimeProvider.System, Stop);
            late.IsReady.ShouldBeFalse();
            await server.StartServerAsync();
            (await late.FollowedAsync(Stop)).ShouldBe(1);
            late.IsReady.ShouldBeTrue();
        }
        finally
        {
            await server.StartServerAsync();
        }

        // A connection of the pool may still be one from before.
        await journal.AppendAsync([Session("b", 2)], 2, Stop);
        await journal.ProbeAsync(Stop);
        (await ListAsync(journal, new SessionQuery())).ShouldBe(["b", "a"]);
    }

    [Fact]
    public async Task Texts_that_postgres_cannot_hold_or_index_do_not_stop_the_journal()
    {
        var journal = await OpenAsync();
        var (nul, endless) = (Session("nul\0", 1, app: "a\0b"), Session("long", 2, app: new string('é', 5000), @namespace: new string('x', 5000)));
        (await journal.AppendAsync([nul, endless, endless with { Id = "long2", App = new string('é', 5001) }], 1, Stop)).Count.ShouldBe(3);

        var apps = await journal.Reader.AppsAsync(Stop);
        apps.Count.ShouldBe(3);
        apps.Select(a => a.App).Distinct().Count().ShouldBe(3);
        apps.ShouldContain(a => a.App == "a\uFFFDb");
        apps.ShouldAllBe(a => a.App.Length <= 800);
    }

    [Theory]
    [InlineData("Database", "nowhere", "there is no such database: make it with CREATE DATABASE")]
    [InlineData("Username", "nobody", "the server does not take its user and password")]
    [InlineData("Search Path", "nowhere", "its user may not make tables there")]
    public async Task What_does_not_pass_by_itself_is_one_line_with_the_remedy(string key, string value, string message)
    {
        var schema = await SchemaAsync("journal");
        NpgsqlConnectionStringBuilder connection = new(schema.Connection) { [key] = value };
        (await Should.ThrowAsync<UserErrorException>(() => OpenAsync(schema with { Connection = connection.ToString() }))).Message.ShouldContain(message);
    }

    [Fact]
    public async Task A_wrong_password_is_one_line_without_it()
    {
        var wrong = $"{server.PasswordFile}.wrong";
        await File.WriteAllTextAsync(wrong, "guessed-wrong\n", Stop);
        var error = await Should.ThrowAsync<UserErrorException>(async () => await OpenAsync((await SchemaAsync("journal")) with { PasswordFile = wrong }));
        error.Message.ShouldContain("does not take its user and password");
        error.Message.ShouldNotContain("guessed-wrong");

        (await Should.ThrowAsync<UserErrorException>(async () => await OpenAsync((await SchemaAsync("journal")) with { PasswordFile = "/nowhere/password" })))
            .Message.ShouldBe("The password file /nowhere/password (Stash:Journal:PostgresPasswordFile) cannot be read: name one that this user may read.");
    }

    [Fact]
    public async Task Tables_of_a_newer_version_are_left_alone()
    {
        await (await OpenAsync()).DisposeAsync();
        NpgsqlConnectionStringBuilder connection = new((await SchemaAsync("journal")).Connection);
        await server.ExecuteAsync($"""INSERT INTO {connection.SearchPath}."__EFMigrationsHistory" VALUES ('99990101000000_Later', '11.0.0')""");
        (await Should.ThrowAsync<UserErrorException>(() => OpenAsync())).Message.ShouldContain("is of another version of stash");
    }

    private protected override async Task<SessionJournal> OpenAsync(string name, JournalOptions limits, TimeProvider time) =>
        await SessionJournal.OpenAsync(new PostgresDatabase(await SchemaAsync(name), Log), limits, time, Stop);

    protected override void Remove()
    {
        // With the server.
    }

    private static Task<SessionJournal> OpenAsync(PostgresOptions postgres) => SessionJournal.OpenAsync(new PostgresDatabase(postgres, Log), Limits, TimeProvider.System, Stop);

    private async Task<PostgresOptions> SchemaAsync(string name)
    {
        if (!_schemas.TryGetValue(name, out var schema))
        {
            _schemas[name] = schema = await server.NewSchemaAsync();
        }

        return schema;
    }
}
