using System.Globalization;

namespace Stash.Operator.Gateway.Web;

/// <summary>How long ago something was, for people.</summary>
internal static class Age
{
    public static string Text(TimeSpan age) => age switch
    {
        { TotalSeconds: < 5 } => "just now",
        { TotalMinutes: < 1 } => Count(age.TotalSeconds, "s"),
        { TotalHours: < 1 } => Count(age.TotalMinutes, "min"),
        { TotalDays: < 2 } => Count(age.TotalHours, "h"),
        _ => Count(age.TotalDays, "days"),
    };

    private static string Count(double number, string unit) => string.Create(CultureInfo.InvariantCulture, $"{Math.Floor(number)} {unit} ago");
}
