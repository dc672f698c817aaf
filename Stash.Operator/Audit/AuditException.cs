namespace Stash.Operator.Audit;

/// <summary>The audit log cannot be written.</summary>
/// <param name="reason">Why, and the remedy; for everybody, so without a path.</param>
internal sealed class AuditException(string reason) : IOException(reason)
{
    /// <summary>For a path that is a pipe or a device.</summary>
    public const string NoFile = "its path is no file that keeps what is written: name one with --audit-log-path, or - for standard output";

    /// <summary>In words, of what went wrong.</summary>
    public static string Reason(Exception e) => e switch
    {
        AuditException => e.Message,
        FileNotFoundException or DirectoryNotFoundException => "its folder does not exist: make it, writable for stash",
        UnauthorizedAccessException => "stash may not write it: give its user write access to the file and its folder",
        _ => (e.HResult & 0xFFFF) switch
        {
            Posix.NoSpace or Posix.OverQuota => "its disk is full: make space",
            Posix.ReadOnly => "its disk is read-only: make it writable",
            Posix.BrokenPipe or Posix.BadHandle => "what reads standard output is gone: restart stash with a reader, or name a file with --audit-log-path",
            Posix.NotPermitted or Posix.AccessDenied => "stash may not write it: give its user write access to the file and its folder",
            _ => "its disk refuses it: the log of stash tells more",
        },
    };
}
