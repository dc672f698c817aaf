using System.Globalization;
using Stash.Core;
using Stash.Operator.Runner;

namespace Stash.Operator.Tests.Runner;

public sealed class ScheduleTests
{
    private static readonly DateTimeOffset Start = new(2026, 11, 24, 2, 30, 0, TimeSpan.Zero);
    private static readonly TimeZoneInfo Berlin = TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin");

    [Theory]
    [InlineData("0 3 * * *", "2026-11-24T02:30:00+01:00", "2026-11-24T03:00:00+01:00")]
    [InlineData("0 3 * * *", "2026-11-24T03:00:00+01:00", "2026-11-25T03:00:00+01:00")]
    [InlineData("*/15 8-10 * * 1", "2026-11-24T08:00:00+01:00", "2026-11-30T08:00:00+01:00")]
    // The hour that the change to summer time leaves out is made up for, not skipped.
    [InlineData("30 2 * * *", "2026-03-28T12:00:00+01:00", "2026-03-29T03:00:00+02:00")]
    [InlineData("@hourly", "2026-11-24T02:30:00+01:00", "2026-11-24T03:00:00+01:00")]
    [InlineData("@daily", "2026-11-24T02:30:00+01:00", "2026-11-25T00:00:00+01:00")]
    [InlineData("@every 1h30m", "2026-11-24T02:30:00+01:00", "2026-11-24T04:00:00+01:00")]
    [InlineData("@every 1.5s", "2026-11-24T02:30:00+01:00", "2026-11-24T02:30:01.5+01:00")]
    public void The_next_tick(string schedule, string after, string next) =>
        Schedule.Parse(schedule, Berlin).Next(DateTimeOffset.Parse(after, CultureInfo.InvariantCulture)).ShouldBe(DateTimeOffset.Parse(next, CultureInfo.InvariantCulture));

    [Theory]
    [InlineData("@every 1h30m", "01:30:00")]
    [InlineData("*/5 * * * *", "00:05:00")]
    // A weekend, with an hour more at the change to winter time.
    [InlineData("0 3 * * 1-5", "3.01:00:00")]
    [InlineData("*/15 8-17 * * *", "14:15:00")]
    [InlineData("0 12 * * *", "1.01:00:00")]
    [InlineData("@monthly", "31.01:00:00")]
    [InlineData("0 0 29 2 *", "1461.00:00:00")]
    public void The_longest_interval(string schedule, string longest) =>
        Schedule.Parse(schedule, Berlin).LongestInterval(Start).ShouldBe(TimeSpan.Parse(longest, CultureInfo.InvariantCulture));

    [Fact]
    public void Where_there_are_too_many_ticks_to_look_at_each_the_longest_interval_is_rounded_up() =>
        Schedule.Parse("* * 1-20 * *", Berlin).LongestInterval(Start).ShouldNotBeNull().ShouldBeInRange(TimeSpan.FromDays(11), TimeSpan.FromDays(12.1));

    [Fact]
    public void A_schedule_that_runs_once_at_most_has_no_interval() =>
        Schedule.Parse("0 0 31 2 *", Berlin).LongestInterval(DateTimeOffset.UnixEpoch).ShouldBeNull();

    [Fact]
    public void A_day_that_never_comes_has_no_tick() =>
        Schedule.Parse("0 0 31 2 *", Berlin).Next(DateTimeOffset.UnixEpoch).ShouldBeNull();

    [Theory]
    [InlineData("every day")]
    [InlineData("* * * * * *")]
    [InlineData("60 * * * *")]
    [InlineData("@every")]
    [InlineData("@every 0s")]
    [InlineData("@every 100ms")]
    [InlineData("@every 1h30")]
    [InlineData("@every -1h")]
    [InlineData("@every 1d")]
    [InlineData("@every 99999999h")]
    [InlineData("@every_second")]
    [InlineData("@sometimes")]
    public void What_is_no_schedule_is_named(string schedule) =>
        Should.Throw<UserErrorException>(() => Schedule.Parse(schedule, Berlin)).Message.ShouldStartWith($"spec.schedule \"{schedule}\" is not a schedule: ");
}
