using Stash.Console.Formats;
using Stash.Core.Sessions;

namespace Stash.Console.Charts;

/// <summary>Makes chart data of aggregates: one line for each app (its backups; other sessions of it have their own), and for durations for each app and operation.</summary>
public static class ChartBuilder
{
    /// <summary>More than these cannot be told apart: the largest are shown by name, the rest as one.</summary>
    public const int MostLines = 12;

    private static readonly string[] OpOrder = ["backup", "forget"];

    /// <summary>Sessions that succeeded, or that failed, per bucket and app.</summary>
    /// <param name="aggregates">Of the range.</param>
    /// <param name="outcome">Which are counted.</param>
    /// <param name="known">Every app, whatever the filter: gives each its colour.</param>
    public static ChartData Counts(SessionAggregates aggregates, SessionOutcome outcome, IReadOnlyList<AppSummary> known)
    {
        var times = Times(aggregates);
        var colors = Colors(known);
        var lines = aggregates.Buckets
            .Select(b => (b.Start, b.Namespace, b.App, b.Operation, Count: outcome == SessionOutcome.Failed ? b.Failures : b.Count - b.Failures))
            .Where(b => b.Count > 0)
            .GroupBy(b => (b.Namespace, b.App, b.Operation))
            .Select(g => (Line: Sum(NameOf(g.Key.Namespace, g.Key.App, g.Key.Operation), colors.GetValueOrDefault(g.Key), times, g.Select(b => (b.Start, (double)b.Count))), Total: g.Sum(b => b.Count)))
            .OrderByDescending(l => l.Total).ThenBy(l => l.Line.Name, StringComparer.Ordinal)
            .ToList();
        var total = lines.Sum(l => l.Total);
        List<ChartLine> shown = [.. lines.Take(MostLines).Select(l => l.Line).OrderBy(l => l.Name, StringComparer.Ordinal)];
        if (lines.Count > MostLines)
        {
            var rest = lines.Skip(MostLines).Select(l => l.Line.Values).ToList();
            shown.Add(new ChartLine($"{rest.Count} others", -1, 0, [.. times.Select((_, i) => (double?)rest.Sum(v => v[i] ?? 0))]));
        }

        var apps = aggregates.Buckets.Where(b => (outcome == SessionOutcome.Failed ? b.Failures : b.Count - b.Failures) > 0).DistinctBy(b => (b.Namespace, b.App)).Count();
        var word = outcome == SessionOutcome.Failed ? "failed" : "succeeded";
        return Data("bars", aggregates, times, shown, lines.Count == 0
            ? $"No session {word} in this range."
            : $"{Humane.Count(total, "session", "sessions")} {word}, of {Humane.Count(apps, "app", "apps")}; most of {lines[0].Line.Name} ({Humane.Count(lines[0].Total)}).");
    }

    /// <summary>Seconds per operation and app: of each bucket's sessions the median, the 95th percentile or the longest.</summary>
    /// <param name="aggregates">Of the range.</param>
    /// <param name="statistic">Which of a bucket's durations.</param>
    /// <param name="known">Every app, whatever the filter: gives each its colour.</param>
    public static ChartData Durations(SessionAggregates aggregates, DurationStatistic statistic, IReadOnlyList<AppSummary> known)
    {
        var times = Times(aggregates);
        var index = times.Select((t, i) => (t, i)).ToDictionary(p => p.t, p => p.i);
        var colors = Colors(known);
        var lines = aggregates.Operations
            .GroupBy(o => (o.Namespace, o.App, o.Op))
            .Select(g =>
            {
                var values = new double?[times.Count];
                foreach (var bucket in g)
                {
                    if (index.TryGetValue(bucket.Start.ToUnixTimeSeconds(), out var i))
                    {
                        values[i] = Math.Round(Of(bucket, statistic), 3);
                    }
                }

                return new ChartLine($"{NameOf(g.Key.Namespace, g.Key.App)} - {g.Key.Op}", colors.GetValueOrDefault((g.Key.Namespace, g.Key.App, SessionMetrics.BackupOperation)), DashOf(g.Key.Op), values);
            })
            .Select(line => (Line: line, Max: line.Values.Max() ?? 0))
            .OrderByDescending(l => l.Max)
            .ToList();
        var word = statistic switch { DurationStatistic.Median => "Median", DurationStatistic.P95 => "95th percentile", _ => "Longest" };
        return Data("lines", aggregates, times, [.. lines.Take(2 * MostLines).Select(l => l.Line).OrderBy(l => l.Name, StringComparer.Ordinal)], lines.Count == 0
            ? "No operation in this range."
            : $"{word} seconds of {Humane.Count(lines.Count, "operation", "operations")}; the longest is {lines[0].Line.Name} with {Humane.Duration(lines[0].Max)}.");
    }

    /// <summary><c>namespace - app</c>, as the Grafana dashboard has it.</summary>
    public static string NameOf(string @namespace, string app) =>
        (@namespace.Length, app.Length) switch
        {
            (0, 0) => "(no name)",
            (0, _) => app,
            (_, 0) => @namespace,
            _ => $"{@namespace} - {app}",
        };

    /// <summary>The operation is said where it is no backup.</summary>
    public static string NameOf(string @namespace, string app, string operation) =>
        operation == SessionMetrics.BackupOperation ? NameOf(@namespace, app) : $"{NameOf(@namespace, app)} ({operation})";

    private static ChartData Data(string kind, SessionAggregates aggregates, IReadOnlyList<long> times, IReadOnlyList<ChartLine> lines, string summary) => new()
    {
        Kind = kind,
        From = aggregates.From.ToUnixTimeSeconds(),
        To = aggregates.To.ToUnixTimeSeconds(),
        Bucket = aggregates.BucketSeconds,
        Times = times,
        Series = lines,
        Summary = summary,
    };

    private static ChartLine Sum(string name, int color, IReadOnlyList<long> times, IEnumerable<(DateTimeOffset Start, double Value)> buckets)
    {
        var sums = new Dictionary<long, double>();
        foreach (var (start, value) in buckets)
        {
            var at = start.ToUnixTimeSeconds();
            sums[at] = sums.GetValueOrDefault(at) + value;
        }

        return new ChartLine(name, color, 0, [.. times.Select(t => (double?)sums.GetValueOrDefault(t))]);
    }

    /// <summary>Every bucket of the range, those without a session too: a gap must look like one.</summary>
    private static List<long> Times(SessionAggregates aggregates)
    {
        long width = Math.Max(1, aggregates.BucketSeconds);
        var first = FloorTo(aggregates.From.ToUnixTimeSeconds(), width);
        var last = aggregates.To.ToUnixTimeSeconds();
        List<long> times = [];
        for (var time = first; time < last || times.Count == 0; time += width)
        {
            times.Add(time);
        }

        return times;
    }

    private static long FloorTo(long value, long width) => value - (((value % width) + width) % width);

    /// <summary>By the app's place among all that are known, so that a colour stays with its app whatever the filter. What is no backup comes after all apps.</summary>
    private static Dictionary<(string Namespace, string App, string Operation), int> Colors(IReadOnlyList<AppSummary> known) =>
        known.Select(a => (a.Namespace, a.App, SessionMetrics.BackupOperation)).Distinct()
            .Concat(known.Where(a => a.Operation != SessionMetrics.BackupOperation).Select(a => (a.Namespace, a.App, a.Operation)))
            .Select((key, i) => (key, i)).ToDictionary(p => p.key, p => p.i);

    private static int DashOf(string op) => Array.IndexOf(OpOrder, op) switch { < 0 => 2, var i => i };

    private static double Of(OperationBucket bucket, DurationStatistic statistic) => statistic switch
    {
        DurationStatistic.Median => bucket.P50Seconds,
        DurationStatistic.P95 => bucket.P95Seconds,
        _ => bucket.MaxSeconds,
    };
}
