namespace Stash.Operator.Runner;

/// <summary>The kernel's lock on a file (flock), between processes and within one. It goes with its process however that ends.</summary>
internal static class FileLock
{
    private const int WouldBlock = 11;

    /// <summary>Waits until it has the lock.</summary>
    /// <param name="path">The file, made where it is missing; it stays.</param>
    /// <param name="pause">Between tries.</param>
    /// <param name="onWait">Called once where the lock is not free at once.</param>
    /// <param name="cancellationToken">Stops the waiting.</param>
    /// <returns>The open file: disposing it gives the lock back.</returns>
    /// <exception cref="IOException">The file cannot be made.</exception>
    /// <exception cref="UnauthorizedAccessException">Nor may it be.</exception>
    public static async Task<FileStream> AcquireAsync(string path, TimeSpan pause, Action? onWait, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                // FileShare.None is flock(LOCK_EX | LOCK_NB).
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 1);
            }
            catch (IOException e) when ((e.HResult & 0xFFFF) == WouldBlock)
            {
                onWait?.Invoke();
                onWait = null;
                await Task.Delay(pause, cancellationToken);
            }
        }
    }
}
