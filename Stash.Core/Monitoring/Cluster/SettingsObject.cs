using System.Text.Json.Nodes;
using k8s;
using Stash.Core.Kubernetes;

namespace Stash.Core.Monitoring.Cluster;

/// <summary>The object that holds the settings, <c>Monitoring stash</c>, and the rights of whoever reads or writes it.</summary>
/// <param name="client">With those rights.</param>
/// <param name="operatorNamespace">Where it is.</param>
/// <param name="user">Who that is, for messages.</param>
public sealed class SettingsObject(IKubernetes client, string operatorNamespace, ClusterUser user)
{
    private readonly ClusterObjects _objects = new(client, user, dryRun: false);

    /// <summary>Which it is.</summary>
    public ObjectRef Ref { get; } = ClusterKind.Monitoring.Named(operatorNamespace, MonitoringResource.ObjectName);

    /// <summary>Reads it.</summary>
    /// <returns>Null where there is none; also where there is no such namespace or kind.</returns>
    /// <exception cref="ClusterFailureException">It could not be read.</exception>
    public Task<JsonObject?> GetAsync(CancellationToken cancellationToken) => _objects.GetAsync(Ref, cancellationToken);

    /// <summary>Writes settings. Of the object nothing else is changed.</summary>
    /// <param name="live">As it was read; null where there was none.</param>
    /// <param name="spec">Valid settings.</param>
    /// <param name="fieldManager">Under which name.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="ClusterFailureException">It was not written; a conflict where it is not any more as it was read.</exception>
    public Task<JsonObject> WriteAsync(JsonObject? live, MonitoringSpec spec, string fieldManager, CancellationToken cancellationToken)
    {
        var body = live?.DeepClone().AsObject() ?? ClusterKind.Monitoring.Body(Ref.Namespace, Ref.Name);
        Change(Child(body, "spec"), spec);
        return live is null ? _objects.CreateAsync(Ref, body, fieldManager, cancellationToken) : _objects.ReplaceAsync(Ref, body, fieldManager, cancellationToken);
    }

    /// <summary>The same, typed.</summary>
    public static MonitoringResource Typed(JsonObject live) => KubernetesJson.Deserialize<MonitoringResource>(live.ToJsonString());

    /// <summary>What means the same stays as its author wrote it.</summary>
    private static void Change(JsonObject spec, MonitoringSpec wanted)
    {
        if (MonitoringAgent.Normalize(spec.Text("agent")) != MonitoringAgent.Normalize(wanted.Agent))
        {
            spec["agent"] = wanted.Agent;
        }

        spec["backup"] = wanted.Backup;
        spec["operator"] = wanted.Operator;
        var prometheus = Child(spec, "prometheus");
        if (wanted.Prometheus.Namespace.Length > 0)
        {
            prometheus["namespace"] = wanted.Prometheus.Namespace;
        }
        else
        {
            prometheus.Remove("namespace");
        }

        Child(spec, "serviceMonitor")["labels"] = Json.Map(wanted.ServiceMonitor.Labels);
    }

    private static JsonObject Child(JsonObject parent, string key)
    {
        if (parent[key] is not JsonObject child)
        {
            parent[key] = child = [];
        }

        return child;
    }
}
