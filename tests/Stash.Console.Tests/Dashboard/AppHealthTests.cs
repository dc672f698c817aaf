using Stash.Console.Dashboard;
using Stash.Core.Sessions;

namespace Stash.Console.Tests.Dashboard;

public sealed class AppHealthTests
{
    private static readonly DateTimeOffset Last = new(2026, 5, 1, 2, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(23, SessionOutcome.Succeeded, AppHealth.Healthy)]
    [InlineData(24.9, SessionOutcome.Succeeded, AppHealth.Healthy)]
    [InlineData(25.1, SessionOutcome.Succeeded, AppHealth.Overdue)]
    [InlineData(72.9, SessionOutcome.Succeeded, AppHealth.Overdue)]
    [InlineData(73.1, SessionOutcome.Succeeded, AppHealth.Missing)]
    [InlineData(23, SessionOutcome.Failed, AppHealth.Failing)]
    [InlineData(30, SessionOutcome.Failed, AppHealth.Failing)]
    [InlineData(73.1, SessionOutcome.Failed, AppHealth.Missing)]
    public void A_daily_backup_by_the_hours_since_its_last_session(double hours, SessionOutcome outcome, AppHealth expected) =>
        AppHealthRules.Judge(App(outcome, Last.AddDays(1)), running: false, Last.AddHours(hours)).ShouldBe(expected);

    [Fact]
    public void Every_15_seconds_has_half_a_minute_of_grace()
    {
        var app = App(SessionOutcome.Succeeded, Last.AddSeconds(15));

        AppHealthRules.Judge(app, running: false, Last.AddSeconds(44)).ShouldBe(AppHealth.Healthy);
        AppHealthRules.Judge(app, running: false, Last.AddSeconds(46)).ShouldBe(AppHealth.Overdue);
        AppHealthRules.Judge(app, running: false, Last.AddSeconds(80)).ShouldBe(AppHealth.Missing);
    }

    [Fact]
    public void While_its_session_runs_nothing_is_overdue() =>
        AppHealthRules.Judge(App(SessionOutcome.Succeeded, Last.AddDays(1)), running: true, Last.AddDays(9)).ShouldBe(AppHealth.Healthy);

    [Fact]
    public void Without_a_schedule_nothing_is_overdue() =>
        AppHealthRules.Judge(App(SessionOutcome.Succeeded, null), running: false, Last.AddDays(90)).ShouldBe(AppHealth.Healthy);

    private static AppSummary App(SessionOutcome outcome, DateTimeOffset? next) => new()
    {
        Namespace = "shop",
        App = "web",
        Count = 1,
        Failures = 0,
        LastSessionTime = Last,
        LastOutcome = outcome,
        FailuresSinceSuccess = 0,
        NextRunTime = next,
    };
}
