using Microsoft.AspNetCore.Components;
using Stash.Core.Sessions;

namespace Stash.Console.Components.Controls;

/// <summary>Whose session it is, and when it was. One of the two is given.</summary>
public sealed partial class SessionFacts
{
    [Inject]
    public required TimeProvider Time { get; set; }

    [Parameter, EditorRequired]
    public required Session? Session { get; set; }

    [Parameter, EditorRequired]
    public required RunningSession? Running { get; set; }

    /// <summary>Also where the pusher does not tell, a success is its own last one.</summary>
    private DateTimeOffset? LastSuccess => Session?.LastSuccessTime ?? (Session is { Outcome: SessionOutcome.Succeeded } ? Session.EndTime : null);

    private static string OrNone(string? text) => string.IsNullOrEmpty(text) ? "–" : text;
}
