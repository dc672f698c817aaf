namespace Stash.Console.History;

/// <summary>What a live change asks of a session's page.</summary>
public enum SessionModelEffect
{
    /// <summary>Nothing that it shows has changed.</summary>
    None,

    Render,

    /// <summary>Read the session anew.</summary>
    Reload,
}
