namespace Stash.Operator.Commands;

/// <summary>An exception that is a fault of the program: a person sees one line; at debug level, the log has all of it.</summary>
internal static class UnexpectedError
{
    public static async Task WriteAsync(Exception exception)
    {
        await Console.Error.WriteLineAsync(Message(exception));
        if (LogDetail.IsWanted)
        {
            await Console.Error.WriteLineAsync(exception.ToString());
        }
    }

    /// <summary>The line, with how to learn more.</summary>
    public static string Message(Exception exception) =>
        $"stash failed by a fault of its own ({exception.GetType().Name}): run it with {LogDetail.Variable}=Debug in the environment for the details, and report them.";
}
