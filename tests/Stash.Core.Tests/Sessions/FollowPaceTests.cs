using Stash.Core.Sessions.Journal;

namespace Stash.Core.Tests.Sessions;

public sealed class FollowPaceTests
{
    private static readonly TimeSpan Work = TimeSpan.FromMilliseconds(20);

    [Theory]
    [InlineData(1, 1)]
    [InlineData(1, 0.0001)]
    [InlineData(500, 1)]
    [InlineData(0, 0)]
    public void While_pushes_are_few_it_never_pauses(long arrived, double seconds) =>
        FollowPace.PauseAfter(Work, arrived, TimeSpan.FromSeconds(seconds), 10_000_000, TimeSpan.FromHours(1)).ShouldBe(TimeSpan.Zero);

    [Theory]
    [InlineData(0, 0, 180)]
    [InlineData(30, 500_000, 180)]
    [InlineData(165, 0, 46.67)]
    [InlineData(0, 1_750_000, 46.67)]
    [InlineData(300, 0, 20)]
    [InlineData(1, 100_000_000, 20)]
    [InlineData(100_000, 0, 20)]
    public void In_a_flood_it_takes_a_tenth_of_its_time_and_half_of_it_once_it_is_far_behind(double lagSeconds, long behind, double milliseconds) =>
        FollowPace.PauseAfter(Work, 20_000, TimeSpan.FromSeconds(1), behind, TimeSpan.FromSeconds(lagSeconds)).TotalMilliseconds.ShouldBe(milliseconds, 0.01);

    [Fact]
    public void However_long_a_piece_of_work_took_it_goes_on_within_a_second() =>
        FollowPace.PauseAfter(TimeSpan.FromSeconds(30), 1_000_000, TimeSpan.FromSeconds(30), 0, TimeSpan.Zero).ShouldBe(TimeSpan.FromSeconds(1));
}
