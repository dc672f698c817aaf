using System.Text.Json;
using System.Text.Json.Serialization;

namespace Stash.Operator.Audit;

/// <summary>A line of the audit log: an <c>Event</c> of <c>audit.k8s.io/v1</c>, and beside its fields some of ours.</summary>
internal sealed record AuditEvent
{
    public string Kind { get; init; } = "Event";

    public string ApiVersion { get; init; } = "audit.k8s.io/v1";

    public string Level { get; init; } = "Metadata";

    /// <summary>Of the request, as its answer's header <c>Audit-Id</c> says it.</summary>
    [JsonPropertyName("auditID")]
    public required string AuditId { get; init; }

    public string Stage { get; init; } = "ResponseComplete";

    /// <summary>The path alone: a query may hold what is not for others.</summary>
    [JsonPropertyName("requestURI")]
    public required string RequestUri { get; init; }

    public required string Verb { get; init; }

    public required AuditUser User { get; init; }

    [JsonPropertyName("sourceIPs")]
    public required IReadOnlyList<string> SourceIps { get; init; }

    public required string UserAgent { get; init; }

    public required AuditObject ObjectRef { get; init; }

    public required AuditStatus ResponseStatus { get; init; }

    public required string RequestReceivedTimestamp { get; init; }

    public required string StageTimestamp { get; init; }

    /// <summary>Ours: how the caller was found out: <c>token</c>, <c>certificate</c>, <c>proxy</c>, <c>none</c>.</summary>
    public required string Authentication { get; init; }

    /// <summary>Ours: whether the change was made.</summary>
    public required bool Success { get; init; }

    /// <summary>Ours: from the request to its answer.</summary>
    public required double DurationSeconds { get; init; }

    /// <summary>Ours: what was changed, as it was; null where that is not known.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public JsonElement? Before { get; init; }

    /// <summary>Ours: as it is now; null where nothing was changed.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public JsonElement? After { get; init; }

    /// <summary>Ours: which of the two were too large for a line.</summary>
    public IReadOnlyList<string>? Omitted { get; init; }
}

internal sealed record AuditUser(string Username, string? Uid, IReadOnlyList<string> Groups);

internal sealed record AuditObject(string? Resource, string? Name, string? ApiGroup, string? ApiVersion, string? Subresource);

internal sealed record AuditStatus(string Status, string? Reason, int Code);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(AuditEvent))]
internal sealed partial class AuditJson : JsonSerializerContext;
