namespace Stash.Core.Monitoring.Embedded;

/// <summary>Where a Prometheus on this machine finds the two endpoints, and what it needs to be let in.</summary>
public sealed record ScrapeEndpoints
{
    /// <summary>The push gateway, <c>host:port</c>.</summary>
    public required string Gateway { get; init; }

    /// <summary><c>https</c> where the push gateway has a web configuration with TLS.</summary>
    public string GatewayScheme { get; init; } = "http";

    /// <summary>Path of the push gateway's exposition.</summary>
    public string GatewayPath { get; init; } = "/metrics";

    /// <summary>File of the bearer tokens that let read; null where none is asked for.</summary>
    public string? GatewayTokenFile { get; init; }

    /// <summary>Whether a user's password is asked for, and no token would do. It is not known here: its hash alone is.</summary>
    public bool GatewayNeedsUser { get; init; }

    /// <summary>The operator's HTTPS endpoint, <c>host:port</c>.</summary>
    public required string Api { get; init; }

    /// <summary>File of the bearer token with which <see cref="Api"/> gives its metrics; null for <c>metrics-token</c> in the data folder.</summary>
    public string? ApiTokenFile { get; init; }

    /// <summary>File of the authority of <see cref="Api"/>'s serving certificate; null for <c>ca.crt</c> in the data folder.</summary>
    public string? ApiCaFile { get; init; }

    /// <summary>A name that the serving certificate holds.</summary>
    public string ServerName { get; init; } = "localhost";
}
