using Microsoft.AspNetCore.Components;
using Stash.Console.Dashboard;
using Stash.Core.Sessions;

namespace Stash.Console.Components.Controls;

/// <summary>The sessions of one outcome, newest first, read page by page.</summary>
public sealed partial class SessionTable
{
    [Parameter, EditorRequired]
    public required string Title { get; set; }

    [Parameter, EditorRequired]
    public required SessionPages Pages { get; set; }

    [Parameter]
    public bool IsLoading { get; set; }

    /// <summary>The next page is wanted.</summary>
    [Parameter]
    public EventCallback OnMore { get; set; }

    private bool IsFailed => Pages.Outcome == SessionOutcome.Failed;
}
