namespace Stash.Console.Operator;

/// <summary>A small file that is read again when it changes: by time and length, looked at on each use.</summary>
internal sealed class WatchedFile<T>(string path, Func<byte[], T> parse)
    where T : class
{
    private readonly Lock _lock = new();
    private (DateTime Written, long Length) _stamp;
    private T? _value;

    public string Path => path;

    /// <summary>The content as it is now; null where the file is missing, unreadable or not what it should be.</summary>
    public T? Read()
    {
        lock (_lock)
        {
            try
            {
                // What a pod mounts is a link to a link that is changed: the file at its end tells.
                var info = File.ResolveLinkTarget(path, returnFinalTarget: true) as FileInfo ?? new FileInfo(path);
                var stamp = (info.LastWriteTimeUtc, info.Length);
                if (_value is null || stamp != _stamp)
                {
                    _value = parse(File.ReadAllBytes(path));
                    _stamp = stamp;
                }

                return _value;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException or System.Security.Cryptography.CryptographicException)
            {
                return _value = null;
            }
        }
    }
}
