using System.Runtime.InteropServices;

namespace Stash.Core.Gateway;

/// <summary>Syncs a folder, so that a file made or renamed in it is still there after power loss. .NET has no call for it.</summary>
public static partial class Directories
{
    private const int ReadOnly = 0;
    private const int Directory = 0x10000;

    public static void Sync(string path)
    {
        var descriptor = Open(path, ReadOnly | Directory);
        if (descriptor < 0)
        {
            return;
        }

        // A file system that cannot sync folders answers with an error: there is no more to be had from it.
        _ = FSync(descriptor);
        _ = Close(descriptor);
    }

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int FSync(int descriptor);

    [LibraryImport("libc", EntryPoint = "close")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Close(int descriptor);
}
