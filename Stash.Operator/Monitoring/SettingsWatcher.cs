using Stash.Core.Configuration;
using Stash.Core.Monitoring.Embedded;

namespace Stash.Operator.Monitoring;

/// <summary>Has the settings read again when their file changes: at once where the file system tells, else within two seconds.</summary>
internal sealed partial class SettingsWatcher(MonitoringStore store, DataFolder data, ILogger<SettingsWatcher> logger) : BackgroundService
{
    private static readonly TimeSpan PollEvery = TimeSpan.FromSeconds(2);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using SemaphoreSlim changed = new(0, 1);
        using var watcher = Watch(changed);
        while (!stoppingToken.IsCancellationRequested)
        {
            // An editor writes in several steps; what is read half-written is read again by the next change or poll.
            await changed.WaitAsync(PollEvery, stoppingToken);
            try
            {
                await store.ReloadAsync(stoppingToken);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                LogUnreadable(logger, e);
            }
        }
    }

    private FileSystemWatcher? Watch(SemaphoreSlim changed)
    {
        void Signal(object sender, FileSystemEventArgs e)
        {
            try
            {
                changed.Release();
            }
            catch (Exception full) when (full is SemaphoreFullException or ObjectDisposedException)
            {
                // A reading is due already, or none any more.
            }
        }

        try
        {
            var watcher = new FileSystemWatcher(data.FullPath, "monitoring.yaml");
            watcher.Changed += Signal;
            watcher.Created += Signal;
            watcher.Renamed += (s, e) => Signal(s, e);
            watcher.EnableRaisingEvents = true;
            return watcher;
        }
        catch (IOException e)
        {
            // The machine's inotify limit: polling remains.
            LogNoWatch(logger, e);
            return null;
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "monitoring.yaml in the data folder cannot be read; the settings before stay in force. See that it is a file that this user may read")]
    private static partial void LogUnreadable(ILogger logger, Exception exception);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The data folder cannot be watched; monitoring.yaml is looked at every two seconds")]
    private static partial void LogNoWatch(ILogger logger, Exception exception);
}
