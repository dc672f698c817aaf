using System.Net;
using System.Net.Http.Json;
using Stash.Core.Api;
using Stash.Core.Configuration;
using Stash.Operator.Tests.Support;
using Stash.Tests.Postgres;

namespace Stash.Operator.Tests.Hosting;

/// <summary>The operator with its journal in a real PostgreSQL.</summary>
public sealed class PostgresTests(PostgresServer server) : IClassFixture<PostgresServer>
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Sessions_go_there_and_wait_in_the_push_log_while_it_is_away()
    {
        var schema = await server.NewSchemaAsync();
        await server.StopServerAsync();
        await using var it = await OperatorProcess.StartWithAsync(Options(schema));
        await it.PushAsync(new SessionPush { Id = "first" });
        using (var away = await it.Api.GetAsync("sessions", Stop))
        {
            away.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
            (await away.Content.ReadFromJsonAsync(StashJson.Default.KubernetesStatus, Stop))!.Message.ShouldStartWith("the session journal in PostgreSQL cannot be read at the moment: see that the server runs");
        }

        await it.ReadyTellsAsync("[-]journal failed: the session journal in PostgreSQL cannot be read and written", HttpStatusCode.ServiceUnavailable);
        await server.StartServerAsync();
        await Eventually.TrueAsync("the session is there", async () => await IdsAsync(it) is ["first"]);

        // Another operator is kept out, and takes over.
        await using var other = await OperatorProcess.StartWithAsync(Options(schema));
        await other.PushAsync(new SessionPush { Id = "second", App = "db" });
        await other.LoggedAsync("Pushes are safe in the gateway's log meanwhile: another operator writes it: give each a database");
        (await IdsAsync(other)).ShouldBe(["first"]);
        await it.StopAsync();
        await Eventually.TrueAsync("the other's session is there", async () => await IdsAsync(other) is ["second", "first"] or ["first", "second"]);
        File.Exists(Path.Combine(other.DataDirectory, "journal.db")).ShouldBeFalse();
        other.Process.Output.ShouldNotContain("a test's");
    }

    private static Dictionary<string, string> Options(PostgresOptions schema) => new(StringComparer.Ordinal)
    {
        ["Stash:Journal:Postgres"] = schema.Connection,
        ["Stash:Journal:PostgresPasswordFile"] = schema.PasswordFile!,
    };

    private static async Task<string[]> IdsAsync(OperatorProcess it)
    {
        using var answer = await it.Api.GetAsync("sessions", Stop);
        return answer.IsSuccessStatusCode ? [.. (await answer.Content.ReadFromJsonAsync(StashJson.Default.SessionList, Stop))!.Items.Select(s => s.Id)] : [];
    }
}
