using Stash.Core.Exposition;
using Stash.Core.Sessions;
using static Stash.Core.Tests.Sessions.Pushes;

namespace Stash.Core.Tests.Sessions;

public sealed class SessionProjectionTests
{
    [Fact]
    public void The_push_of_an_old_sidecar_is_a_session()
    {
        var session = SessionProjection.FromPush(Of(1,
            [.. Succeeded(12.5),
            Sample(SessionMetrics.Duration, 9.5, new Label("filegroup", "|source|data"), new Label("op", "backup")),
            Sample(SessionMetrics.Duration, 3, new Label("filegroup", "|source|data"), new Label("op", "forget"))]))!;

        session.Outcome.ShouldBe(SessionOutcome.Succeeded);
        (session.Namespace, session.App, session.Kind, session.Restic, session.Job).ShouldBe(("shop", "web", "Deployment", "daily", "shop-daily"));
        session.EndTime.ShouldBe(Noon);
        session.StartTime.ShouldBe(Noon.AddSeconds(-12.5));
        session.FileGroups.ShouldBe([new("/source/data", "backup", 9.5), new("/source/data", "forget", 3)]);
        session.LastSuccessTime.ShouldBeNull();
    }

    [Fact]
    public void Times_and_summary_are_taken_from_the_push()
    {
        var start = (Noon.AddMinutes(-5) - DateTimeOffset.UnixEpoch).TotalSeconds;
        var session = SessionProjection.FromPush(Of(1,
            [.. Succeeded(),
            Sample(SessionMetrics.StartTime, start), Sample(SessionMetrics.EndTime, start + 12.25),
            Sample(SessionMetrics.LastSuccessTime, start + 12.25), Sample(SessionMetrics.NextRunTime, start + 86400),
            Sample(SessionMetrics.FilesNew, 3, new Label("filegroup", "|data")), Sample(SessionMetrics.AddedBytes, 4096, new Label("filegroup", "|data"))]))!;

        session.StartTime.ShouldBe(Noon.AddMinutes(-5));
        session.EndTime.ShouldBe(Noon.AddMinutes(-5).AddSeconds(12.25));
        session.LastSuccessTime.ShouldBe(session.EndTime);
        session.NextRunTime.ShouldBe(session.StartTime.AddDays(1));
        session.Summaries.ShouldBe([new FileGroupSummary { Path = "/data", FilesNew = 3, BytesAdded = 4096 }]);
    }

    [Fact]
    public void Where_the_clock_was_set_back_the_duration_tells_the_start()
    {
        var start = (Noon - DateTimeOffset.UnixEpoch).TotalSeconds;
        var session = SessionProjection.FromPush(Of(1, [.. Succeeded(5), Sample(SessionMetrics.StartTime, start), Sample(SessionMetrics.EndTime, start - 3600)]))!;

        session.EndTime.ShouldBe(Noon.AddHours(-1));
        session.StartTime.ShouldBe(Noon.AddHours(-1).AddSeconds(-5));
    }

    [Theory]
    [InlineData(253_402_300_798)]
    [InlineData(1e15)]
    [InlineData(1e300)]
    [InlineData(double.PositiveInfinity)]
    [InlineData(double.NaN)]
    [InlineData(-1)]
    public void What_no_clock_can_have_measured_is_left_out(double value)
    {
        var session = SessionProjection.FromPush(Of(1,
            [Sample(SessionMetrics.Success, 1), Sample(SessionMetrics.DurationTotal, value),
            Sample(SessionMetrics.StartTime, value), Sample(SessionMetrics.EndTime, value), Sample(SessionMetrics.NextRunTime, value), Sample(SessionMetrics.LastSuccessTime, value),
            Sample(SessionMetrics.Duration, value, new Label("filegroup", "|data"), new Label("op", "backup"))]))!;

        (session.StartTime, session.EndTime, session.DurationSeconds).ShouldBe((Noon, Noon, 0));
        (session.NextRunTime, session.LastSuccessTime).ShouldBe((null, null));
        session.FileGroups.ShouldBeEmpty();
    }

    [Fact]
    public void A_push_without_an_outcome_is_no_session() =>
        SessionProjection.FromPush(Of(1, Sample(SessionMetrics.DurationTotal, 3))).ShouldBeNull();

    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, 1)]
    [InlineData(0, 0)]
    [InlineData(double.NaN, 0)]
    public void Only_an_undisputed_success_is_one(double success, double fail) =>
        SessionProjection.FromPush(Of(1, Sample(SessionMetrics.Success, success), Sample(SessionMetrics.Fail, fail)))!.Outcome.ShouldBe(SessionOutcome.Failed);

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    [InlineData(-1)]
    [InlineData(1e300)]
    public void Senseless_numbers_do_no_harm(double value)
    {
        var session = SessionProjection.FromPush(Of(1,
            Sample(SessionMetrics.Fail, 1), Sample(SessionMetrics.DurationTotal, value), Sample(SessionMetrics.StartTime, value), Sample(SessionMetrics.EndTime, value),
            Sample(SessionMetrics.NextRunTime, value), Sample(SessionMetrics.Duration, value), Sample(SessionMetrics.FilesNew, value)))!;

        session.EndTime.ShouldBe(Noon);
        session.StartTime.ShouldBeLessThanOrEqualTo(Noon);
        session.NextRunTime.ShouldBeNull();
    }

    [Fact]
    public void The_same_push_again_is_the_same_session_and_a_later_one_is_another()
    {
        var first = SessionProjection.FromPush(Of(1, Succeeded()))!.Id;
        SessionProjection.FromPush(Of(2, Succeeded()))!.Id.ShouldBe(first);
        SessionProjection.FromPush(Of(3, Succeeded()) with { Time = Noon.AddSeconds(1) })!.Id.ShouldNotBe(first);
        SessionProjection.FromPush(Of(4, Succeeded()) with { SessionId = "abc" })!.Id.ShouldBe("abc");
    }

    [Theory]
    [InlineData(null, "backup")]
    [InlineData("", "backup")]
    [InlineData("check", "check")]
    public void The_label_session_tells_what_is_no_backup(string? label, string expected) =>
        SessionProjection.FromPush(Of(1, Succeeded()) with { Grouping = label is null ? Group : [.. Group, new Label(SessionMetrics.SessionLabel, label)] })!.Operation.ShouldBe(expected);

    [Fact]
    public void The_sample_label_marks_a_sample() =>
        SessionProjection.FromPush(Of(1, Succeeded()) with { Grouping = [.. Group, new Label(SessionMetrics.SampleLabel, "true")] })!.Sample.ShouldBeTrue();
}
