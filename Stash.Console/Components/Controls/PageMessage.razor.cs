using Microsoft.AspNetCore.Components;

namespace Stash.Console.Components.Controls;

/// <summary>In place of content: what is the matter and what to do.</summary>
public sealed partial class PageMessage
{
    [Parameter, EditorRequired]
    public required string Icon { get; set; }

    [Parameter, EditorRequired]
    public required string Title { get; set; }

    [Parameter, EditorRequired]
    public required RenderFragment ChildContent { get; set; }
}
