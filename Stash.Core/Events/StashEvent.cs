using Stash.Core.Monitoring;
using Stash.Core.Sessions;

namespace Stash.Core.Events;

/// <summary>Something that those who watch live are told.</summary>
public abstract record StashEvent
{
    /// <param name="Position">The session's position in the journal.</param>
    /// <param name="Session">A session that has just become durable in the journal.</param>
    public sealed record SessionAdded(long Position, Session Session) : StashEvent;

    /// <param name="Session">A running session, as last reported.</param>
    public sealed record SessionRunning(RunningSession Session) : StashEvent;

    /// <param name="Id">A session that no longer runs.</param>
    public sealed record SessionEnded(string Id) : StashEvent;

    /// <param name="Settings">The settings after a change.</param>
    public sealed record SettingsChanged(MonitoringManifest Settings) : StashEvent;
}
