using System.Globalization;
using System.Net;
using System.Text.Json;
using Stash.Core.Api;
using Stash.Core.Sessions;
using Stash.Operator.Tests.Support;

namespace Stash.Operator.Tests.Api;

/// <summary>One operator with some sessions; the tests read them alone.</summary>
public sealed class SessionsFixture : IAsyncLifetime
{
    public static readonly DateTimeOffset Noon = new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);

    internal OperatorProcess Operator { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        // A journal that keeps everything: the sessions lie at a fixed time.
        Operator = await OperatorProcess.StartAsync();
        for (var i = 0; i < 12; i++)
        {
            await Operator.PushAsync(new SessionPush { Id = $"web-{i}", End = Noon.AddMinutes(i), Seconds = 10 + i, Failed = i % 4 == 3, Message = i % 4 == 3 ? "unable to open \"/data\": Zugriff verweigert, größe=0" : null });
        }

        await Operator.PushAsync(new SessionPush { Id = "db-0", App = "db", Kind = "StatefulSet", Restic = "hourly", End = Noon.AddMinutes(30) });
        await Operator.PushAsync(new SessionPush { Id = "mail-0", Namespace = "mail", App = "imap", End = Noon.AddMinutes(-30) });
        await Eventually.TrueAsync("all sessions are in the journal", async () => (await Operator.SessionsAsync()).Items.Count == 14);
    }

    public ValueTask DisposeAsync() => Operator.DisposeAsync();
}

public sealed class SessionsTests(SessionsFixture fixture) : IClassFixture<SessionsFixture>
{
    private readonly OperatorProcess _operator = fixture.Operator;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_session_has_the_names_that_scripts_know()
    {
        using var json = JsonDocument.Parse(await _operator.Api.GetStringAsync("sessions?app=db", Stop));
        json.RootElement.EnumerateObject().Select(p => p.Name).ShouldBe(["items", "metadata"]);
        json.RootElement.GetProperty("metadata").GetProperty("continue").GetString().ShouldBe("");
        var session = json.RootElement.GetProperty("items").EnumerateArray().ShouldHaveSingleItem();
        string Text(string name) => session.GetProperty(name).GetString()!;
        (Text("namespace"), Text("app"), Text("kind"), Text("restic"), Text("job"), Text("outcome"))
            .ShouldBe(("shop", "db", "StatefulSet", "hourly", "shop-hourly", "Succeeded"));
        (Text("startTime"), Text("endTime")).ShouldBe(("2026-11-23T12:29:50Z", "2026-11-23T12:30:00Z"));
        Text("operation").ShouldBe("backup");
        session.GetProperty("durationSeconds").GetDouble().ShouldBe(10);
        session.GetProperty("fileGroups").GetRawText().ShouldBe("""[{"path":"/source/data","op":"backup","seconds":7.5},{"path":"/source/data","op":"forget","seconds":2.5}]""");
        session.TryGetProperty("message", out _).ShouldBeFalse();
    }

    [Fact]
    public async Task A_failed_session_says_why()
    {
        var raw = await _operator.Api.GetStringAsync("sessions?outcome=Failed&limit=1", Stop);
        raw.ShouldContain("""unable to open \"/data\": Zugriff verweigert, größe=0""");
        (await _operator.SessionsAsync("?outcome=Failed&limit=1")).Items.ShouldHaveSingleItem().Id.ShouldBe("web-11");
    }

    [Fact]
    public async Task They_come_newest_first() =>
        (await IdsAsync("")).ShouldBe(["db-0", .. Enumerable.Range(0, 12).Reverse().Select(i => $"web-{i}"), "mail-0"]);

    [Fact]
    public async Task Pages_go_on_where_the_one_before_ended()
    {
        List<string> seen = [];
        List<int> sizes = [];
        var next = "";
        do
        {
            var page = await _operator.SessionsAsync($"?limit=5&continue={next}");
            seen.AddRange(page.Items.Select(s => s.Id));
            sizes.Add(page.Items.Count);
            next = Uri.EscapeDataString(page.Metadata.Continue);
        }
        while (next.Length > 0);
        sizes.ShouldBe([5, 5, 4]);
        seen.ShouldBe(await IdsAsync(""));
    }

    [Theory]
    [InlineData("?namespace=mail", "mail-0")]
    [InlineData("?namespace=mail&namespace=none", "mail-0")]
    [InlineData("?app=imap,db", "db-0 mail-0")]
    [InlineData("?namespace=shop&app=imap", "")]
    [InlineData("?operation=backup&app=db", "db-0")]
    [InlineData("?operation=check,forget", "")]
    [InlineData("?outcome=failed", "web-11 web-7 web-3")]
    [InlineData("?from=2026-11-23T12:11:00Z", "db-0 web-11")]
    [InlineData("?from=2026-11-23T13:11:00%2B01:00", "db-0 web-11")]
    [InlineData("?from=2026-11-23T13:11:00+01:00", "db-0 web-11")]
    [InlineData("?to=2026-11-23T12:01:00Z", "web-0 mail-0")]
    [InlineData("?from=2026-11-23T12:02:00Z&to=2026-11-23T12:04:00Z", "web-3 web-2")]
    [InlineData("?from=2026-11-24", "")]
    [InlineData("?namespace=&app=&outcome=&from=&to=2026-11-23T12:00:00Z&limit=&continue=", "mail-0")]
    public async Task Each_filter_filters(string query, string ids) => string.Join(' ', await IdsAsync(query)).ShouldBe(ids);

    [Theory]
    [InlineData("?outcome=lost", "outcome", "outcome \"lost\" is not right: give Succeeded or Failed.")]
    [InlineData("?outcome=0", "outcome", "outcome \"0\" is not right: give Succeeded or Failed.")]
    [InlineData("?from=yesterday", "from", "from \"yesterday\" is not right: give a time as 2026-11-23T08:00:00Z.")]
    [InlineData("?to=1732000000", "to", "to \"1732000000\" is not right: give a time as 2026-11-23T08:00:00Z.")]
    [InlineData("?from=2026-11-24&to=2026-11-23", "from", "from \"2026-11-24\" is not right: give a time before to.")]
    [InlineData("?limit=many", "limit", "limit \"many\" is not right: give a whole number from 0.")]
    [InlineData("?limit=-1", "limit", "limit \"-1\" is not right: give a whole number from 0.")]
    [InlineData("?continue=abc", "continue", "continue \"abc\" is not right: give metadata.continue of the page before.")]
    [InlineData("?nmespace=shop", "nmespace", "there is no parameter nmespace: give one of namespace, app, operation, outcome, from, to, limit, continue.")]
    public async Task A_bad_parameter_is_named(string query, string field, string message)
    {
        using var answer = await _operator.Api.GetAsync($"sessions{query}", Stop);
        var status = await answer.StatusAsync(HttpStatusCode.BadRequest);
        (status.Reason, status.Message).ShouldBe(("BadRequest", message));
        status.Details!.Causes!.ShouldHaveSingleItem().ShouldBe(new StatusCause("FieldValueInvalid", message, field));
    }

    [Fact]
    public async Task One_is_found_by_its_id()
    {
        var session = await _operator.GetAsync("sessions/db-0", StashJson.Default.Session);
        session.App.ShouldBe("db");

        using var answer = await _operator.Api.GetAsync("sessions/none", Stop);
        var status = await answer.StatusAsync(HttpStatusCode.NotFound);
        (status.Reason, status.Message).ShouldBe(("NotFound", "sessions \"none\" not found"));
        (status.Details!.Kind, status.Details.Name).ShouldBe(("sessions", "none"));
    }

    [Fact]
    public async Task Aggregates_count_per_bucket_operation_and_app()
    {
        var all = await _operator.GetAsync("aggregates?namespace=shop&bucketSeconds=600", StashJson.Default.SessionAggregates);
        (all.Count, all.Failures, all.BucketSeconds).ShouldBe((13, 3, 600));
        all.Buckets.Select(b => (b.Start, b.App, b.Count, b.Failures, b.P50Seconds, b.P95Seconds, b.MaxSeconds)).ShouldBe(
        [
            (SessionsFixture.Noon, "web", 10, 2, 14, 19, 19),
            (SessionsFixture.Noon.AddMinutes(10), "web", 2, 1, 20, 21, 21),
            (SessionsFixture.Noon.AddMinutes(30), "db", 1, 0, 10, 10, 10),
        ]);
        all.Operations.Where(o => o.App == "db").Select(o => (o.Op, o.P50Seconds)).ShouldBe([("backup", 7.5), ("forget", 2.5)]);
        var web = all.Apps.Single(a => a.App == "web");
        (web.Count, web.Failures, web.LastOutcome, web.LastSuccessTime, web.FailuresSinceSuccess)
            .ShouldBe((12, 3, SessionOutcome.Failed, SessionsFixture.Noon.AddMinutes(10), 1));
    }

    [Theory]
    [InlineData("?bucketSeconds=0", "bucketSeconds")]
    [InlineData("?limit=5", "limit")]
    public async Task A_bad_parameter_of_aggregates_is_named(string query, string field)
    {
        using var answer = await _operator.Api.GetAsync($"aggregates{query}", Stop);
        (await answer.StatusAsync(HttpStatusCode.BadRequest)).Details!.Causes!.ShouldHaveSingleItem().Field.ShouldBe(field);
    }

    [Fact]
    public async Task Too_many_buckets_are_refused()
    {
        using var answer = await _operator.Api.GetAsync("aggregates?from=2000-01-01&bucketSeconds=1", Stop);
        (await answer.StatusAsync(HttpStatusCode.BadRequest)).Message.ShouldStartWith("bucketSeconds \"1\" is not right: give");
    }

    [Fact]
    public async Task Apps_are_known_whatever_the_range()
    {
        var apps = (await _operator.GetAsync("apps", StashJson.Default.AppList)).Items;
        apps.Select(a => string.Create(CultureInfo.InvariantCulture, $"{a.Namespace}/{a.App}")).ShouldBe(["mail/imap", "shop/db", "shop/web"]);
    }

    [Fact]
    public async Task Groups_are_the_gateways()
    {
        var list = await _operator.GetAsync("groups", StashJson.Default.GroupList);
        (list.Scheme, list.Gateway).ShouldBe(("http", _operator.GatewayAddress.Authority));
        var groups = list.Items;
        groups.Count.ShouldBe(3);
        var db = groups.Single(g => g.Labels["app"] == "db");
        db.Labels.ShouldBe(new Dictionary<string, string>(StringComparer.Ordinal) { ["app"] = "db", ["job"] = "shop-hourly", ["kind"] = "StatefulSet", ["namespace"] = "shop", ["stash_config"] = "hourly" }, ignoreOrder: true);
        db.LastPushTime.ShouldNotBeNull();
        db.LastFailureTime.ShouldBeNull();
    }

    private async Task<IReadOnlyList<string>> IdsAsync(string query) => [.. (await _operator.SessionsAsync(query)).Items.Select(s => s.Id)];
}
