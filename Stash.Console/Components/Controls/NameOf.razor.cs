using Microsoft.AspNetCore.Components;
using Stash.Core.Sessions;

namespace Stash.Console.Components.Controls;

/// <summary>Namespace and app, marked where it is not about backups or a sample.</summary>
public sealed partial class NameOf
{
    [Parameter, EditorRequired]
    public required string Namespace { get; set; }

    [Parameter, EditorRequired]
    public required string App { get; set; }

    /// <summary>Said where it is no backup.</summary>
    [Parameter]
    public string Operation { get; set; } = SessionMetrics.BackupOperation;

    [Parameter]
    public bool Sample { get; set; }
}
