using System.Text.Json.Nodes;

namespace Stash.Core.Monitoring.Cluster;

/// <summary>Tells what the operator has made from what others have, also in a namespace that the settings do not name any more.</summary>
public static class OwnerMark
{
    /// <summary>The label with the namespace of the operator that the object is of.</summary>
    public const string OwnerLabel = "stash.appscode.com/operator-namespace";

    /// <summary>The annotation of the ClusterRole with the namespace that the certificate was copied to.</summary>
    public const string CertificateAnnotation = "stash.appscode.com/certificate-namespace";

    /// <summary>Under which name the operator owns fields.</summary>
    public const string FieldManager = "stash-operator";

    private const string ManagedByLabel = "app.kubernetes.io/managed-by";

    /// <summary>Marks an object. A label of the user's own called <c>app.kubernetes.io/managed-by</c> stays: a Prometheus may select by it.</summary>
    internal static JsonObject Mark(JsonObject body, string operatorNamespace)
    {
        var metadata = body["metadata"]!.AsObject();
        if (metadata["labels"] is not JsonObject labels)
        {
            metadata["labels"] = labels = [];
        }

        labels.TryAdd(ManagedByLabel, "stash");
        labels[OwnerLabel] = operatorNamespace;
        return body;
    }

    /// <summary>The namespace of the operator that an object is marked with; null where it has no mark.</summary>
    internal static string? Owner(JsonObject live) => live.Text("metadata", "labels", OwnerLabel);

    /// <summary>Whether an operator has fields in it by server-side apply.</summary>
    internal static bool HasOurFields(JsonObject live) => Applied(live).Any();

    /// <summary>Whether the mark is as an operator has applied it: what a person has written over it is not that operator's.</summary>
    internal static bool IsAsApplied(JsonObject live) => Applied(live).Any(m => (m["fieldsV1"]?["f:metadata"]?["f:labels"] as JsonObject)?.ContainsKey($"f:{OwnerLabel}") == true);

    private static IEnumerable<JsonObject> Applied(JsonObject live) =>
        (live["metadata"]?["managedFields"] as JsonArray ?? []).OfType<JsonObject>().Where(m => m.Text("manager") == FieldManager && m.Text("operation") == "Apply");
}
