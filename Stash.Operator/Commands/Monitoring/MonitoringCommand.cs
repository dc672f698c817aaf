using System.CommandLine;

namespace Stash.Operator.Commands.Monitoring;

/// <summary><c>stash monitoring</c>: the settings that say who scrapes, in a cluster or in a data folder.</summary>
internal static class MonitoringCommand
{
    public static Command Create() => new("monitoring", "Look at the monitoring settings and change them: in a cluster with your own rights there, else in the data folder.")
    {
        GetCommand.Create(), SetCommand.Create(), DiffCommand.Create(), StatusCommand.Create(), DeleteCommand.Create(),
    };
}
