using Microsoft.AspNetCore.Components;

namespace Stash.Console.Components.Controls;

/// <summary>Namespace and app, marked where it is a sample.</summary>
public sealed partial class NameOf
{
    [Parameter, EditorRequired]
    public required string Namespace { get; set; }

    [Parameter, EditorRequired]
    public required string App { get; set; }

    [Parameter]
    public bool Sample { get; set; }
}
