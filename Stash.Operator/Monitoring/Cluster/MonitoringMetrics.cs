using System.Collections.Concurrent;
using Prometheus;
using Stash.Core.Kubernetes;
using Stash.Core.Kubernetes.Controllers;
using Stash.Core.Monitoring;
using Stash.Core.Monitoring.Cluster;
using Stash.Operator.Telemetry;

namespace Stash.Operator.Monitoring.Cluster;

/// <summary>What the controller of the settings meets in its cluster.</summary>
internal sealed class MonitoringMetrics
{
    private static readonly string[] Statuses = ["True", "False", "Unknown"];

    private readonly ConcurrentDictionary<Followed, byte> _followed = new();
    private readonly Gauge _conditions;
    private readonly Counter _failures;
    private readonly Counter _lists;
    private readonly Counter _watches;
    private readonly Counter _errors;
    private readonly Counter _expired;

    public MonitoringMetrics(OperatorMetrics metrics, KubernetesConnection cluster)
    {
        var factory = metrics.Factory;
        _conditions = factory.CreateGauge("stash_monitoring_condition", "1 for the status that a condition of the monitoring settings has, as the leader sees it, else 0; 0 for all where the settings ask for no such thing. None where there are no settings, or where another process leads.", ["condition", "status"]);
        _failures = factory.CreateCounter("stash_monitoring_failures_total", "Objects that could not be made, changed or removed for the monitoring settings, by the reason; each attempt counts.", ["reason"]);
        _lists = factory.CreateCounter("stash_watch_lists_total", "Requests for lists of what is watched in the cluster, by resource.", ["resource"]);
        _watches = factory.CreateCounter("stash_watch_starts_total", "Watches that were begun or continued in the cluster, by resource.", ["resource"]);
        _errors = factory.CreateCounter("stash_watch_errors_total", "Lists and watches of the cluster that failed or broke, by resource.", ["resource"]);
        _expired = factory.CreateCounter("stash_watch_expired_total", "Times that the cluster's API server no longer had the changes since a resource was last seen (410), so that it was listed anew, by resource.", ["resource"]);
        var requests = factory.CreateCounter("stash_kubernetes_api_requests_total", "All requests to the cluster's API server: watch (one for each watch that is begun), lease (election of a leader), review (who may), read, change.", ["kind"]);
        var kinds = Enum.GetValues<RequestKind>().ToDictionary(k => k, k => requests.WithLabels(k.ToString().ToLowerInvariant()));
        metrics.Registry.AddBeforeCollectCallback(() =>
        {
            foreach (var one in _followed.Keys)
            {
                one.Look();
            }

            foreach (var (kind, child) in kinds)
            {
                child.IncTo(cluster.Requests[kind]);
            }
        });
    }

    /// <summary>Shows the conditions; none takes them away.</summary>
    public void Tell(IReadOnlyList<MonitoringCondition> conditions)
    {
        if (conditions.Count == 0)
        {
            foreach (var labels in _conditions.GetAllLabelValues())
            {
                _conditions.RemoveLabelled(labels);
            }
        }

        foreach (var condition in conditions)
        {
            foreach (var status in Statuses)
            {
                _conditions.WithLabels(condition.Type, status).Set(condition.Status == status && condition.Reason != MonitoringCondition.NotWanted ? 1 : 0);
            }
        }
    }

    public void Failed(FailureReason reason) => _failures.WithLabels(reason.ToString()).Inc();

    /// <summary>Counts what a watch does from now on.</summary>
    /// <returns>Ends it.</returns>
    public IDisposable Follow(string resource, Func<InformerCounts> counts) => new Followed(this, resource, counts);

    private void Watched(string resource, InformerCounts before, InformerCounts now)
    {
        _lists.WithLabels(resource).Inc(now.Lists - before.Lists);
        _watches.WithLabels(resource).Inc(now.Watches - before.Watches);
        _errors.WithLabels(resource).Inc(now.Errors - before.Errors);
        _expired.WithLabels(resource).Inc(now.Expired - before.Expired);
    }

    private sealed class Followed : IDisposable
    {
        private readonly MonitoringMetrics _metrics;
        private readonly string _resource;
        private readonly Func<InformerCounts> _counts;
        private readonly Lock _lock = new();
        private InformerCounts _last = new(0, 0, 0, 0, 0);

        public Followed(MonitoringMetrics metrics, string resource, Func<InformerCounts> counts)
        {
            (_metrics, _resource, _counts) = (metrics, resource, counts);
            metrics._followed.TryAdd(this, 0);
        }

        public void Look()
        {
            lock (_lock)
            {
                var now = _counts();
                _metrics.Watched(_resource, _last, now);
                _last = now;
            }
        }

        public void Dispose()
        {
            _metrics._followed.TryRemove(this, out _);
            Look();
        }
    }
}
