namespace Stash.Core.Tests;

/// <summary>A folder of its own for one test, deleted with all that is in it.</summary>
internal sealed class TempFolder : IDisposable
{
    public string FullPath { get; } = Directory.CreateTempSubdirectory("stash-test-").FullName;

    public string In(string name) => Path.Combine(FullPath, name);

    public void Dispose()
    {
        foreach (var folder in Directory.EnumerateDirectories(FullPath, "*", SearchOption.AllDirectories).Prepend(FullPath))
        {
            File.SetUnixFileMode(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        Directory.Delete(FullPath, recursive: true);
    }
}
