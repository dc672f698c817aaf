using System.Runtime.InteropServices;
using System.Text;
using Stash.Core.Configuration;

namespace Stash.Core.Monitoring.Embedded;

/// <summary>
/// A text file that a person may edit at any moment. It is replaced only where it is still what the caller read: the new file
/// and the old are exchanged in one step, and exchanged back if the old turns out to be someone's newer edit.
/// </summary>
internal sealed partial class SettingsFile(string path)
{
    private const int CurrentFolder = -100;
    private const uint Exchange = 2;

    /// <summary>The whole text; null where there is no file.</summary>
    public string? Read()
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }

    /// <summary>Replaces the text.</summary>
    /// <param name="expected">What the caller read; null where it read nothing.</param>
    /// <param name="next">The new text.</param>
    /// <param name="keepOld">Keep the file before beside it, with <c>.bak</c>.</param>
    /// <returns>False, and nothing is changed, where the file is not what the caller read.</returns>
    public bool TryReplace(string? expected, string next, bool keepOld)
    {
        var fresh = $"{path}.new";
        DataFolder.Replace(fresh, Encoding.UTF8.GetBytes(next));
        if (expected is null)
        {
            return MoveWithoutOverwriting(fresh);
        }

        if (Read() != expected)
        {
            File.Delete(fresh);
            return false;
        }

        if (RenameAt2(CurrentFolder, fresh, CurrentFolder, path, Exchange) != 0)
        {
            // A file system without exchange (some network ones): the window is the moment since the comparison.
            if (keepOld)
            {
                File.Copy(path, $"{path}.bak", overwrite: true);
            }

            File.Move(fresh, path, overwrite: true);
            return true;
        }

        if (File.ReadAllText(fresh) == expected)
        {
            if (keepOld)
            {
                File.Move(fresh, $"{path}.bak", overwrite: true);
            }
            else
            {
                File.Delete(fresh);
            }

            return true;
        }

        if (RenameAt2(CurrentFolder, fresh, CurrentFolder, path, Exchange) == 0)
        {
            File.Delete(fresh);
        }

        return false;
    }

    private bool MoveWithoutOverwriting(string fresh)
    {
        try
        {
            File.Move(fresh, path, overwrite: false);
            return true;
        }
        catch (IOException) when (File.Exists(path))
        {
            File.Delete(fresh);
            return false;
        }
    }

    [LibraryImport("libc", EntryPoint = "renameat2", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int RenameAt2(int oldFolder, string oldPath, int newFolder, string newPath, uint flags);
}
