using Stash.Core.Monitoring;
using Stash.Core.Sessions;

namespace Stash.Core.Api;

/// <summary>A page of sessions, newest first.</summary>
public sealed record SessionList
{
    public required IReadOnlyList<Session> Items { get; init; }

    public required ListMetadata Metadata { get; init; }
}

/// <param name="Continue">Send it back as <c>continue</c> for the next page; empty on the last.</param>
public sealed record ListMetadata(string Continue);

public sealed record AppList
{
    public required IReadOnlyList<AppSummary> Items { get; init; }
}

public sealed record RunningList
{
    public required IReadOnlyList<RunningSession> Items { get; init; }
}

/// <param name="Id">The running session that ended or fell silent.</param>
public sealed record EndedEvent(string Id);

/// <summary>The push gateway's groups.</summary>
public sealed record GroupList
{
    /// <summary>Where a client on the operator's machine reaches the push gateway, <c>host:port</c>.</summary>
    public required string Gateway { get; init; }

    /// <summary><c>http</c>, or <c>https</c> where the push gateway has a web configuration with TLS.</summary>
    public string Scheme { get; init; } = "http";

    public required IReadOnlyList<GroupSummary> Items { get; init; }
}

/// <summary>One group of the push gateway.</summary>
public sealed record GroupSummary
{
    /// <summary>Grouping labels, <c>job</c> among them.</summary>
    public required IReadOnlyDictionary<string, string> Labels { get; init; }

    public required int Families { get; init; }

    public required int Samples { get; init; }

    /// <summary>Last accepted push; null where none was.</summary>
    public DateTimeOffset? LastPushTime { get; init; }

    /// <summary>Last refused push; null where none was.</summary>
    public DateTimeOffset? LastFailureTime { get; init; }
}

/// <summary>What settings would create, before they are saved.</summary>
public sealed record SettingsPreview
{
    /// <summary>Errors by field; empty where the settings are valid.</summary>
    public required IReadOnlyList<FieldError> Errors { get; init; }

    /// <summary>What would exist, and what of today's would go.</summary>
    public required IReadOnlyList<PreviewItem> Items { get; init; }

    /// <summary>What would go wrong, or not come to be: sentences, as that no Prometheus selects the labels.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>In a cluster with the agent <c>prometheus.io/coreos-operator</c>, which <c>Prometheus</c> resources would select the ServiceMonitor; else empty.</summary>
    public IReadOnlyList<PrometheusState> Prometheuses { get; init; } = [];
}

/// <param name="Field">Path of the field, as <c>spec.agent</c>.</param>
/// <param name="Message">What is wrong and what is accepted.</param>
public sealed record FieldError(string Field, string Message);

/// <summary>One resource or file that the settings make.</summary>
public sealed record PreviewItem
{
    /// <summary><c>create</c>, <c>update</c>, <c>delete</c> or <c>keep</c>.</summary>
    public required string Action { get; init; }

    /// <summary>What it is, as <c>ServiceMonitor</c> or <c>Prometheus scrape configuration</c>.</summary>
    public required string Kind { get; init; }

    /// <summary>In a cluster, its namespace; null for what has none, and for files.</summary>
    public string? Namespace { get; init; }

    /// <summary>Its name, or its path relative to the data folder.</summary>
    public required string Name { get; init; }

    /// <summary>Why that would not work, a sentence; null where it would.</summary>
    public string? Failure { get; init; }

    /// <summary>Its content as YAML; empty for a deletion.</summary>
    public required string Content { get; init; }

    /// <summary>What is there now; null where nothing is.</summary>
    public string? Before { get; init; }
}

/// <summary>Whom the operator takes the caller for.</summary>
public sealed record WhoAmI
{
    /// <summary>As the cluster names them, as <c>system:serviceaccount:backup:alice</c>.</summary>
    public required string Name { get; init; }

    public required IReadOnlyList<string> Groups { get; init; }

    public required WhoMay May { get; init; }
}

/// <summary>What a caller may, at this moment.</summary>
public sealed record WhoMay
{
    /// <summary>List sessions, and watch events.</summary>
    public required bool ViewSessions { get; init; }

    public required bool ViewSettings { get; init; }

    public required bool PreviewSettings { get; init; }

    /// <summary>In a cluster: by the API, and the <c>Monitoring</c> that they are kept in.</summary>
    public required bool EditSettings { get; init; }
}
