using System.Buffers;
using System.Globalization;

namespace Stash.Core.Configuration;

/// <summary>Durations as Go writes them: <c>1h30m</c>, <c>90s</c>, <c>1.5h</c>; where asked for, days too: <c>30d</c>.</summary>
public static class GoDuration
{
    private static readonly SearchValues<char> Digits = SearchValues.Create("0123456789.");

    private static readonly (string Unit, double Seconds)[] Units =
        [("ns", 1e-9), ("us", 1e-6), ("µs", 1e-6), ("ms", 1e-3), ("s", 1), ("m", 60), ("h", 3600), ("d", 86_400)];

    /// <summary>Null where the text is no positive duration of at most ten years.</summary>
    /// <param name="text">The duration.</param>
    /// <param name="days">Takes the unit <c>d</c>, which Go does not have.</param>
    public static TimeSpan? Parse(string text, bool days = false)
    {
        var seconds = 0.0;
        var rest = text.AsSpan();
        while (!rest.IsEmpty)
        {
            var digits = rest.IndexOfAnyExcept(Digits);
            if (digits <= 0 || !double.TryParse(rest[..digits], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number))
            {
                return null;
            }

            rest = rest[digits..];
            var end = rest.IndexOfAny(Digits);
            var unit = (end < 0 ? rest : rest[..end]).ToString();
            var factor = Units.FirstOrDefault(u => u.Unit == unit).Seconds;
            if (factor == 0 || (unit == "d" && !days))
            {
                return null;
            }

            seconds += number * factor;
            rest = rest[unit.Length..];
        }

        return seconds is > 0 and <= 315_576_000 ? TimeSpan.FromSeconds(seconds) : null;
    }
}
