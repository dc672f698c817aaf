using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using k8s.Models;
using Microsoft.Extensions.Logging.Abstractions;
using Stash.Core.Kubernetes;
using Stash.Core.Kubernetes.Controllers;

namespace Stash.Operator.Access;

/// <summary>Whose client certificates the cluster takes, and whose word on a request's user, as its ConfigMap says.</summary>
/// <param name="Clients">Authorities of client certificates; empty where it names none.</param>
/// <param name="Proxy">Null where there is no front proxy.</param>
internal sealed record ClusterTrust(X509Certificate2Collection Clients, FrontProxy? Proxy);

/// <summary>
/// Watches the ConfigMap <c>extension-apiserver-authentication</c> in <c>kube-system</c>, which every API server keeps there for servers that it is in front of.
/// What was read last stays in use while it cannot be read.
/// </summary>
internal sealed partial class ClusterAuthorities : BackgroundService
{
    private const string Namespace = "kube-system";
    private const string Name = "extension-apiserver-authentication";

    private readonly Informer<V1ConfigMap> _map;
    private readonly ILogger<ClusterAuthorities> _logger;
    private string _version = "";
    private ClusterTrust? _current;
    private bool _refused;

    public ClusterAuthorities(KubernetesConnection cluster, ClusterRequests requests, TimeProvider time, ILogger<ClusterAuthorities> logger)
    {
        _logger = logger;
        // What it meets is told below, once and with the remedy.
        _map = new(cluster.Client, new ResourceQuery("", "v1", "configmaps") { Namespace = Namespace }.Named(Name), time, NullLogger.Instance, new InformerOptions { MostRetry = TimeSpan.FromSeconds(10) });
        _map.Subscribe(change =>
        {
            if (change.Type != ChangeType.Deleted)
            {
                Take(change.Value);
            }
        });
        _map.SubscribeState(state =>
        {
            Volatile.Write(ref _refused, state.Problem?.Kind == ClusterProblemKind.Forbidden);
            requests.Note("authorities", state.Problem is { Kind: ClusterProblemKind.Forbidden } refusal
                ? refusal with { Message = $"The operator may not list and watch the ConfigMap {Name} in {Namespace}, so that it knows no client certificates in the cluster: bind the Role extension-apiserver-authentication-reader in {Namespace} to its service account." }
                : state.Problem);
        });
    }

    /// <summary>Null until it could be read.</summary>
    public ClusterTrust? Current => Volatile.Read(ref _current);

    /// <summary>Whether it could not be read yet, and not for lack of the right to.</summary>
    public bool IsAwaited => Current is null && !Volatile.Read(ref _refused);

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => _map.RunAsync(stoppingToken);

    private void Take(V1ConfigMap map)
    {
        // The same object as long as nothing changes: what was verified by it need not be again.
        if (_current is not null && map.Metadata.ResourceVersion == _version)
        {
            return;
        }

        _version = map.Metadata.ResourceVersion;
        var data = map.Data ?? new Dictionary<string, string>(StringComparer.Ordinal);
        try
        {
            X509Certificate2Collection clients = Certificates(data, "client-ca-file"), proxies = Certificates(data, "requestheader-client-ca-file");
            var proxy = proxies.Count == 0 ? null : new FrontProxy
            {
                Authorities = proxies,
                AllowedNames = List(data, "requestheader-allowed-names"),
                UserHeaders = List(data, "requestheader-username-headers"),
                GroupHeaders = List(data, "requestheader-group-headers"),
                ExtraPrefixes = List(data, "requestheader-extra-headers-prefix"),
            };
            Volatile.Write(ref _current, new ClusterTrust(clients, proxy));
            LogRead(_logger, clients.Count, proxies.Count);
        }
        catch (Exception e) when (e is CryptographicException or JsonException)
        {
            LogUnusable(_logger, Name, Namespace);
        }
    }

    private static X509Certificate2Collection Certificates(IDictionary<string, string> data, string key)
    {
        X509Certificate2Collection all = [];
        if (data.TryGetValue(key, out var pem))
        {
            all.ImportFromPem(pem);
        }

        return all;
    }

    private static string[] List(IDictionary<string, string> data, string key) =>
        data.TryGetValue(key, out var json) && json.Length > 0 ? JsonSerializer.Deserialize<string[]>(json) ?? [] : [];

    [LoggerMessage(Level = LogLevel.Information, Message = "The cluster's client certificates are known: {Clients} authorities of clients, {Proxies} of front proxies")]
    private static partial void LogRead(ILogger logger, int clients, int proxies);

    [LoggerMessage(Level = LogLevel.Error, Message = "The ConfigMap {Name} in {Namespace} holds what is no certificate or no list: the API server writes it anew when it is deleted. Until then, what was read before stays in use")]
    private static partial void LogUnusable(ILogger logger, string name, string @namespace);
}
