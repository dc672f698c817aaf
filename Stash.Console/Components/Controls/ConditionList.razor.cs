using Microsoft.AspNetCore.Components;
using MudBlazor;
using Stash.Core.Monitoring;

namespace Stash.Console.Components.Controls;

/// <summary>Conditions of the settings, each with its state, reason, message and since when: calm where all is well.</summary>
public sealed partial class ConditionList
{
    [Parameter, EditorRequired]
    public required IReadOnlyList<MonitoringCondition> Conditions { get; set; }

    private static string NameOf(string type) => type switch
    {
        MonitoringCondition.ServiceAnnotated => "Service annotated",
        MonitoringCondition.ServiceMonitorReady => "ServiceMonitor ready",
        MonitoringCondition.SecretCopied => "Certificate copied",
        MonitoringCondition.AccessGranted => "Access granted",
        _ => type,
    };

    private static string LookOf(MonitoringCondition condition) => condition switch
    {
        { Status: "True" } => "condition-true",
        _ when !condition.IsProblem() => "condition-calm",
        { Status: "False" } => "condition-false",
        _ => "condition-unknown",
    };

    private static string IconOf(MonitoringCondition condition) => condition switch
    {
        { Status: "True" } => Icons.Material.Outlined.CheckCircle,
        _ when !condition.IsProblem() => condition.Status == "False" ? Icons.Material.Outlined.RemoveCircleOutline : Icons.Material.Outlined.HelpOutline,
        { Status: "False" } => Icons.Material.Outlined.ErrorOutline,
        _ => Icons.Material.Outlined.HelpOutline,
    };
}
