using k8s;
using k8s.Models;
using Microsoft.AspNetCore.Http.Metadata;
using Stash.Core.Api;
using Stash.Core.Monitoring;
using Stash.Operator.Requests;

namespace Stash.Operator.Api;

/// <summary>
/// What there is, as Kubernetes' clients and its aggregator ask for it: <c>/apis</c>, the group, and the resources of its version with their verbs, which are those that the
/// endpoints declare.
/// </summary>
internal static class Discovery
{
    private static readonly V1APIGroup Group = new()
    {
        ApiVersion = "v1",
        Kind = "APIGroup",
        Name = ApiPaths.Group,
        Versions = [Version()],
        PreferredVersion = Version(),
    };

    public static void MapDiscovery(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/apis", () => Json(new V1APIGroupList { ApiVersion = "v1", Kind = "APIGroupList", Groups = [Group] })).ExcludeFromDescription();
        routes.MapGet($"/apis/{ApiPaths.Group}", () => Json(Group)).ExcludeFromDescription();
        routes.MapGet(ApiPaths.Root, (EndpointDataSource endpoints) => Json(new V1APIResourceList
        {
            ApiVersion = "v1",
            Kind = "APIResourceList",
            GroupVersion = $"{ApiPaths.Group}/{ApiPaths.Version}",
            Resources = [.. Resources(endpoints)],
        })).ExcludeFromDescription();
    }

    private static IEnumerable<V1APIResource> Resources(EndpointDataSource endpoints) => endpoints.Endpoints
        .Select(e => (Endpoint: e, Operation: e.Metadata.GetMetadata<ApiOperation>()!))
        .Where(e => e.Operation is not null)
        .GroupBy(e => e.Operation.Subresource.Length > 0 ? $"{e.Operation.Resource}/{e.Operation.Subresource}" : e.Operation.Resource, StringComparer.Ordinal)
        .OrderBy(r => r.Key, StringComparer.Ordinal)
        .Select(r => new V1APIResource
        {
            Name = r.Key,
            SingularName = "",
            Namespaced = false,
            Kind = KindOf(r.First().Endpoint),
            Verbs = [.. r.Select(e => e.Operation.Verb).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)],
        });

    /// <summary>By the name of the type that it answers.</summary>
    private static string KindOf(Endpoint endpoint)
    {
        var type = endpoint.Metadata.OfType<IProducesResponseTypeMetadata>().FirstOrDefault(p => p.StatusCode == StatusCodes.Status200OK)?.Type;
        if (type == typeof(MonitoringManifest))
        {
            // Not Monitoring: kubectl get monitoring is to find the custom resource.
            return "Settings";
        }

        var name = type is null || type == typeof(void) ? "Event" : type.Name;
        return name.EndsWith("List", StringComparison.Ordinal) ? name[..^4] : name;
    }

    private static V1GroupVersionForDiscovery Version() => new() { GroupVersion = $"{ApiPaths.Group}/{ApiPaths.Version}", Version = ApiPaths.Version };

    private static IResult Json<T>(T value) => Results.Text(KubernetesJson.Serialize(value), "application/json");
}
