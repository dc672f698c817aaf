using System.Globalization;
using System.Text.Json;
using Stash.Core.Configuration;
using Stash.Core.Gateway;

namespace Stash.Operator.Runner;

/// <summary>
/// Pushes on disk until their gateway has them: one synced file each, named in the order in which the sessions ended.
/// One folder per gateway. Those that the gateway refused are kept aside in <c>refused/</c>.
/// </summary>
internal sealed class PushSpool(StateFolder state, string gatewayAddress)
{
    private const string Pattern = "*.json";

    private readonly Lock _lock = new();

    /// <summary>The state folder, for messages: it need not be there.</summary>
    public string Root => state.FullPath;

    public string Folder => state.Folder("spool", StateFolder.FileName(gatewayAddress));

    public string RefusedFolder => state.Folder("spool", StateFolder.FileName(gatewayAddress), "refused");

    /// <summary>Files that wait, oldest first.</summary>
    public IReadOnlyList<string> Waiting() => [.. Directory.EnumerateFiles(Folder, Pattern).Order(StringComparer.Ordinal)];

    /// <summary>Adds a push, on the disk when this returns.</summary>
    /// <exception cref="IOException">It cannot be written, as on a full disk.</exception>
    public void Add(PendingPush push, DateTimeOffset now)
    {
        lock (_lock)
        {
            // Behind all that is there, also where the clock has been set back.
            var last = Waiting().Select(f => Path.GetFileName(f).AsSpan(0, 15).ToString()).LastOrDefault();
            var number = Math.Max(now.ToUnixTimeMilliseconds(), last is not null && long.TryParse(last, CultureInfo.InvariantCulture, out var l) ? l + 1 : 0);
            DataFolder.Replace(Path.Combine(Folder, string.Create(CultureInfo.InvariantCulture, $"{number:D15}-{push.SessionId}.json")), JsonSerializer.SerializeToUtf8Bytes(push, PendingPushJson.Default.PendingPush));
            Directories.Sync(Folder);
        }
    }

    /// <summary>Null where the file has gone: another process has delivered it.</summary>
    /// <exception cref="JsonException">The file is damaged.</exception>
    public static PendingPush? Read(string file)
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(file), PendingPushJson.Default.PendingPush);
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }

    /// <summary>Where the file is kept from now on.</summary>
    public string PutAside(string file)
    {
        var aside = Path.Combine(RefusedFolder, Path.GetFileName(file));
        File.Move(file, aside, overwrite: true);
        return aside;
    }

    /// <summary>The right to deliver: one process at a time, so that nothing goes twice or out of order.</summary>
    public Task<FileStream> LockAsync(CancellationToken cancellationToken) =>
        FileLock.AcquireAsync(Path.Combine(Folder, "lock"), TimeSpan.FromMilliseconds(100), null, cancellationToken);
}
