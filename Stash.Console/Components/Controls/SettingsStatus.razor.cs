using Microsoft.AspNetCore.Components;
using Stash.Core.Configuration;
using Stash.Core.Monitoring;

namespace Stash.Console.Components.Controls;

/// <summary>What the operator made of the saved settings.</summary>
public sealed partial class SettingsStatus
{
    [Parameter, EditorRequired]
    public required MonitoringManifest Settings { get; set; }

    [Parameter, EditorRequired]
    public required DataFolder Folder { get; set; }

    private MonitoringStatus? Status => Settings.Status;

    private bool IsInCluster => Settings.Metadata.Namespace is not null;
}
