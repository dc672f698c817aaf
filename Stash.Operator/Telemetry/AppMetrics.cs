using System.Globalization;
using Stash.Core.Exposition;
using Stash.Core.Gateway;
using Stash.Core.Sessions;
using Stash.Core.Sessions.Journal;

namespace Stash.Operator.Telemetry;

/// <summary>
/// When each app succeeded last, and how often it has failed since, from the journal. Whoever pushes chooses the names of apps: there is a limit to their number, and those
/// known longest stay.
/// </summary>
internal sealed partial class AppMetrics(SessionJournal journal, JournalProgress progress, TimeProvider time, ILogger<AppMetrics> logger)
{
    /// <summary>Apps and operations that have series.</summary>
    internal const int MaxApps = 500;

    /// <summary>Names in Kubernetes are no longer.</summary>
    private const int MaxName = 253;

    /// <summary>While sessions come in, the journal is not asked more often.</summary>
    private static readonly TimeSpan Freshness = TimeSpan.FromSeconds(1);

    /// <summary>Where none come in, it may still have been trimmed.</summary>
    private static readonly TimeSpan ReadAgain = TimeSpan.FromMinutes(10);

    /// <summary>A journal that another program holds must not hold up a scrape.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private FamilyPieces[] _families = [];
    private Task? _reading;
    private long _sessions = -1;
    private long _readAt;
    private bool _failed;

    public void AddTo(OperatorMetrics metrics)
    {
        metrics.Registry.AddBeforeCollectCallback(RefreshAsync);
        metrics.AddPieces(() => Volatile.Read(ref _families));
    }

    private async Task RefreshAsync(CancellationToken cancellationToken)
    {
        Task reading;
        lock (_lock)
        {
            var age = time.GetElapsedTime(_readAt);
            if (_reading is null && _sessions >= 0 && (progress.Sessions == _sessions ? age < ReadAgain : age < Freshness))
            {
                return;
            }

            // SQLite waits without giving its thread back.
            reading = _reading ??= Task.Run(ReadAsync, CancellationToken.None);
        }

        await reading.WaitAsync(Patience, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task ReadAsync()
    {
        var sessions = progress.Sessions;
        try
        {
            var (apps, others) = await journal.Reader.LongestKnownAsync(MaxApps, MaxName, CancellationToken.None);
            Volatile.Write(ref _families, Families(apps, others));
            lock (_lock)
            {
                (_sessions, _readAt, _failed) = (sessions, time.GetTimestamp(), false);
            }
        }
        catch (Exception e)
        {
            // Scrapes go on with what was read before, and each tries again. The cause once, not with each.
            if (!_failed)
            {
                _failed = true;
                LogUnreadable(logger, e, journal.Name, journal.Remedy);
            }
        }
        finally
        {
            lock (_lock)
            {
                _reading = null;
            }
        }
    }

    private static FamilyPieces[] Families(IReadOnlyList<AppSummary> apps, int others)
    {
        MetricFamily success = Gauge("stash_app_last_success_time_seconds", "End of the last session of an app and operation that succeeded, Unix seconds; 0 where none has.");
        MetricFamily failures = Gauge("stash_app_failures_since_success", "Sessions of an app and operation that failed since the last one that succeeded.");
        foreach (var app in apps)
        {
            List<Label> labels = [new("app", app.App), new("namespace", app.Namespace), new("operation", app.Operation)];
            success.Metrics.Add(new Metric { Labels = labels, Value = app.LastSuccessTime?.ToUnixTimeMilliseconds() / 1000d ?? 0 });
            failures.Metrics.Add(new Metric { Labels = labels, Value = app.FailuresSinceSuccess });
        }

        var left = Gauge(
            "stash_apps_left_out",
            string.Create(CultureInfo.InvariantCulture, $"Apps and operations of the journal that have no series in stash_app_*: all but the {MaxApps} known longest, and those with names of more than {MaxName} characters."));
        left.Metrics.Add(new Metric { Value = others });
        return [.. new[] { success, failures, left }.Where(f => f.Metrics.Count > 0).Select(FamilyPieces.Stored)];
    }

    private static MetricFamily Gauge(string name, string help) => new(name) { Help = help, Type = MetricType.Gauge };

    [LoggerMessage(Level = LogLevel.Warning, Message = "The metrics stash_app_* stay as they were, since {Journal} cannot be read: {Remedy}")]
    private static partial void LogUnreadable(ILogger logger, Exception exception, string journal, string remedy);
}
