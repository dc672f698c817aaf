namespace Stash.Core.Monitoring.Embedded;

/// <summary>Where a Prometheus on this machine finds the two endpoints, and what it needs to be let in.</summary>
public sealed record ScrapeEndpoints
{
    /// <summary>The push gateway, <c>host:port</c>.</summary>
    public required string Gateway { get; init; }

    /// <summary>The operator's HTTPS endpoint, <c>host:port</c>.</summary>
    public required string Api { get; init; }

    /// <summary>A name that the serving certificate holds.</summary>
    public string ServerName { get; init; } = "localhost";
}
