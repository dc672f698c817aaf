using Microsoft.AspNetCore.Components;
using Stash.Console.Dashboard;
using Stash.Core.Sessions;

namespace Stash.Console.Components.Controls;

/// <summary>Every app of the filter, its backups and its other operations each in a row, with its last success, failures since and next run; what needs a look comes first.</summary>
public sealed partial class AppTable
{
    private const int Step = 50;

    private int _shown = Step;

    /// <summary>Null while loading.</summary>
    [Parameter]
    public IReadOnlyList<AppSummary>? Apps { get; set; }

    [Parameter, EditorRequired]
    public required Func<AppSummary, AppHealth> HealthOf { get; set; }

    /// <summary>The filter that an app's link narrows.</summary>
    [Parameter, EditorRequired]
    public required OverviewFilter Filter { get; set; }

    private IEnumerable<(AppSummary Summary, AppHealth Health)> Sorted() =>
        Apps!.Select(a => (Summary: a, Health: HealthOf(a)))
            .OrderByDescending(a => a.Health)
            .ThenBy(a => a.Summary.Namespace, StringComparer.Ordinal)
            .ThenBy(a => a.Summary.App, StringComparer.Ordinal)
            .ThenBy(a => a.Summary.Operation != SessionMetrics.BackupOperation)
            .ThenBy(a => a.Summary.Operation, StringComparer.Ordinal);

    private string LinkOf(AppSummary app) => (Filter with
    {
        Namespaces = app.Namespace.Length > 0 ? [app.Namespace] : [],
        Apps = app.App.Length > 0 ? [app.App] : [],
    }).ToPath();
}
