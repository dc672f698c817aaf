using Microsoft.AspNetCore.Components;
using MudBlazor;
using Stash.Console.Dashboard;

namespace Stash.Console.Components.Controls;

/// <summary>How an app's backups stand, by colour, shape and word.</summary>
public sealed partial class HealthMark
{
    [Parameter, EditorRequired]
    public required AppHealth Health { get; set; }

    private string Icon => Health switch
    {
        AppHealth.Healthy => Icons.Material.Outlined.CheckCircle,
        AppHealth.Overdue => Icons.Material.Filled.WatchLater,
        AppHealth.Failing => Icons.Material.Filled.Cancel,
        _ => Icons.Material.Filled.Warning,
    };

    private string Hint => Health switch
    {
        AppHealth.Healthy => "The last session succeeded",
        AppHealth.Overdue => "The next session should have ended by now",
        AppHealth.Failing => "The last session failed",
        _ => "Several runs of the schedule have not come",
    };
}
