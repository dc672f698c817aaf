namespace Stash.Core.Configuration;

/// <summary><c>Stash:Gateway:*</c>: how much of the process its clients may take, and how slow they may be.</summary>
public sealed record GatewayTraffic
{
    /// <summary>Open connections of each listener. Further ones are closed at once.</summary>
    public required int MaxConnections { get; init; }

    /// <summary>Pushes and deletions that are read and wait to be on the disk. Further ones get 429.</summary>
    public required int MaxPushesInProgress { get; init; }

    /// <summary>Bytes that the bodies of pushes may take in memory together; bodies of at most 16 KiB are not counted. At least four of the largest pushes fit.</summary>
    public required long MaxBodyMemory { get; init; }

    /// <summary>Requests that wait for their turn because their connection has sent too many bad ones. Further ones get 429.</summary>
    public required int MaxWaiting { get; init; }

    /// <summary>Requests refused with 4xx that one connection may send a second, once <see cref="BadRequestBurst"/> is used up; 0 for any number.</summary>
    public required int BadRequestsPerSecond { get; init; }

    /// <summary>Requests refused with 4xx that one connection may send at once.</summary>
    public required int BadRequestBurst { get; init; }

    public required int MaxRequestLineBytes { get; init; }

    /// <summary>Bytes of all headers of a request together.</summary>
    public required int MaxHeaderBytes { get; init; }

    public required int MaxHeaders { get; init; }

    /// <summary>How long the headers of a request may take to come.</summary>
    public required TimeSpan HeaderTimeout { get; init; }

    /// <summary>How long a connection may be without a request.</summary>
    public required TimeSpan IdleTimeout { get; init; }

    /// <summary>Bytes of body a second that a client has to send on average, after <see cref="Grace"/>; 0 for any.</summary>
    public required int MinBodyRate { get; init; }

    /// <summary>Bytes of answer a second that a client has to take on average, after <see cref="Grace"/>; 0 for any.</summary>
    public required int MinResponseRate { get; init; }

    /// <summary>How long a client may be slower than that.</summary>
    public required TimeSpan Grace { get; init; }

    internal static GatewayTraffic From(OptionReader gateway) => new()
    {
        MaxConnections = (int)gateway.Number("MaxConnections", 10_000, 1, 1_000_000),
        MaxPushesInProgress = (int)gateway.Number("MaxPushesInProgress", 4096, 1, 1_000_000),
        MaxBodyMemory = gateway.Number("MaxBodyMemory", 256 << 20, 1 << 20, 1L << 40),
        MaxWaiting = (int)gateway.Number("MaxWaiting", 1024, 0, 1_000_000),
        BadRequestsPerSecond = (int)gateway.Number("BadRequestsPerSecond", 10, 0, 1_000_000),
        BadRequestBurst = (int)gateway.Number("BadRequestBurst", 500, 1, 1_000_000),
        MaxRequestLineBytes = (int)gateway.Number("MaxRequestLineBytes", 32 << 10, 1024, 1 << 20),
        MaxHeaderBytes = (int)gateway.Number("MaxHeaderBytes", 64 << 10, 1024, 1 << 20),
        MaxHeaders = (int)gateway.Number("MaxHeaders", 100, 8, 10_000),
        HeaderTimeout = gateway.Duration("HeaderTimeout", TimeSpan.FromSeconds(15))!.Value,
        IdleTimeout = gateway.Duration("IdleTimeout", TimeSpan.FromSeconds(130))!.Value,
        MinBodyRate = (int)gateway.Number("MinBodyRate", 1024, 0, 1 << 30),
        MinResponseRate = (int)gateway.Number("MinResponseRate", 4096, 0, 1 << 30),
        Grace = gateway.Duration("Grace", TimeSpan.FromSeconds(5))!.Value,
    };
}
