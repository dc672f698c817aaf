namespace Stash.Operator.Commands;

/// <summary>Whether the log tells exceptions whole: at debug level. Otherwise its messages have to name the thing and the remedy by themselves.</summary>
internal static class LogDetail
{
    /// <summary>What sets the level from the environment.</summary>
    public const string Variable = "Logging__LogLevel__Default";

    /// <summary>By the environment, for commands that read no configuration.</summary>
    public static bool IsWanted => Includes(Environment.GetEnvironmentVariable(Variable));

    /// <summary>True for <c>Debug</c> and <c>Trace</c>.</summary>
    public static bool Includes(string? level) => Enum.TryParse(level, ignoreCase: true, out LogLevel parsed) && parsed <= LogLevel.Debug;
}
