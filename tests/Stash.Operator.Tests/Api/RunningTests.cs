using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Stash.Core.Api;
using Stash.Core.Sessions;
using Stash.Operator.Tests.Support;

namespace Stash.Operator.Tests.Api;

/// <summary>Sessions in progress: from the runner's report on the gateway's listener to the API and the live stream.</summary>
public sealed class RunningTests(OperatorFixture fixture) : IClassFixture<OperatorFixture>
{
    private readonly OperatorProcess _operator = fixture.Operator;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task One_is_seen_from_its_first_report_to_its_push()
    {
        await using var events = await EventReader.OpenAsync(_operator);
        await events.NextAsync("ping");

        (await ReportAsync(Session("s1"))).ShouldBe(HttpStatusCode.NoContent);
        (await NextAsync(events, "s1")).Progress.ShouldBeNull();
        (await ReportAsync(Session("s1") with { Path = "/source/data", Op = "backup", Progress = 0.25, BytesDone = 1, BytesTotal = 4, FilesDone = 2, FilesTotal = 9, SecondsRemaining = 30 })).ShouldBe(HttpStatusCode.NoContent);
        var told = await NextAsync(events, "s1");
        (told.Progress, told.BytesTotal, told.SecondsRemaining).ShouldBe((0.25, 4, 30));
        (await RunningAsync()).ShouldContain("s1");

        await _operator.PushAsync(new SessionPush { Id = "s1" });
        await EndedAsync(events, "s1");
        (await RunningAsync()).ShouldNotContain("s1");

        // A report that was late.
        (await ReportAsync(Session("s1"))).ShouldBe(HttpStatusCode.Gone);
        (await RunningAsync()).ShouldNotContain("s1");
    }

    [Fact]
    public async Task One_that_gives_up_takes_itself_away()
    {
        await using var events = await EventReader.OpenAsync(_operator);
        await events.NextAsync("ping");
        await ReportAsync(Session("s2"));
        using (var answer = await _operator.Gateway.DeleteAsync(Path("s2"), Stop))
        {
            answer.StatusCode.ShouldBe(HttpStatusCode.NoContent);
        }

        await EndedAsync(events, "s2");
        (await ReportAsync(Session("s2"))).ShouldBe(HttpStatusCode.Gone);
    }

    [Fact]
    public async Task One_that_ended_before_a_restart_does_not_come_back_after_it()
    {
        await using var it = await OperatorProcess.StartAsync();
        await it.PushAsync(new SessionPush { Id = "s3" });
        await Eventually.TrueAsync("the session is in the journal", async () => (await it.SessionsAsync()).Items.Count == 1);
        await it.KillAsync();
        await it.StartAgainAsync();
        using var answer = await it.Gateway.PutAsJsonAsync(Path("s3"), Session("s3"), StashJson.Default.RunningSession, Stop);
        answer.StatusCode.ShouldBe(HttpStatusCode.Gone);
    }

    [Theory]
    [InlineData("b1", "{\"id\":\"b1\"}", "The body is not a session in progress as JSON: give id, namespace, app, kind, restic, job and startTime at least.")]
    [InlineData("b1", "not json", "The body is not a session in progress as JSON")]
    [InlineData("b1", "null", "The report's id is not the one in the path: give the same in both.")]
    [InlineData("b1", "{\"id\":\"b2\",\"namespace\":\"\",\"app\":\"\",\"kind\":\"\",\"restic\":\"\",\"job\":\"\",\"startTime\":\"2026-11-23T12:00:00Z\"}", "The report's id is not the one in the path: give the same in both.")]
    [InlineData("b1", "{\"id\":\"b1\",\"namespace\":\"\",\"app\":\"\",\"kind\":\"\",\"restic\":\"\",\"job\":\"\",\"startTime\":\"today\"}", "The body is not a session in progress as JSON at startTime:")]
    [InlineData("b1", "{\"id\":\"b1\",\"namespace\":\"\",\"app\":\"\",\"kind\":\"\",\"restic\":\"\",\"job\":\"\",\"startTime\":\"2026-11-23T12:00:00Z\",\"progress\":25}", "progress: 25 is not a share: give a number from 0 to 1.")]
    [InlineData("b/1", "{}", "The session's id in the path is not right: give 1 to 128 letters, digits, '.', '_', '~' or '-'.")]
    [InlineData("", "{}", "The session's id in the path is not right: give 1 to 128 letters, digits, '.', '_', '~' or '-'.")]
    public async Task A_bad_report_is_told_what_is_wrong(string id, string body, string message)
    {
        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        using var answer = await _operator.Gateway.PutAsync(Path(id), content, Stop);
        answer.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        (await answer.Content.ReadAsStringAsync(Stop)).ShouldStartWith(message);
        (await RunningAsync()).ShouldNotContain("b1");
    }

    [Fact]
    public async Task A_report_that_is_too_large_is_refused()
    {
        using var content = new StringContent(new string(' ', 100_000), Encoding.UTF8, "application/json");
        using var answer = await _operator.Gateway.PutAsync(Path("large"), content, Stop);
        answer.StatusCode.ShouldBe(HttpStatusCode.RequestEntityTooLarge);
        (await answer.Content.ReadAsStringAsync(Stop)).ShouldBe("The report is too large: send at most 65536 bytes.\n");
    }

    [Fact]
    public async Task Other_methods_are_told_which_there_are()
    {
        using var answer = await _operator.Gateway.GetAsync(Path("x"), Stop);
        answer.StatusCode.ShouldBe(HttpStatusCode.MethodNotAllowed);
        answer.Content.Headers.Allow.ShouldBe(["PUT", "DELETE"]);
    }

    private static string Path(string id) => $"{SessionMetrics.RunningPath}/{id}";

    private static RunningSession Session(string id) => new()
    {
        Id = id,
        Namespace = "shop",
        App = "web",
        Kind = "Deployment",
        Restic = "daily",
        Job = "shop-daily",
        StartTime = SessionsFixture.Noon,
    };

    private static async Task<RunningSession> NextAsync(EventReader events, string id)
    {
        while (true)
        {
            var session = JsonSerializer.Deserialize((await events.NextAsync("running")).Data, StashJson.Default.RunningSession)!;
            if (session.Id == id)
            {
                return session;
            }
        }
    }

    private static async Task EndedAsync(EventReader events, string id)
    {
        while (JsonSerializer.Deserialize((await events.NextAsync("ended")).Data, StashJson.Default.EndedEvent)!.Id != id)
        {
            // Another test's.
        }
    }

    private async Task<HttpStatusCode> ReportAsync(RunningSession session)
    {
        using var answer = await _operator.Gateway.PutAsJsonAsync(Path(session.Id), session, StashJson.Default.RunningSession, Stop);
        return answer.StatusCode;
    }

    private async Task<IEnumerable<string>> RunningAsync() => (await _operator.GetAsync("running", StashJson.Default.RunningList)).Items.Select(s => s.Id);
}
