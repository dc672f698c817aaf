using System.Text;
using Microsoft.AspNetCore.WebUtilities;
using Stash.Core.Sessions;

namespace Stash.Console.Dashboard;

/// <summary>What the overview shows; lives in its URL, so that it can be linked, reloaded and gone back to.</summary>
public sealed record OverviewFilter
{
    /// <summary>By name; empty for all.</summary>
    public IReadOnlyList<string> Namespaces { get; init; } = [];

    /// <summary>By name; empty for all.</summary>
    public IReadOnlyList<string> Apps { get; init; } = [];

    public TimeRange Range { get; init; } = TimeRange.Default;

    public bool HasNames => Namespaces.Count > 0 || Apps.Count > 0;

    /// <summary>The filter in a URL's query.</summary>
    public static OverviewFilter FromUri(string uri)
    {
        var query = QueryHelpers.ParseQuery(new Uri(uri).Query);
        return new OverviewFilter
        {
            Namespaces = Names("namespace"),
            Apps = Names("app"),
            Range = TimeRange.Parse(query.GetValueOrDefault("range"), query.GetValueOrDefault("from"), query.GetValueOrDefault("to")),
        };

        IReadOnlyList<string> Names(string key) =>
            [.. query.GetValueOrDefault(key).OfType<string>().Where(n => n.Length > 0).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
    }

    /// <summary>The overview's path with this filter; what is as by default is left out.</summary>
    public string ToPath()
    {
        var path = new StringBuilder("/");
        foreach (var name in Namespaces)
        {
            Append("namespace", name);
        }

        foreach (var app in Apps)
        {
            Append("app", app);
        }

        if (Range is { From: { } from, To: { } to })
        {
            Append("from", TimeRange.Format(from));
            Append("to", TimeRange.Format(to));
        }
        else if (Range.Key != TimeRange.Default.Key)
        {
            Append("range", Range.Key);
        }

        return path.ToString();

        void Append(string name, string value) =>
            path.Append(path.Length == 1 ? '?' : '&').Append(name).Append('=').Append(Uri.EscapeDataString(value));
    }

    public SessionQuery ToQuery(DateTimeOffset now, SessionOutcome? outcome = null) => new()
    {
        Namespaces = Namespaces,
        Apps = Apps,
        From = Range.StartAt(now),
        To = Range.To,
        Outcome = outcome,
    };

    public bool Matches(string @namespace, string app) =>
        (Namespaces.Count == 0 || Namespaces.Contains(@namespace, StringComparer.Ordinal)) && (Apps.Count == 0 || Apps.Contains(app, StringComparer.Ordinal));

    public bool Matches(Session session, DateTimeOffset now) =>
        Matches(session.Namespace, session.App) && session.EndTime >= Range.StartAt(now) && (Range.To is not { } to || session.EndTime < to);

    /// <summary>Equal where it shows the same.</summary>
    public bool Equals(OverviewFilter? other) => other is not null && ToPath() == other.ToPath();

    public override int GetHashCode() => ToPath().GetHashCode(StringComparison.Ordinal);
}
