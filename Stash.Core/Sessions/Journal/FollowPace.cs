namespace Stash.Core.Sessions.Journal;

/// <summary>
/// How much of its time the follower works while pushes come. They come first: in a flood it takes a small share of one core and lets
/// the journal fall behind; the further behind it is, the more it takes, so that no flood can leave it behind for ever. While the gateway
/// is quiet it never pauses.
/// </summary>
internal static class FollowPace
{
    /// <summary>Records a second from which on it is a flood.</summary>
    private const double Flood = 1000;

    private const double LeastShare = 0.1;
    private const double LargestShare = 0.5;
    private const double PatientRecords = 500_000;
    private const double HurriedRecords = 3_000_000;
    private static readonly TimeSpan PatientUntil = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan HurriedFrom = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(1);

    /// <summary>How long to pause after some work.</summary>
    /// <param name="worked">What the work took.</param>
    /// <param name="arrived">Records that the log got since the work before this one.</param>
    /// <param name="meanwhile">The time that they took to come.</param>
    /// <param name="behind">Records that are not taken in; the log keeps them on the disk.</param>
    /// <param name="lag">Age of the oldest of them.</param>
    public static TimeSpan PauseAfter(TimeSpan worked, long arrived, TimeSpan meanwhile, long behind, TimeSpan lag)
    {
        if (arrived < Flood * meanwhile.TotalSeconds || arrived < 2)
        {
            return TimeSpan.Zero;
        }

        var byTime = (lag - PatientUntil) / (HurriedFrom - PatientUntil);
        var bySpace = (behind - PatientRecords) / (HurriedRecords - PatientRecords);
        var hurry = Math.Clamp(Math.Max(byTime, bySpace), 0, 1);
        var share = LeastShare + (hurry * (LargestShare - LeastShare));
        var pause = worked * ((1 - share) / share);
        return pause < LongestPause ? pause : LongestPause;
    }
}
