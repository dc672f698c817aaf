using System.Text.Json.Nodes;
using Stash.Operator.Tests.Support.Kubernetes;

namespace Stash.Operator.Tests.Cluster.Walk;

/// <summary>A request as the API server's audit log has it.</summary>
/// <param name="Verb">As RBAC knows it.</param>
/// <param name="Group">Empty for the core's.</param>
/// <param name="Resource">With the subresource, as <c>monitorings/status</c>.</param>
/// <param name="Namespace">Null where it is for all.</param>
/// <param name="Name">Null for all of them.</param>
/// <param name="Uri">Path and query.</param>
/// <param name="Code">Of the answer.</param>
/// <param name="Body">Null where there is none.</param>
internal sealed record AuditedRequest(string Verb, string Group, string Resource, string? Namespace, string? Name, Uri Uri, int Code, JsonNode? Body)
{
    /// <summary>Those of one service account so far, those that have no resource left out.</summary>
    public static async Task<IReadOnlyList<AuditedRequest>> OfAsync(AuditedCluster cluster, string @namespace, string account)
    {
        if (!File.Exists(cluster.AuditLog))
        {
            return [];
        }

        await using FileStream file = new(cluster.AuditLog, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using StreamReader reader = new(file);
        var text = await reader.ReadToEndAsync(TestContext.Current.CancellationToken);
        List<AuditedRequest> all = [];
        // The last line may not be whole.
        foreach (var line in text.Split('\n')[..^1])
        {
            var entry = JsonNode.Parse(line)!;
            if ($"{entry["user"]!["username"]}" == $"system:serviceaccount:{@namespace}:{account}" && entry["objectRef"] is JsonObject what)
            {
                all.Add(new(
                    $"{entry["verb"]}", $"{what["apiGroup"]}", $"{what["resource"]}{(what["subresource"] is { } sub ? $"/{sub}" : "")}", what["namespace"]?.GetValue<string>(), what["name"]?.GetValue<string>(),
                    new Uri($"https://server{entry["requestURI"]}"), entry["responseStatus"]?["code"]?.GetValue<int>() ?? 0, entry["requestObject"]));
            }
        }

        return all;
    }

    /// <summary>Whether a rule lets it through, for one of its verbs.</summary>
    /// <param name="rule">Of resources.</param>
    /// <param name="verb">A patch that creates needs the right to create, too.</param>
    public bool IsCoveredBy(ChartRule rule, string verb) =>
        rule.Rule is { Resources: { } resources } own && own.ApiGroups.Contains(Group) && resources.Contains(Resource) && (rule.Namespace is null || rule.Namespace == Namespace)
        && (own.ResourceNames is not { Count: > 0 } names || (Name is not null && names.Contains(Name))) && (Verb == verb || (verb == "create" && Verb == "patch" && Code == 201));
}
