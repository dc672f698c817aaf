using Microsoft.AspNetCore.Components;
using Stash.Console.Formats;
using Stash.Core.Sessions;

namespace Stash.Console.Components.Controls;

/// <summary>How far a running session is.</summary>
public sealed partial class SessionProgress
{
    [Parameter, EditorRequired]
    public required RunningSession Session { get; set; }

    /// <summary>It is no longer reported, and its result has not come.</summary>
    [Parameter]
    public bool HasFallenSilent { get; set; }

    private string Heading => HasFallenSilent ? "Waiting for the result" : Session.Op switch
    {
        null => "Getting ready",
        "" => "Working",
        var op => $"Operation: {op}",
    };

    private string Bytes => Session.BytesDone is { } done
        ? Session.BytesTotal is { } total ? $"{Humane.Bytes(done)} of {Humane.Bytes(total)}" : Humane.Bytes(done)
        : "–";

    private string Files => Session.FilesDone is { } done
        ? Session.FilesTotal is { } total ? $"{Humane.Count(done)} of {Humane.Count(total)}" : Humane.Count(done)
        : "–";
}
