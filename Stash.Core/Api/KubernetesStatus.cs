namespace Stash.Core.Api;

/// <summary>An error under <c>/apis</c> in the shape of a Kubernetes <c>Status</c> object (meta/v1).</summary>
public sealed record KubernetesStatus
{
    public string Kind { get; init; } = "Status";

    public string ApiVersion { get; init; } = "v1";

    public IReadOnlyDictionary<string, string> Metadata { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    public string Status { get; init; } = "Failure";

    /// <summary>One sentence for a person.</summary>
    public required string Message { get; init; }

    /// <summary>One word for a machine: <c>BadRequest</c>, <c>Unauthorized</c>, <c>NotFound</c>, <c>Conflict</c>, <c>Invalid</c>, <c>InternalError</c> …</summary>
    public required string Reason { get; init; }

    /// <summary>HTTP status.</summary>
    public required int Code { get; init; }

    public StatusDetails? Details { get; init; }
}

/// <summary>What the error is about.</summary>
public sealed record StatusDetails
{
    public string? Name { get; init; }

    public string? Group { get; init; }

    public string? Kind { get; init; }

    public IReadOnlyList<StatusCause>? Causes { get; init; }

    /// <summary>How long to stay away, as the header <c>Retry-After</c> says too.</summary>
    public int? RetryAfterSeconds { get; init; }
}

/// <param name="Reason">As <c>FieldValueInvalid</c>.</param>
/// <param name="Message">What is wrong with the field and what is accepted.</param>
/// <param name="Field">Its path, as <c>spec.agent</c>, or the name of a query parameter.</param>
public sealed record StatusCause(string Reason, string Message, string Field);
