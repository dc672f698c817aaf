using Microsoft.AspNetCore.Components;
using Stash.Console.Settings;

namespace Stash.Console.Components.Controls;

/// <summary>Two edits of the same settings, side by side, for a decision.</summary>
public sealed partial class SettingsConflict
{
    [Parameter, EditorRequired]
    public required IReadOnlyList<SettingsDifference> Differences { get; set; }

    /// <summary>Where that may have been.</summary>
    [Parameter, EditorRequired]
    public required string Elsewhere { get; set; }

    [Parameter]
    public EventCallback OnTakeTheirs { get; set; }

    [Parameter]
    public EventCallback OnReapply { get; set; }

    private string Note => Differences.Any(d => d.IsClash)
        ? "Where both changed a setting, yours replaces theirs once you save. Nothing is saved before you do."
        : "The two changes do not touch each other. Nothing is saved before you save.";

    private static string Text(string? value) => value switch
    {
        null => "not there",
        "" => "empty",
        _ => value,
    };
}
