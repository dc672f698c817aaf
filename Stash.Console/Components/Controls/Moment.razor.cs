using System.Globalization;
using Microsoft.AspNetCore.Components;

namespace Stash.Console.Components.Controls;

/// <summary>
/// A time as the browser shows it: in its zone, by default relative to now and kept current there, the exact time on hover.
/// Drawn by <c>js/time.js</c>.
/// </summary>
public sealed partial class Moment
{
    [Parameter, EditorRequired]
    public required DateTimeOffset Time { get; set; }

    /// <summary>Date and time instead of words.</summary>
    [Parameter]
    public bool Exact { get; set; }

    private string Iso => Time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    private string ModeText => Exact ? "exact" : "relative";

    /// <summary>For a browser without script, and for a search on the page's source.</summary>
    private string Fallback => Time.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss 'UTC'", CultureInfo.InvariantCulture);
}
