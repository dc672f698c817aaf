using k8s.Models;

namespace Stash.Core.Kubernetes.Controllers;

/// <summary>Names an object among those of its kind.</summary>
/// <param name="Namespace">Empty for what is in none.</param>
/// <param name="Name">Its name.</param>
public readonly record struct ObjectKey(string Namespace, string Name)
{
    public static ObjectKey Of(IMetadata<V1ObjectMeta> value) => new(value.Metadata.NamespaceProperty ?? "", value.Metadata.Name);

    /// <returns><c>namespace/name</c>, or the name alone.</returns>
    public override string ToString() => Namespace.Length == 0 ? Name : $"{Namespace}/{Name}";
}
