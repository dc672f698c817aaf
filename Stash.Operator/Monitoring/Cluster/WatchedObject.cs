using k8s.Models;

namespace Stash.Operator.Monitoring.Cluster;

/// <summary>An object of any kind that is watched to learn that it has changed: of what is in it nothing is kept.</summary>
internal sealed record WatchedObject : IMetadata<V1ObjectMeta>
{
    public V1ObjectMeta Metadata { get; set; } = new();
}
