using Microsoft.AspNetCore.Components;

namespace Stash.Console.Components.Controls;

/// <summary>Puts a text on the clipboard and says so.</summary>
public sealed partial class CopyButton
{
    [Parameter, EditorRequired]
    public required string Text { get; set; }

    /// <summary>What is copied, as <c>Copy the message</c>.</summary>
    [Parameter, EditorRequired]
    public required string Label { get; set; }
}
