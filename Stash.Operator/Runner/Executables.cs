using Stash.Core;

namespace Stash.Operator.Runner;

/// <summary>Finds programs as a shell does. .NET would look into the current folder first.</summary>
internal static class Executables
{
    private const UnixFileMode AnyExecute = UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    /// <summary>The program's path; the name itself where it has a slash. Null where the PATH has none.</summary>
    public static string? Find(string name)
    {
        if (name.Contains('/', StringComparison.Ordinal))
        {
            return Path.GetFullPath(name);
        }

        foreach (var folder in (Environment.GetEnvironmentVariable("PATH") ?? "/usr/local/bin:/usr/bin:/bin").Split(':'))
        {
            var path = Path.Combine(folder.Length == 0 ? "." : folder, name);
            if (name.Length > 0 && File.Exists(path) && (File.GetUnixFileMode(path) & AnyExecute) != UnixFileMode.None)
            {
                return Path.GetFullPath(path);
            }
        }

        return null;
    }

    /// <summary>restic's path.</summary>
    /// <exception cref="UserErrorException">It is not installed.</exception>
    public static string Restic() =>
        Find("restic") ?? throw new UserErrorException("restic is not on the PATH: install it (Debian: apt-get install restic).");
}
