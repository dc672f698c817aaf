using System.Text.Json;
using Microsoft.Extensions.Time.Testing;
using Stash.Core.Api;
using Stash.Core.Sessions;

namespace Stash.Core.Tests.Sessions;

public sealed class RunningSessionsTests : IDisposable
{
    private readonly FakeTimeProvider _time = new(Pushes.Noon);
    private readonly RunningSessions _running;
    private readonly List<RunningChange> _changes = [];

    public RunningSessionsTests()
    {
        _running = new RunningSessions(_time);
        _running.Subscribe(_changes.Add);
    }

    public void Dispose() => _running.Dispose();

    [Fact]
    public void Newest_start_comes_first_and_a_second_report_replaces_the_first()
    {
        _running.Report(Session("a", 1));
        _running.Report(Session("b", 2));
        _running.Report(Session("a", 1) with { Progress = 0.5 }).ShouldBe(ReportVerdict.Taken);

        _running.All.Select(s => (s.Id, s.Progress)).ShouldBe([("b", null), ("a", 0.5)]);
        _changes.Select(c => (c.Id, c.Session?.Progress)).ShouldBe([("a", null), ("b", null), ("a", 0.5)]);
    }

    [Theory]
    [InlineData("", "backup")]
    [InlineData(""","operation":"" """, "backup")]
    [InlineData(""","operation":null""", "backup")]
    [InlineData(""","operation":"check" """, "check")]
    public void A_report_that_names_no_operation_is_of_a_backup(string more, string expected) =>
        JsonSerializer.Deserialize($$"""{"id":"a","namespace":"","app":"","kind":"","restic":"","job":"","startTime":"2026-11-23T12:00:00Z"{{more}}}""", StashJson.Default.RunningSession)!.Operation.ShouldBe(expected);

    [Fact]
    public void One_that_ended_does_not_come_back()
    {
        _running.Report(Session("a"));
        _running.Remove("a");
        _running.Report(Session("a")).ShouldBe(ReportVerdict.Ended);

        // Its end overtook its first report.
        _running.Remove("b");
        _running.Report(Session("b")).ShouldBe(ReportVerdict.Ended);

        _running.All.ShouldBeEmpty();
        _changes.Select(c => (c.Id, c.Session is null)).ShouldBe([("a", false), ("a", true)]);
    }

    [Fact]
    public void One_that_falls_silent_goes_and_may_come_back()
    {
        _running.Report(Session("a"));
        _time.Advance(RunningSession.Expiry - TimeSpan.FromSeconds(1));
        _running.Report(Session("b"));
        _running.All.Count.ShouldBe(2);

        _time.Advance(TimeSpan.FromSeconds(1));
        _running.All.Select(s => s.Id).ShouldBe(["b"]);
        _changes[^1].ShouldBe(new RunningChange("a", null));

        _running.Report(Session("a")).ShouldBe(ReportVerdict.Taken);
        _running.All.Count.ShouldBe(2);
    }

    [Fact]
    public void Their_number_is_bounded()
    {
        for (var i = 0; i < RunningSessions.MaxSessions; i++)
        {
            _running.Report(Session($"s{i}"));
        }

        _running.Report(Session("one-more")).ShouldBe(ReportVerdict.Full);
        _running.Report(Session("s5") with { Progress = 1 }).ShouldBe(ReportVerdict.Taken);
        _running.Remove("s5");
        _running.Report(Session("one-more")).ShouldBe(ReportVerdict.Taken);
        _running.All.Count.ShouldBe(RunningSessions.MaxSessions);
    }

    [Fact]
    public void Who_unsubscribes_is_told_no_more()
    {
        List<RunningChange> changes = [];
        _running.Subscribe(changes.Add).Dispose();
        _running.Report(Session("a"));
        changes.ShouldBeEmpty();
    }

    [Fact]
    public void A_report_of_a_real_runner_is_valid() =>
        RunningSessionValidation.Validate(Session("0190b5f2-7d1c") with { Path = "/data", Op = "backup", Progress = 1, BytesDone = 5, BytesTotal = 3, SecondsRemaining = 0 }).ShouldBeEmpty();

    [Fact]
    public void Every_wrong_field_is_named()
    {
        var session = Session("a/b") with
        {
            App = new string('x', 513),
            Path = new string('x', 4097),
            Progress = double.NaN,
            BytesDone = -1,
            FilesTotal = -1,
            SecondsRemaining = double.PositiveInfinity,
        };
        RunningSessionValidation.Validate(session).Select(e => e.Field).ShouldBe(["id", "app", "path", "progress", "bytesDone", "filesTotal", "secondsRemaining"]);
    }

    private static RunningSession Session(string id, int startSecond = 0) => new()
    {
        Id = id,
        Namespace = "shop",
        App = "web",
        Kind = "Deployment",
        Restic = "daily",
        Job = "shop-daily",
        StartTime = Pushes.Noon.AddSeconds(startSecond),
    };
}
