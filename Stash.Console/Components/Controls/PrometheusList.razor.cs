using Microsoft.AspNetCore.Components;
using MudBlazor;
using Stash.Core.Monitoring;

namespace Stash.Console.Components.Controls;

/// <summary>Which <c>Prometheus</c> resources select the ServiceMonitor of the settings as typed; where none does, the labels that one of them would take.</summary>
public sealed partial class PrometheusList
{
    private const string Yes = "True";
    private const string No = "False";

    /// <summary>At least one.</summary>
    [Parameter, EditorRequired]
    public required IReadOnlyList<PrometheusState> States { get; set; }

    [Parameter, EditorRequired]
    public required bool MayEdit { get; set; }

    /// <summary>The labels as typed.</summary>
    [Parameter, EditorRequired]
    public required IReadOnlyDictionary<string, string> Labels { get; set; }

    [Parameter]
    public EventCallback<IReadOnlyDictionary<string, string>> OnTakeLabels { get; set; }

    private bool IsScraped => States.Any(s => s.Selected == Yes);

    /// <summary>That nobody selects it is what goes wrong most often, and nothing else shows it.</summary>
    private bool IsTrap => States.All(s => s.Selected == No);

    private string Title => IsScraped ? "A Prometheus selects these labels" : IsTrap ? "No Prometheus selects these labels" : "Whether a Prometheus selects these labels is not known";

    private string HeadIcon => IsScraped ? Icons.Material.Outlined.CheckCircle : IsTrap ? Icons.Material.Outlined.WarningAmber : Icons.Material.Outlined.HelpOutline;

    /// <summary>The one whose labels need the least change of those typed; null where labels would not help, or need none.</summary>
    private PrometheusState? Nearest => !IsTrap ? null : States
        .Where(s => s.SuggestedLabels is { Count: > 0 } suggested && !Same(suggested))
        .MinBy(s => s.SuggestedLabels!.Count(l => Labels.GetValueOrDefault(l.Key) != l.Value) + Labels.Keys.Count(k => !s.SuggestedLabels!.ContainsKey(k)));

    private bool Same(IReadOnlyDictionary<string, string> other) => other.Count == Labels.Count && other.All(l => Labels.GetValueOrDefault(l.Key) == l.Value);

    private static string Word(PrometheusState state) => state.Selected switch
    {
        Yes => state.Findings.Count > 0 ? "selects it, with a reservation" : "selects it",
        No => "does not select it",
        _ => "not known",
    };

    private static string IconOf(PrometheusState state) => state.Selected switch
    {
        Yes => state.Findings.Count > 0 ? Icons.Material.Outlined.ErrorOutline : Icons.Material.Outlined.Check,
        No => Icons.Material.Outlined.Close,
        _ => Icons.Material.Outlined.HelpOutline,
    };

    private static string? ClassOf(PrometheusState state) => state.Selected == Yes ? state.Findings.Count > 0 ? "prometheuses-warn" : "good" : "faint";
}
