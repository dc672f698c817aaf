using Stash.Core.Monitoring;
using Stash.Core.Sessions;

namespace Stash.Console.Operator;

/// <summary>Something that a page which watches live is told.</summary>
public abstract record LiveChange
{
    /// <param name="Session">A session that has just ended.</param>
    public sealed record SessionAdded(Session Session) : LiveChange;

    /// <param name="Session">A running session, as last reported.</param>
    public sealed record SessionRunning(RunningSession Session) : LiveChange;

    /// <param name="Id">A session that no longer runs.</param>
    public sealed record SessionEnded(string Id) : LiveChange;

    /// <param name="Settings">The settings after a change.</param>
    public sealed record SettingsChanged(MonitoringManifest Settings) : LiveChange;

    /// <summary>Something was missed: read everything anew.</summary>
    public sealed record Reset : LiveChange;

    /// <param name="State">The connection to the operator after a change.</param>
    public sealed record StateChanged(LiveState State) : LiveChange;
}
