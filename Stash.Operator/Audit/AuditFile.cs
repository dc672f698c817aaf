using System.Globalization;
using Microsoft.Win32.SafeHandles;
using Stash.Core.Configuration;
using Stash.Core.Gateway;

namespace Stash.Operator.Audit;

/// <summary>
/// The audit log as a file, mode 0600. At its size it is put aside under a name with the time; who moves it away himself, or truncates it, is followed.
/// A line is written at the file's end as it is then; where a crash has left half a line, it is ended first.
/// </summary>
internal sealed partial class AuditFile(string path, AuditOptions options, TimeProvider time, ILogger logger) : IAuditSink
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly AuditBackups _backups = new(path, options.MaxBackups, options.MaxAgeDays, time, logger);
    private readonly long _maxSize = (long)options.MaxSizeMegabytes << 20;
    private FileStream? _file;
    private string? _place;

    public void Reserve(int lines)
    {
        var file = Open();
        if (RandomAccess.GetLength(file) + IAuditSink.MaxLine > _maxSize)
        {
            file = PutAside(file, lines);
        }

        Reserve(file, lines);
        _backups.TrimNowAndThen();
    }

    public void Write(ReadOnlySpan<byte> line)
    {
        var file = Open();
        var end = RandomAccess.GetLength(file);
        try
        {
            Span<byte> last = stackalloc byte[1];
            if (end > 0 && RandomAccess.Read(file, last, end - 1) == 1 && last[0] != '\n')
            {
                RandomAccess.Write(file, "\n"u8, end);
                end++;
            }

            RandomAccess.Write(file, line, end);
            RandomAccess.FlushToDisk(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Cut(file, end);
            throw;
        }
    }

    public void Dispose() => Close();

    /// <summary>Opens the file, and anew where the path no longer leads to it.</summary>
    private SafeFileHandle Open()
    {
        if (_file is not null)
        {
            if (PlaceOf(_file) == _place)
            {
                return _file.SafeFileHandle;
            }

            Close();
        }

        if (Directory.Exists(path))
        {
            throw new AuditException("its path is a folder: name a file with --audit-log-path");
        }

        _file = Open(path, FileMode.OpenOrCreate);
        if (!_file.CanSeek)
        {
            Close();
            throw new AuditException(AuditException.NoFile);
        }

        _place = PlaceOf(_file);
        Directories.Sync(Path.GetDirectoryName(path)!);
        return _file.SafeFileHandle;
    }

    /// <summary>Puts the file aside and begins another, in which space is set aside first; where that cannot be, the old one goes on.</summary>
    private SafeFileHandle PutAside(SafeFileHandle file, int lines)
    {
        var place = _place ?? path;
        var fresh = $"{place}.next";
        try
        {
            using (var next = Open(fresh, FileMode.Create))
            {
                File.SetUnixFileMode(next.SafeFileHandle, File.GetUnixFileMode(file));
                Reserve(next.SafeFileHandle, lines);
            }

            File.Move(place, _backups.NewName(), overwrite: false);
            File.Move(fresh, place, overwrite: false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            LogNotPutAside(logger, e);
            DeleteQuietly(fresh);
            return Open();
        }

        var opened = Open();
        _backups.Trim();
        return opened;
    }

    private static void Reserve(SafeFileHandle file, int lines)
    {
        var bytes = (long)lines * IAuditSink.MaxLine;
        if (!Posix.Reserve(file, RandomAccess.GetLength(file), bytes))
        {
            // The nearest there is where the file system cannot set space aside. It may be gone at the next moment.
            DriveInfo disk = new(string.Create(CultureInfo.InvariantCulture, $"/proc/self/fd/{(int)file.DangerousGetHandle()}"));
            if (disk.AvailableFreeSpace < bytes)
            {
                throw new IOException("There is too little space.", Posix.NoSpace);
            }
        }
    }

    private static FileStream Open(string path, FileMode mode) => new(path, new FileStreamOptions
    {
        Mode = mode,
        Access = FileAccess.ReadWrite,
        Share = FileShare.ReadWrite | FileShare.Delete,
        BufferSize = 0,
        UnixCreateMode = OwnerOnly,
    });

    /// <summary>Where an open file is now, whatever was renamed meanwhile.</summary>
    private static string? PlaceOf(FileStream file) =>
        new FileInfo(string.Create(CultureInfo.InvariantCulture, $"/proc/self/fd/{(int)file.SafeFileHandle.DangerousGetHandle()}")).LinkTarget;

    /// <summary>Takes away what was written of a line.</summary>
    private static void Cut(SafeFileHandle file, long length)
    {
        try
        {
            RandomAccess.SetLength(file, length);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The next line ends it.
        }
    }

    private static void DeleteQuietly(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Replaced by the next one.
        }
    }

    private void Close()
    {
        if (_file is { } file)
        {
            _file = null;
            if (file.CanSeek)
            {
                // Gives back what was set aside.
                Cut(file.SafeFileHandle, RandomAccess.GetLength(file.SafeFileHandle));
            }

            file.Dispose();
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The audit log has reached its size and cannot be put aside; it goes on growing. See that its folder is writable and its disk has space")]
    private static partial void LogNotPutAside(ILogger logger, Exception exception);
}
