using System.Globalization;

namespace Stash.Console.Dashboard;

/// <summary>The last hours or days up to now, or a fixed range.</summary>
public sealed record TimeRange
{
    private TimeRange(string key, string label, TimeSpan length)
    {
        Key = key;
        Label = label;
        Length = length;
    }

    public static IReadOnlyList<TimeRange> Presets { get; } =
    [
        new("1h", "Last hour", TimeSpan.FromHours(1)),
        new("6h", "Last 6 hours", TimeSpan.FromHours(6)),
        new("24h", "Last 24 hours", TimeSpan.FromHours(24)),
        new("7d", "Last 7 days", TimeSpan.FromDays(7)),
        new("30d", "Last 30 days", TimeSpan.FromDays(30)),
        new("90d", "Last 90 days", TimeSpan.FromDays(90)),
        new("1y", "Last year", TimeSpan.FromDays(365)),
    ];

    public static TimeRange Default { get; } = Presets[2];

    /// <summary>As in the URL's <c>range</c>; empty for a fixed range.</summary>
    public string Key { get; }

    public string Label { get; }

    /// <summary>How far back from now; zero for a fixed range.</summary>
    public TimeSpan Length { get; }

    /// <summary>Start of a fixed range.</summary>
    public DateTimeOffset? From { get; private init; }

    /// <summary>End of a fixed range.</summary>
    public DateTimeOffset? To { get; private init; }

    public bool IsFixed => From is not null;

    public static TimeRange Fixed(DateTimeOffset from, DateTimeOffset to) =>
        new("", "", TimeSpan.Zero) { From = from.ToUniversalTime(), To = to.ToUniversalTime() };

    /// <summary>The range of a URL's parameters; what cannot be read counts as not given.</summary>
    public static TimeRange Parse(string? range, string? from, string? to)
    {
        if (TryParseTime(from, out var start) && TryParseTime(to, out var end) && start < end)
        {
            return Fixed(start, end);
        }

        return Presets.FirstOrDefault(p => p.Key == range) ?? Default;
    }

    public DateTimeOffset StartAt(DateTimeOffset now) => From ?? now - Length;

    public DateTimeOffset EndAt(DateTimeOffset now) => To ?? now;

    internal static string Format(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    private static bool TryParseTime(string? text, out DateTimeOffset time) =>
        DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out time);
}
