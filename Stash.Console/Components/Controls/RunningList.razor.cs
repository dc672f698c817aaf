using System.Globalization;
using Microsoft.AspNetCore.Components;
using Stash.Console.Formats;
using Stash.Core.Sessions;

namespace Stash.Console.Components.Controls;

/// <summary>Sessions in progress, as their runners report them.</summary>
public sealed partial class RunningList
{
    /// <summary>Null while loading.</summary>
    [Parameter]
    public IReadOnlyList<RunningSession>? Sessions { get; set; }

    private static string What(RunningSession session) => (session.Op, session.Path) switch
    {
        (null, null) => "starting",
        (null, { } path) => path,
        ({ } op, null) => op,
        ({ } op, { } path) => $"{op} {path}",
    };

    private static string Bytes(RunningSession session) => (session.BytesDone, session.BytesTotal) switch
    {
        ({ } done, { } total) => $"{Humane.Bytes(done)} of {Humane.Bytes(total)}",
        ({ } done, null) => Humane.Bytes(done),
        _ => "",
    };

    private static string WidthOf(RunningSession session) =>
        session.Progress is { } share ? string.Create(CultureInfo.InvariantCulture, $"{Math.Clamp(share, 0, 1) * 100:0.#}%") : "30%";
}
