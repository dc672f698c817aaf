using Microsoft.AspNetCore.Components;

namespace Stash.Console.Components.Controls;

/// <summary>Says what a session is for where it is no backup.</summary>
public sealed partial class OperationMark
{
    [Parameter, EditorRequired]
    public required string Operation { get; set; }
}
