using Microsoft.AspNetCore.Components;
using Stash.Console.Settings;
using Stash.Core.Api;

namespace Stash.Console.Components.Controls;

/// <summary>What settings make: each file or resource with its content, and against what is there now where it changes.</summary>
public sealed partial class SettingsPreviewPanel
{
    /// <summary>Null until the first one has come.</summary>
    [Parameter, EditorRequired]
    public required SettingsPreview? Preview { get; set; }

    /// <summary>Why there is no newer preview.</summary>
    [Parameter]
    public string? Problem { get; set; }

    [Parameter]
    public bool IsValid { get; set; }

    [Parameter]
    public bool IsPending { get; set; }

    [Parameter]
    public bool IsEdited { get; set; }

    /// <summary>Why nothing is made, where nothing is.</summary>
    [Parameter, EditorRequired]
    public required string Nothing { get; set; }

    /// <summary>Without those that are told of a single Prometheus, beside it.</summary>
    private IEnumerable<string> Warnings => (Preview?.Warnings ?? []).Except((Preview?.Prometheuses ?? []).SelectMany(p => p.Findings), StringComparer.Ordinal);

    private bool IsStale => Preview is not null && (IsPending || !IsValid || Problem is not null);

    private string State => Preview is null ? ""
        : !IsValid ? "of the last valid settings"
        : Problem is not null ? "not current"
        : IsPending ? "updating …"
        : "";

    private static string FullName(PreviewItem item) => item.Namespace is { } name ? $"{name}/{item.Name}" : item.Name;

    private static string Word(string action) => action switch
    {
        "create" => "Create",
        "update" => "Update",
        "delete" => "Delete",
        _ => "Keep",
    };

    private static IReadOnlyList<DiffLine>? Lines(PreviewItem item) =>
        item.Action == "update" && item.Before is { } before ? LineDiff.Compare(before, item.Content) : null;

    private static string TextOf(PreviewItem item) => item.Content.Length > 0 ? item.Content : item.Before ?? "";

    private static string? ClassOf(char mark) => mark switch
    {
        '+' => "preview-added",
        '-' => "preview-removed",
        _ => null,
    };
}
