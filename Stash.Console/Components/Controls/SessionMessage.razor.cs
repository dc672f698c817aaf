using Microsoft.AspNetCore.Components;
using Stash.Core.Sessions;

namespace Stash.Console.Components.Controls;

/// <summary>Why a session failed, in restic's words, whole.</summary>
public sealed partial class SessionMessage
{
    [Parameter, EditorRequired]
    public required Session Session { get; set; }
}
