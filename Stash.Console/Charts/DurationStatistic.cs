namespace Stash.Console.Charts;

/// <summary>Which of a bucket's durations is drawn.</summary>
public enum DurationStatistic
{
    Median,
    P95,
    Longest,
}
