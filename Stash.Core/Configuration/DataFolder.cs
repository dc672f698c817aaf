namespace Stash.Core.Configuration;

/// <summary>The data folder: made on first use, mode 0700, checked to be writable; and its files that hold secrets, mode 0600.</summary>
public sealed class DataFolder
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private DataFolder(string path) => FullPath = path;

    public string FullPath { get; }

    public string ApiToken => In("api-token");

    /// <summary>With which <c>/metrics</c> alone may be read.</summary>
    public string MetricsToken => In("metrics-token");

    /// <summary>The operator's own authority; the one before or after it too, while both count.</summary>
    public string CaCertificate => In("ca.crt");

    public string CaKey => In("ca.key");

    /// <summary>The key of the authority that comes after.</summary>
    public string CaNextKey => In("ca-next.key");

    /// <summary>What clients need to trust a serving certificate that was given (<c>Stash:Api:CertificateFile</c>); only there where one is.</summary>
    public string ServingCaCertificate => In("serving-ca.crt");

    /// <exception cref="UserErrorException">The folder cannot be made or written.</exception>
    public static DataFolder Open(string path)
    {
        try
        {
            Directory.CreateDirectory(path, OwnerOnly | UnixFileMode.UserExecute);
            var probe = System.IO.Path.Combine(path, $".probe-{Environment.ProcessId}");
            File.WriteAllBytes(probe, [0]);
            File.Delete(probe);
            return new DataFolder(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            var remedy = IsDiskFull(e) ? "make space on its disk" : "make it writable for this user";
            throw new UserErrorException($"The data folder {path} cannot be written ({Reason(e)}): {remedy}, or name another with --data-dir.", inner: e);
        }
    }

    /// <summary>One that is there already, to read from it: nothing is made or written.</summary>
    /// <exception cref="UserErrorException">There is no such folder.</exception>
    public static DataFolder Existing(string path) => Directory.Exists(path)
        ? new DataFolder(path)
        : throw new UserErrorException($"There is no data folder {path}: name the operator's with --data-dir.");

    public string In(params ReadOnlySpan<string> names) => System.IO.Path.Combine([FullPath, .. names]);

    /// <summary>Writes a file so that a crash leaves either the old content or the new: a temporary file, fsync, rename.</summary>
    /// <param name="path">Absolute path; its folder exists.</param>
    /// <param name="content">The whole content.</param>
    /// <param name="secret">Mode 0600 instead of 0644.</param>
    public static void Replace(string path, ReadOnlySpan<byte> content, bool secret = false)
    {
        var temporary = $"{path}.{Environment.ProcessId}.tmp";
        var options = new FileStreamOptions
        {
            Mode = FileMode.Create,
            Access = FileAccess.Write,
            UnixCreateMode = secret ? OwnerOnly : OwnerOnly | UnixFileMode.GroupRead | UnixFileMode.OtherRead,
        };
        using (var file = new FileStream(temporary, options))
        {
            file.Write(content);
            file.Flush(flushToDisk: true);
        }

        File.Move(temporary, path, overwrite: true);
    }

    private static bool IsDiskFull(Exception e) => e is IOException && (e.HResult & 0xFFFF) is 28;

    private static string Reason(Exception e) => e switch
    {
        UnauthorizedAccessException => "permission denied",
        DirectoryNotFoundException => "no such folder",
        _ when IsDiskFull(e) => "no space left",
        _ => "not a folder, or not writable",
    };
}
