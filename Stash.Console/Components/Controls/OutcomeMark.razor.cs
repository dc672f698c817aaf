using Microsoft.AspNetCore.Components;
using Stash.Core.Sessions;

namespace Stash.Console.Components.Controls;

/// <summary>How a session ended, by colour, shape and word.</summary>
public sealed partial class OutcomeMark
{
    [Parameter, EditorRequired]
    public required SessionOutcome Outcome { get; set; }
}
