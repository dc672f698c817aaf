using Stash.Core.Kubernetes;
using Stash.Core.Kubernetes.Controllers;
using Stash.Core.Monitoring;
using Stash.Core.Monitoring.Cluster;
using Stash.Operator.Access;
using Stash.Operator.Telemetry;

namespace Stash.Operator.Monitoring.Cluster;

/// <summary>
/// Watches the settings, and, while this process leads, puts them into effect whenever they change, or what they make, or what decides it. Every process watches the settings, as its API tells them.
/// </summary>
internal sealed partial class MonitoringController : BackgroundService
{
    private static readonly TimeSpan FirstRetry = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan MostRetry = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan SeldomRetry = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan LookAtAuthorities = TimeSpan.FromSeconds(1);

    private readonly KubernetesConnection _cluster;
    private readonly OperatorInCluster _self;
    private readonly LeaseLeadership _leadership;
    private readonly MonitoringReconciler _reconciler;
    private readonly TrustPublisher _trust;
    private readonly ClusterRequests _requests;
    private readonly MonitoringMetrics _metrics;
    private readonly Reconciliations _reconciliations;
    private readonly Reconciliations _trustReconciliations = new();
    private readonly TimeProvider _time;
    private readonly ILogger<MonitoringController> _logger;
    private readonly Informer<MonitoringResource> _settings;
    private Action<string?>? _changed;

    public MonitoringController(
        KubernetesConnection cluster, OperatorInCluster self, LeaseLeadership leadership, MonitoringReconciler reconciler, TrustPublisher trust, ClusterRequests requests, MonitoringMetrics metrics,
        ControllerMetrics controllers, ClusterSettings told, TimeProvider time, ILogger<MonitoringController> logger)
    {
        (_cluster, _self, _leadership, _reconciler, _trust, _requests, _metrics) = (cluster, self, leadership, reconciler, trust, requests, metrics);
        (_reconciliations, _time, _logger) = (told.Reconciliations, time, logger);
        var query = new ResourceQuery(MonitoringResource.KubeGroup, MonitoringResource.KubeApiVersion, MonitoringResource.KubePluralName) { Namespace = cluster.Namespace };
        _settings = new(cluster.Client, query.Named(MonitoringResource.ObjectName), time, logger);
        controllers.Add("trust", _trustReconciliations);
        metrics.Follow(query.Resource, () => _settings.Counts);
        _settings.Subscribe(change =>
        {
            Volatile.Read(ref _changed)?.Invoke(change.Value.Metadata.ResourceVersion);
            told.Take(change.Type == ChangeType.Deleted ? null : change.Value);
        });
        _settings.SubscribeState(state =>
        {
            requests.Note($"watch {query.Resource}", state.Problem);
            if (state.Synced && Settings is null)
            {
                told.Take(null);
            }

            Volatile.Read(ref _changed)?.Invoke(null);
        });
    }

    private MonitoringResource? Settings => _settings.Get(_self.Namespace, MonitoringResource.ObjectName);

    /// <summary>Whether the settings are known as they are now: after an outage the API server may answer sooner than the watch goes on, and old settings are not to be put into effect again.</summary>
    private bool IsCurrent => _settings.State switch
    {
        { Synced: false } => false,
        { Problem: null } => true,
        { Problem.Kind: ClusterProblemKind.NotFound } => Settings is null,
        _ => false,
    };

    private enum Work
    {
        Settings,
        Trust,
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.WhenAll(_settings.RunAsync(stoppingToken), _leadership.RunAsync(LeadAsync, stoppingToken));

    private async Task LeadAsync(CancellationToken term)
    {
        using WorkQueue<Work> queue = new(_time, FirstRetry, MostRetry);
        LeaderWatches? watches = null;
        Dictionary<Work, WorkItem> items = new()
        {
            [Work.Settings] = new(_time, _reconciliations, (changes, stop) => _reconciler.RunAsync(Settings, watches!, changes, stop)),
            [Work.Trust] = new(_time, _trustReconciliations, (changes, stop) => _trust.RunAsync(watches!, changes, stop)),
        };
        void Changed(Work work, string? version)
        {
            items[work].Changes.Saw(version);
            queue.Add(work);
        }

        await using (watches = new(_cluster, _self, _requests, _metrics, _time, _logger, v => Changed(Work.Settings, v), v => Changed(Work.Trust, v), term))
        {
            Volatile.Write(ref _changed, v => Changed(Work.Settings, v));
            _reconciliations.CountBy(() => items[Work.Settings].Changes.Any ? 1 : 0);
            _trustReconciliations.CountBy(() => items[Work.Trust].Changes.Any ? 1 : 0);
            try
            {
                _settings.Wake();
                // What is to be removed is known when it is known what there is.
                await Task.WhenAll(_settings.WaitForSyncAsync(term), watches.ReadyAsync(term));
                Changed(Work.Settings, null);
                Changed(Work.Trust, null);
                await Task.WhenAll([.. items.Select(_ => DoAsync(queue, items, term)), LookAsync(Changed, term)]);
            }
            finally
            {
                Volatile.Write(ref _changed, null);
                _reconciliations.CountBy(null);
                _trustReconciliations.CountBy(null);
                _metrics.Tell([]);
            }
        }
    }

    private async Task DoAsync(WorkQueue<Work> queue, Dictionary<Work, WorkItem> items, CancellationToken term)
    {
        while (await queue.TakeAsync(term) is (true, var work))
        {
            try
            {
                await DoAsync(queue, work, items[work], term);
            }
            finally
            {
                queue.Done(work);
            }
        }
    }

    private async Task DoAsync(WorkQueue<Work> queue, Work work, WorkItem item, CancellationToken term)
    {
        if (!_leadership.IsLeader)
        {
            // Its term ends at this moment.
            return;
        }

        if (work == Work.Settings && !IsCurrent)
        {
            // It comes again when they are.
            return;
        }

        if (!item.IsDue)
        {
            if (item.RetryIn is { } left)
            {
                queue.AddAfter(work, left);
            }

            return;
        }

        if (item.Pace.Wait() is var wait && wait > TimeSpan.Zero)
        {
            queue.AddAfter(work, wait);
            return;
        }

        var pass = await item.RunAsync(e => LogFault(_logger, e, work), term);
        var delay = pass.Retry switch
        {
            PassRetry.Soon => queue.AddRateLimited(work),
            PassRetry.Seldom => SeldomRetry,
            _ => (TimeSpan?)null,
        };
        if (pass.Retry != PassRetry.Soon)
        {
            queue.Forget(work);
        }

        if (pass.After is { } after)
        {
            item.Pace.NotBefore(after);
            delay = after > delay ? after : delay;
        }

        item.RetryAfter(delay);
        if (delay is { } later)
        {
            queue.AddAfter(work, later);
        }
    }

    /// <summary>Looks at the authorities of the serving certificate: their files tell nobody that they have changed.</summary>
    private async Task LookAsync(Action<Work, string?> changed, CancellationToken term)
    {
        var known = _self.Authorities;
        using PeriodicTimer timer = new(LookAtAuthorities, _time);
        while (await timer.WaitForNextTickAsync(term))
        {
            if (_self.Authorities is var now && now != known)
            {
                known = now;
                changed(Work.Trust, null);
                changed(Work.Settings, null);
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "A fault of the program at the work on {Work}; it is tried again")]
    private static partial void LogFault(ILogger logger, Exception exception, Work work);
}
