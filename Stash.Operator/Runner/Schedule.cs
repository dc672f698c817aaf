using Cronos;
using Stash.Core;
using Stash.Core.Configuration;

namespace Stash.Operator.Runner;

/// <summary>When a Restic runs: five cron fields in the local time zone, <c>@hourly</c> and its like, or <c>@every 1h30m</c>.</summary>
internal sealed class Schedule
{
    private const int FewTicks = 10;
    private const int ManyTicks = 5000;
    private static readonly TimeSpan LookAhead = TimeSpan.FromDays(370);

    private readonly CronExpression? _cron;
    private readonly TimeSpan _every;
    private readonly TimeZoneInfo _zone;

    private Schedule(CronExpression? cron, TimeSpan every, TimeZoneInfo zone)
    {
        _cron = cron;
        _every = every;
        _zone = zone;
    }

    /// <exception cref="UserErrorException">One line with the text and what is accepted.</exception>
    public static Schedule Parse(string text, TimeZoneInfo zone)
    {
        if (text.StartsWith("@every ", StringComparison.Ordinal))
        {
            return GoDuration.Parse(text["@every ".Length..].Trim()) is { } every && every >= TimeSpan.FromSeconds(1)
                ? new Schedule(null, every, zone)
                : throw Wrong(text, "give a duration of a second or more after @every, as 15m or 1h30m");
        }

        // Cronos knows more macros than cron does: @every_second among them.
        if (text.StartsWith('@') && text is not ("@hourly" or "@daily" or "@midnight" or "@weekly" or "@monthly" or "@yearly" or "@annually"))
        {
            throw Wrong(text, "the names are @hourly, @daily, @midnight, @weekly, @monthly, @yearly and @annually, or @every with a duration");
        }

        if (!CronExpression.TryParse(text, out var cron))
        {
            throw Wrong(text, "give five cron fields (minute, hour, day of month, month, day of week), @hourly and its like, or @every 1h30m");
        }

        return new Schedule(cron, default, zone);
    }

    /// <summary>The next tick after a moment; null where none is left, as on the 31st of February.</summary>
    public DateTimeOffset? Next(DateTimeOffset after) =>
        _cron is null ? after + _every : _cron.GetNextOccurrence(after, _zone);

    /// <summary>
    /// The longest time between two ticks of some years: of a schedule for working hours, a weekend. Beyond so many ticks it is rounded up
    /// to a day. Null where there are not two.
    /// </summary>
    public TimeSpan? LongestInterval(DateTimeOffset after)
    {
        if (_cron is null)
        {
            return _every;
        }

        TimeSpan? longest = null;
        var last = _cron.GetNextOccurrence(after, _zone);
        for (var ticks = 1; last is { } tick && (ticks < FewTicks || tick - after < LookAhead); ticks++)
        {
            // Each tick while they are few; then one a day, and what may lie before it.
            var step = ticks <= ManyTicks ? TimeSpan.Zero : TimeSpan.FromDays(1);
            last = _cron.GetNextOccurrence(tick + step, _zone);
            if (last - tick is { } interval && interval > (longest ?? TimeSpan.Zero) + step)
            {
                longest = interval;
            }
        }

        return longest;
    }

    private static UserErrorException Wrong(string text, string accepted) => new($"spec.schedule \"{text}\" is not a schedule: {accepted}.");
}
