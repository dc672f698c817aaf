namespace Stash.Core;

/// <summary>
/// An error that a person can act on. Its message is one line that names the thing and the remedy and is shown as it is;
/// every other exception's text stays in the log.
/// </summary>
public sealed class UserErrorException : Exception
{
    /// <param name="message">One line for a person.</param>
    /// <param name="exitCode">1 for a failure, 2 for wrong usage.</param>
    /// <param name="inner">The cause, for the log.</param>
    public UserErrorException(string message, int exitCode = 1, Exception? inner = null)
        : base(message, inner)
    {
        ExitCode = exitCode;
    }

    public int ExitCode { get; }
}
