using Microsoft.AspNetCore.Components;
using MudBlazor;
using Stash.Console.Formats;
using Stash.Console.History;
using Stash.Core.Sessions;

namespace Stash.Console.Components.Controls;

/// <summary>How long the app's sessions of one operation took, one bar each, the current one marked.</summary>
public sealed partial class SessionHistory
{
    /// <summary>Milliseconds that a person reads easily off an axis.</summary>
    private static readonly int[] Steps =
    [
        1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 30_000, 60_000, 120_000, 300_000, 600_000, 1_200_000, 1_800_000,
        3_600_000, 7_200_000, 10_800_000, 21_600_000, 43_200_000, 86_400_000, 172_800_000, 604_800_000,
    ];

    private readonly StackedBarChartOptions _options = new()
    {
        ShowLegend = false,
        ShowValues = false,
        ShowZeroValues = false,
        YAxisToStringFunc = milliseconds => Humane.Duration(milliseconds / 1000),
        MaxNumYAxisTicks = 4,
        ChartPalette =
        [
            "color-mix(in srgb, var(--mud-palette-success) 42%, var(--mud-palette-surface))",
            "color-mix(in srgb, var(--mud-palette-error) 48%, var(--mud-palette-surface))",
            "var(--mud-palette-success)",
            "var(--mud-palette-error)",
        ],
    };

    private List<ChartSeries<double>> _series = [];
    private string[] _labels = [];

    /// <summary>Null while it is read.</summary>
    [Parameter, EditorRequired]
    public required AppHistory? History { get; set; }

    /// <summary>Of which operation the sessions are.</summary>
    [Parameter]
    public string Operation { get; set; } = SessionMetrics.BackupOperation;

    /// <summary>Why it could not be read.</summary>
    [Parameter]
    public string? Problem { get; set; }

    [Parameter, EditorRequired]
    public required string OverviewPath { get; set; }

    private bool IsBackup => Operation == SessionMetrics.BackupOperation;

    private string Title => IsBackup ? "Sessions of this app" : $"Sessions of this app: {Operation}";

    private bool HasCurrent => Current is not null;

    private Session? Current => History?.Sessions.FirstOrDefault(s => s.Id == History.CurrentId);

    private string Note
    {
        get
        {
            var sessions = History!.Sessions;
            if (sessions.Count == 1)
            {
                return $"The only {(IsBackup ? "" : $"{Operation} ")}session of this app that is kept: {(sessions[0].Outcome == SessionOutcome.Failed ? "failed" : "succeeded")} after {Humane.Duration(sessions[0].DurationSeconds)}.";
            }

            var median = Median(sessions);
            var count = Humane.Count(sessions.Count, "session", "sessions");
            var failed = sessions.Count(s => s.Outcome == SessionOutcome.Failed);
            var which = History.ReachesPresent ? $"The last {count}" : $"{count} around this one";
            return $"{which}: {(failed == 0 ? "none failed" : $"{Humane.Count(failed)} failed")}, median {Humane.Duration(median)}{(Current is { } c ? $", this one {Humane.Duration(c.DurationSeconds)}" : "")}.";
        }
    }

    private string Description => $"Durations as bars, oldest first. {Note}";

    protected override void OnParametersSet()
    {
        var sessions = History?.Sessions ?? [];
        _series =
        [
            Series("Succeeded", sessions, s => s.Outcome == SessionOutcome.Succeeded && !IsCurrent(s)),
            Series("Failed", sessions, s => s.Outcome == SessionOutcome.Failed && !IsCurrent(s)),
            Series("This one, succeeded", sessions, s => s.Outcome == SessionOutcome.Succeeded && IsCurrent(s)),
            Series("This one, failed", sessions, s => s.Outcome == SessionOutcome.Failed && IsCurrent(s)),
        ];
        // Few bars are not made fat.
        _options.BarWidthRatio = 0.7 * Math.Clamp(sessions.Count / 15.0, 0.05, 1);
        var longest = sessions.Select(s => s.DurationSeconds).DefaultIfEmpty().Max() * 1000;
        _options.YAxisTicks = Steps.FirstOrDefault(step => longest <= 4.0 * step, Steps[^1]);
        _labels = [.. sessions.Select(s => IsCurrent(s) ? "▲" : "")];
    }

    private bool IsCurrent(Session session) => session.Id == History!.CurrentId;

    private static ChartSeries<double> Series(string name, IReadOnlyList<Session> sessions, Func<Session, bool> holds) =>
        new() { Name = name, Data = sessions.Select(s => holds(s) ? s.DurationSeconds * 1000 : 0).ToArray() };

    private static double Median(IReadOnlyList<Session> sessions)
    {
        double[] ordered = [.. sessions.Select(s => s.DurationSeconds).Order()];
        return ordered.Length == 0 ? 0 : ordered[(ordered.Length - 1) / 2];
    }
}
