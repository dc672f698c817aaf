using Stash.Core;

namespace Stash.Operator.Runner;

/// <summary>
/// The right to run a session on a repository: one at a time among all runners of this host that share a state folder.
/// </summary>
internal sealed class RepositoryLock : IDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    private readonly FileStream _file;

    private RepositoryLock(FileStream file)
    {
        _file = file;
        WasCutShort = file.Length > 0;
        // The mark stays where this process is killed: the next one then knows that restic may have left a lock behind.
        file.SetLength(0);
        file.WriteByte((byte)'1');
        file.Flush();
    }

    /// <summary>The last session on this repository did not end by itself.</summary>
    public bool WasCutShort { get; }

    /// <summary>Waits until the repository is free.</summary>
    /// <param name="state">Where the locks are.</param>
    /// <param name="repository">Without credentials.</param>
    /// <param name="onWait">Called where it is not free at once.</param>
    /// <param name="cancellationToken">Stops the waiting.</param>
    /// <exception cref="UserErrorException">The lock's file cannot be made.</exception>
    public static async Task<RepositoryLock> AcquireAsync(StateFolder state, string repository, Action onWait, CancellationToken cancellationToken)
    {
        try
        {
            var path = Path.Combine(state.Folder("locks"), StateFolder.FileName(repository));
            var waits = false;
            void Wait()
            {
                if (!waits)
                {
                    waits = true;
                    onWait();
                }
            }

            // Whoever waits holds the turn, so that one who runs session after session cannot slip in again and again.
            await using var turn = await FileLock.AcquireAsync(path + ".turn", Pause, Wait, cancellationToken);
            var file = await FileLock.AcquireAsync(path, Pause, Wait, cancellationToken);
            try
            {
                return new RepositoryLock(file);
            }
            catch
            {
                await file.DisposeAsync();
                throw;
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UserErrorException($"The lock of the repository cannot be made in {state.FullPath}: free space there and let this user write it, or name another folder with --state-dir.", inner: e);
        }
    }

    /// <summary>The session has ended and restic left no lock.</summary>
    public void EndedCleanly() => _file.SetLength(0);

    public void Dispose() => _file.Dispose();
}
