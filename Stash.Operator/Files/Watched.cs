using Stash.Core;

namespace Stash.Operator.Files;

/// <summary>
/// What is read from files that may change while the process runs. At most once a second whoever asks looks at them again; where they have
/// become unusable, what was read before stays.
/// </summary>
internal sealed partial class Watched<T>
    where T : class
{
    private readonly IReadOnlyList<string> _paths;
    private readonly Func<IReadOnlyList<byte[]>, T> _read;
    private readonly LookPace _pace;
    private readonly ILogger _logger;
    private IReadOnlyList<byte[]> _contents;
    private T _current;
    private string _failure = "";

    /// <param name="paths">The files.</param>
    /// <param name="read">Makes the value of their contents.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Gets a line for each change.</param>
    /// <exception cref="UserErrorException">A file cannot be read, or its content is wrong.</exception>
    public Watched(IReadOnlyList<string> paths, Func<IReadOnlyList<byte[]>, T> read, TimeProvider time, ILogger logger)
    {
        (_paths, _read, _logger) = (paths, read, logger);
        _pace = new LookPace(time);
        _contents = Load();
        _current = read(_contents);
    }

    public T Current
    {
        get
        {
            if (_paths.Count > 0 && _pace.TryBegin())
            {
                try
                {
                    LookAgain();
                }
                finally
                {
                    _pace.End();
                }
            }

            return Volatile.Read(ref _current);
        }
    }

    private void LookAgain()
    {
        try
        {
            var contents = Load();
            if (contents.Zip(_contents, (a, b) => a.AsSpan().SequenceEqual(b)).All(same => same))
            {
                // Back to what is in use, after a failure: nothing to read, but another failure is worth a line.
                _failure = "";
                return;
            }

            var changed = _read(contents);
            _contents = contents;
            Volatile.Write(ref _current, changed);
            _failure = "";
            var files = string.Join(", ", _paths);
            LogReloaded(_logger, files);
        }
        catch (UserErrorException e)
        {
            if (_failure != e.Message)
            {
                _failure = e.Message;
                LogKept(_logger, e.Message);
            }
        }
    }

    private IReadOnlyList<byte[]> Load() => [.. _paths.Select(path =>
    {
        try
        {
            return File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UserErrorException($"{path} cannot be read: make it a file that this user may read.", inner: e);
        }
    })];

    [LoggerMessage(Level = LogLevel.Information, Message = "{Files} changed: what they say now is in use")]
    private static partial void LogReloaded(ILogger logger, string files);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Error} Until then, what was read before stays in use")]
    private static partial void LogKept(ILogger logger, string error);
}
