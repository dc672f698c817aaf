namespace Stash.Console.Operator;

/// <summary>The console's connection to the operator.</summary>
/// <param name="Connection">What it is.</param>
/// <param name="Reason">Where it is away: why, one line for a person.</param>
/// <param name="Since">Since when it is so.</param>
public sealed record LiveState(LiveConnection Connection, string? Reason, DateTimeOffset Since)
{
    public bool IsDisconnected => Connection == LiveConnection.Disconnected;
}

public enum LiveConnection
{
    /// <summary>The first attempt is under way.</summary>
    Connecting,

    Connected,

    Disconnected,
}
