namespace Stash.Console.Tests.Support;

/// <summary>A folder of its own for one test, deleted with all that is in it.</summary>
internal sealed class TempFolder : IDisposable
{
    public string FullPath { get; } = Directory.CreateTempSubdirectory("stash-test-").FullName;

    public string In(string name) => Path.Combine(FullPath, name);

    public void Dispose() => Directory.Delete(FullPath, recursive: true);
}
