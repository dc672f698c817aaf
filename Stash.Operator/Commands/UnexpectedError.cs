namespace Stash.Operator.Commands;

/// <summary>An exception that is a fault of the program: a person sees one line; at debug level, the log has all of it.</summary>
internal static class UnexpectedError
{
    private const string Level = "Logging__LogLevel__Default";

    public static async Task WriteAsync(Exception exception)
    {
        await Console.Error.WriteLineAsync($"stash failed by a fault of its own ({exception.GetType().Name}): run it with {Level}=Debug in the environment for the details, and report them.");
        if (Environment.GetEnvironmentVariable(Level) is { } level && (level.Equals("Debug", StringComparison.OrdinalIgnoreCase) || level.Equals("Trace", StringComparison.OrdinalIgnoreCase)))
        {
            await Console.Error.WriteLineAsync(exception.ToString());
        }
    }
}
