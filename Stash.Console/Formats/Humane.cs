using System.Globalization;

namespace Stash.Console.Formats;

/// <summary>Durations, sizes and shares in the words of people.</summary>
public static class Humane
{
    private static readonly string[] ByteUnits = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];

    /// <summary><c>450 ms</c>, <c>2.4 s</c>, <c>48 s</c>, <c>3 min 5 s</c>, <c>2 h 40 min</c>, <c>3 d 4 h</c>.</summary>
    public static string Duration(double seconds)
    {
        if (double.IsNaN(seconds) || double.IsInfinity(seconds))
        {
            return "–";
        }

        var size = Math.Abs(seconds);
        return (seconds < 0 ? "−" : "") + size switch
        {
            0 => "0 s",
            < 0.001 => "under 1 ms",
            < 0.9995 => Text($"{size * 1000:0} ms"),
            < 9.95 => Text($"{size:0.0} s"),
            < 59.5 => Text($"{size:0} s"),
            < 3599.5 => Pair((long)Math.Round(size), 60, "min", "s"),
            < 86_370 => Pair((long)Math.Round(size / 60), 60, "h", "min"),
            _ => Pair((long)Math.Round(size / 3600), 24, "d", "h"),
        };
    }

    public static string Duration(TimeSpan time) => Duration(time.TotalSeconds);

    /// <summary><c>980 B</c>, <c>4.2 MiB</c>, <c>120 GiB</c>.</summary>
    public static string Bytes(long bytes)
    {
        double size = Math.Abs((double)bytes);
        var unit = 0;
        while (size >= 1023.5 && unit < ByteUnits.Length - 1)
        {
            size /= 1024;
            unit++;
        }

        var number = unit == 0 || size >= 99.95 ? Text($"{size:0}") : Text($"{size:0.0}");
        return $"{(bytes < 0 ? "−" : "")}{number} {ByteUnits[unit]}";
    }

    /// <summary><c>12,345</c>.</summary>
    public static string Count(long count) => Text($"{count:N0}");

    /// <summary><c>42 %</c>; never 0 or 100 where it is not quite.</summary>
    public static string Percent(double share)
    {
        var clamped = Math.Clamp(share, 0, 1);
        return clamped switch
        {
            0 or 1 => Text($"{clamped * 100:0} %"),
            _ => Text($"{Math.Clamp(Math.Round(clamped * 100), 1, 99):0} %"),
        };
    }

    /// <summary><c>1 session</c>, <c>2 sessions</c>.</summary>
    public static string Count(long count, string one, string many) => $"{Count(count)} {(count == 1 ? one : many)}";

    private static string Pair(long total, int size, string large, string small)
    {
        var (whole, rest) = Math.DivRem(total, size);
        return rest == 0 ? Text($"{whole} {large}") : Text($"{whole} {large} {rest} {small}");
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
