using Microsoft.AspNetCore.Components;
using Stash.Core.Sessions;

namespace Stash.Console.Components.Controls;

/// <summary>To the session before or after; where there is none, says why.</summary>
public sealed partial class NeighbourLink
{
    [Parameter, EditorRequired]
    public required Session? Session { get; set; }

    [Parameter, EditorRequired]
    public required string Text { get; set; }

    [Parameter, EditorRequired]
    public required string Icon { get; set; }

    [Parameter]
    public bool IconAfter { get; set; }

    /// <summary>Why there is no session to go to.</summary>
    [Parameter, EditorRequired]
    public required string None { get; set; }
}
