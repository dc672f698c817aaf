namespace Stash.Core.Configuration;

/// <summary><c>Stash:Api:*</c>: the operator's HTTPS endpoint, :8443.</summary>
public sealed record ApiOptions
{
    public required ListenAddress Address { get; init; }

    /// <summary>The serving certificate and its chain, PEM; null to have one made by the operator's own authority.</summary>
    public required string? CertificateFile { get; init; }

    /// <summary>The key of <see cref="CertificateFile"/>, PEM.</summary>
    public required string? KeyFile { get; init; }

    /// <summary>Authorities of client certificates, PEM, beside those that are known anyway; null for none.</summary>
    public required string? ClientCaFile { get; init; }

    /// <summary>Further DNS names and IP addresses of the certificate that is made.</summary>
    public required IReadOnlyList<string> ServingNames { get; init; }

    /// <summary>A file whose bearer token may do everything; null for <c>api-token</c> in the data folder, and under Kubernetes for none.</summary>
    public required string? TokenFile { get; init; }

    /// <summary>Requests that only read and are in progress; further ones get 429. Streams do not count.</summary>
    public required int MaxReadsInFlight { get; init; }

    /// <summary>Requests that change something and are in progress; further ones get 429.</summary>
    public required int MaxChangesInFlight { get; init; }

    /// <summary>Credentials that one address may show at once and that turn out wrong.</summary>
    public required int FailedTriesBurst { get; init; }

    /// <summary>The same, a second, once <see cref="FailedTriesBurst"/> is used up.</summary>
    public required int FailedTriesPerSecond { get; init; }

    /// <summary>After SIGTERM, how long requests are still taken while <c>/readyz</c> fails, so that whoever sends them looks elsewhere; zero for not at all.</summary>
    public required TimeSpan ShutdownDelay { get; init; }

    /// <summary>After SIGTERM and <see cref="ShutdownDelay"/>, how long requests in progress may take to end.</summary>
    public required TimeSpan ShutdownGrace { get; init; }

    internal static ApiOptions From(OptionReader api) => new()
    {
        Address = api.Listen("Address", "127.0.0.1:8443"),
        CertificateFile = api.File("CertificateFile"),
        KeyFile = api.File("KeyFile"),
        ClientCaFile = api.File("ClientCaFile"),
        ServingNames = api.Hosts("ServingNames"),
        TokenFile = api.File("TokenFile"),
        MaxReadsInFlight = (int)api.Number("MaxReadsInFlight", 400, 1, 1_000_000),
        MaxChangesInFlight = (int)api.Number("MaxChangesInFlight", 200, 1, 1_000_000),
        FailedTriesBurst = (int)api.Number("FailedTriesBurst", 20, 1, 1_000_000),
        FailedTriesPerSecond = (int)api.Number("FailedTriesPerSecond", 1, 1, 1_000_000),
        ShutdownDelay = api.Duration("ShutdownDelay", null) ?? TimeSpan.Zero,
        ShutdownGrace = api.Duration("ShutdownGrace", TimeSpan.FromSeconds(20))!.Value,
    };
}
