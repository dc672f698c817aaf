using System.IO.Hashing;
using System.Text;
using Stash.Core;
using Stash.Core.Configuration;

namespace Stash.Operator.Runner;

/// <summary>What the runner remembers between runs: times of the last success, pushes not delivered yet, locks of repositories.</summary>
internal sealed class StateFolder
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private StateFolder(string path) => FullPath = path;

    public string FullPath { get; }

    /// <summary><c>$XDG_STATE_HOME/stash</c>, else <c>~/.local/state/stash</c>.</summary>
    /// <exception cref="UserErrorException">The user has no home folder.</exception>
    public static string DefaultPath() => UserFolder.Of("XDG_STATE_HOME", ".local/state", "--state-dir DIR");

    /// <summary>Opens the folder, and makes it where it is missing.</summary>
    /// <exception cref="UserErrorException">It cannot be made or written.</exception>
    public static StateFolder Open(string path)
    {
        try
        {
            return new StateFolder(DataFolder.Open(Path.GetFullPath(path)).FullPath);
        }
        catch (UserErrorException e)
        {
            throw new UserErrorException($"The state folder {path} cannot be written: make it writable for this user, or name another with --state-dir.", inner: e);
        }
    }

    /// <summary>
    /// Where state is while the folder cannot be written. Where all may write, another user may have made it first. root, who would not
    /// be refused there, has a place of its own, other than in a container whose file system is read-only.
    /// </summary>
    public static string TemporaryPath()
    {
        var name = $"stash-state-{Environment.UserName}";
        var run = Path.Combine("/run", name);
        return Environment.IsPrivilegedProcess && CanMake(run) ? run : Path.Combine(Path.GetTempPath(), name);
    }

    /// <summary>Opens the folder of <see cref="TemporaryPath"/> where it is this user's own.</summary>
    /// <exception cref="UserErrorException">It cannot be made or written, or is another user's.</exception>
    public static StateFolder OpenTemporary(string path)
    {
        try
        {
            Directory.CreateDirectory(path, OwnerOnly);
            // Only its owner may do this.
            File.SetUnixFileMode(path, OwnerOnly);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UserErrorException($"The state folder {path} cannot be made or is another user's: name another with --state-dir.", inner: e);
        }

        return Open(path);
    }

    private static bool CanMake(string path)
    {
        try
        {
            Directory.CreateDirectory(path, OwnerOnly);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    /// <summary>A folder that cannot be written now, for whoever can do without.</summary>
    public static StateFolder Unchecked(string path) => new(path);

    /// <summary>A folder inside, made where it is missing.</summary>
    public string Folder(params ReadOnlySpan<string> names)
    {
        var path = Path.Combine([FullPath, .. names]);
        Directory.CreateDirectory(path, OwnerOnly);
        return path;
    }

    /// <summary>A file's name for any text: readable, and different for different texts.</summary>
    public static string FileName(string text)
    {
        var readable = string.Concat(text.Select(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.' ? c : '_'));
        var hash = Convert.ToHexStringLower(XxHash64.Hash(Encoding.UTF8.GetBytes(text)));
        return $"{(readable.Length > 80 ? readable[^80..] : readable)}-{hash}";
    }
}
