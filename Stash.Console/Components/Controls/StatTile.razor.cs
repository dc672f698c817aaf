using Microsoft.AspNetCore.Components;

namespace Stash.Console.Components.Controls;

/// <summary>One number with a note.</summary>
public sealed partial class StatTile
{
    [Parameter, EditorRequired]
    public required string Title { get; set; }

    [Parameter, EditorRequired]
    public required string Icon { get; set; }

    /// <summary>Null while loading.</summary>
    [Parameter]
    public long? Value { get; set; }

    [Parameter]
    public string? Note { get; set; }

    /// <summary>In the colour of failures.</summary>
    [Parameter]
    public bool Alarm { get; set; }
}
