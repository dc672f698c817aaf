using System.Collections.Concurrent;
using k8s;
using k8s.Models;
using Stash.Core.Kubernetes;
using Stash.Core.Kubernetes.Controllers;
using Stash.Core.Monitoring.Cluster;
using Stash.Core.Monitoring.Prometheuses;
using Stash.Operator.Access;

namespace Stash.Operator.Monitoring.Cluster;

/// <summary>What the leader watches beside the settings: what these make, and what decides it.</summary>
internal sealed class LeaderWatches : IAsyncDisposable
{
    /// <summary>The aggregated API.</summary>
    public static readonly ResourceQuery ApiService = new ResourceQuery("apiregistration.k8s.io", "v1", "apiservices").Named("v1alpha1.monitoring.stash.appscode.com");

    private readonly IKubernetes _client;
    private readonly OperatorInCluster _self;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly ClusterRequests _requests;
    private readonly MonitoringMetrics _metrics;
    private readonly Action<string?> _settings;
    private readonly Action<string?> _trust;
    private readonly CancellationTokenSource _end;
    private readonly List<Task> _runs = [];
    private readonly List<Task> _first = [];
    private readonly List<IDisposable> _followed = [];
    private readonly ConcurrentDictionary<string, ClusterProblem> _problems = new(StringComparer.Ordinal);
    private readonly Informer<V1Namespace> _namespaces;
    private readonly Informer<V1ClusterRoleBinding> _bindings;
    private Informer<PrometheusResource>? _prometheuses;

    /// <param name="cluster">Of it.</param>
    /// <param name="self">Whose objects.</param>
    /// <param name="requests">Is told what is wrong.</param>
    /// <param name="metrics">Count what they do.</param>
    /// <param name="time">The informers' clock.</param>
    /// <param name="logger">The informers'.</param>
    /// <param name="settings">Is told of what the settings make and depend on: the version of what has changed, null where something else has.</param>
    /// <param name="trust">The same of what tells the authorities.</param>
    /// <param name="stop">Ends them.</param>
    public LeaderWatches(
        KubernetesConnection cluster, OperatorInCluster self, ClusterRequests requests, MonitoringMetrics metrics, TimeProvider time, ILogger logger, Action<string?> settings, Action<string?> trust, CancellationToken stop)
    {
        (_client, _self, _requests, _metrics, _time, _logger, _settings, _trust) = (cluster.Client, self, requests, metrics, time, logger, settings, trust);
        _end = CancellationTokenSource.CreateLinkedTokenSource(stop);
        Watch<WatchedObject>(Of(ClusterKind.Service, self.Namespace).Named(self.ServiceName), _settings);
        // By name: so it needs no right to see any other Secret.
        Watch<WatchedObject>(Of(ClusterKind.Secret, null).Named(self.CertificateSecretName), _settings);
        Watch<WatchedObject>(Of(ClusterKind.ClusterRole, null).Named(self.MetricsRole), _settings);
        _bindings = Watch<V1ClusterRoleBinding>(Of(ClusterKind.ClusterRoleBinding, null).Named(self.MetricsRole), _settings);
        _namespaces = Watch<V1Namespace>(new("", "v1", "namespaces"), _settings, (now, old) => now.Status?.Phase != old.Status?.Phase || !Same(now.Labels(), old.Labels()));
        Authorities = Watch<V1ConfigMap>(new ResourceQuery("", "v1", "configmaps") { Namespace = self.Namespace }.Named(self.AuthorityMapName), _trust);
        ApiServices = Watch<V1APIService>(ApiService, _trust, (now, old) => now.Metadata.Generation != old.Metadata.Generation || now.Spec.CaBundle?.AsSpan().SequenceEqual(old.Spec.CaBundle) != true);
    }

    /// <summary>What keeps them from seeing changes. A resource that the cluster does not have is none of these.</summary>
    public IReadOnlyCollection<ClusterProblem> Problems => [.. _problems.OrderBy(p => p.Key, StringComparer.Ordinal).Select(p => p.Value)];

    public Informer<V1ConfigMap> Authorities { get; }

    public Informer<V1APIService> ApiServices { get; }

    /// <summary>Who is let read the operator's metrics today.</summary>
    public IReadOnlyCollection<PrometheusServiceAccount> Bound => _bindings.Get("", _self.MetricsRole)?.Subjects is { } subjects
        ? [.. subjects.Where(s => s.Kind == "ServiceAccount").Select(s => new PrometheusServiceAccount(s.NamespaceProperty ?? "", s.Name))]
        : [];

    /// <summary>Watches also what matters with a ServiceMonitor, from the first time on that there is to be one.</summary>
    /// <returns>What is known of it.</returns>
    public async Task<FoundPrometheuses> FindPrometheusesAsync(CancellationToken stop)
    {
        if (_prometheuses is null)
        {
            Watch<WatchedObject>(Of(ClusterKind.ServiceMonitor, null).Named(_self.ServiceMonitorName), _settings);
            _prometheuses = Watch<PrometheusResource>(
                new(PrometheusResource.KubeGroup, PrometheusResource.KubeApiVersion, PrometheusResource.KubePluralName), _settings, (now, old) => now.Metadata.Generation is null || now.Metadata.Generation != old.Metadata.Generation);
        }

        await ReadyAsync(stop);
        var (state, namespaces) = (_prometheuses.State, _namespaces);
        // An API server that has just started knows no custom resource for a moment.
        var isUnknown = state is { Synced: true, Problem.Kind: ClusterProblemKind.NotFound } && _prometheuses.Items.Count == 0;
        return new()
        {
            IsKnown = !isUnknown,
            // What was read before stays good while the server is away.
            Problem = isUnknown || state.Synced ? null : state.Problem,
            Prometheuses = [.. _prometheuses.Items],
            Namespaces = namespaces.HasSynced
                ? namespaces.Items.ToDictionary(n => n.Metadata.Name, n => (IReadOnlyDictionary<string, string>)(n.Labels() ?? new Dictionary<string, string>(StringComparer.Ordinal)).ToDictionary(StringComparer.Ordinal), StringComparer.Ordinal)
                : null,
            NamespacesProblem = namespaces.HasSynced ? null : namespaces.State.Problem,
        };
    }

    /// <summary>Waits until each knows what there is, or why it does not.</summary>
    public Task ReadyAsync(CancellationToken stop) => Task.WhenAll(_first).WaitAsync(stop);

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await Task.WhenAll(_runs);
        _followed.ForEach(f => f.Dispose());
        foreach (var resource in _problems.Keys)
        {
            _requests.Forget($"watch {resource}");
        }

        _end.Dispose();
    }

    private static ResourceQuery Of(ClusterKind kind, string? @namespace) => new(kind.Group, kind.Version, kind.Plural) { Namespace = @namespace };

    private static bool Same(IDictionary<string, string>? a, IDictionary<string, string>? b) =>
        (a?.Count ?? 0) == (b?.Count ?? 0) && (a is null || a.All(p => b!.TryGetValue(p.Key, out var value) && value == p.Value));

    private Informer<T> Watch<T>(ResourceQuery query, Action<string?> changed, Func<T, T, bool>? matters = null)
        where T : class, IMetadata<V1ObjectMeta>
    {
        Informer<T> informer = new(_client, query, _time, _logger);
        TaskCompletionSource first = new(TaskCreationOptions.RunContinuationsAsynchronously);
        informer.Subscribe(change =>
        {
            if (change.Type != ChangeType.Updated || matters?.Invoke(change.Value, change.Old!) != false)
            {
                changed(change.Value.ResourceVersion());
            }
        });
        informer.SubscribeState(state =>
        {
            Tell(query.Resource, state.Problem is { Kind: ClusterProblemKind.NotFound } ? null : state.Problem);
            first.TrySetResult();
            changed(null);
        });
        _followed.Add(_metrics.Follow(query.Resource, () => informer.Counts));
        _first.Add(first.Task);
        _runs.Add(informer.RunAsync(_end.Token));
        return informer;
    }

    private void Tell(string resource, ClusterProblem? problem)
    {
        _requests.Note($"watch {resource}", problem);
        if (problem is null)
        {
            _problems.TryRemove(resource, out _);
        }
        else
        {
            _problems[resource] = problem;
        }
    }
}
