using Stash.Core.Gateway;

namespace Stash.Core.Configuration;

/// <summary><c>Stash:Gateway:*</c>: the push gateway.</summary>
public sealed record GatewayOptions
{
    /// <summary>Where it listens; at least one. Loopback by default: a push needs no authentication until one is set up.</summary>
    public required IReadOnlyList<ListenAddress> Addresses { get; init; }

    /// <summary>The first of <see cref="Addresses"/>.</summary>
    public ListenAddress Address => Addresses[0];

    /// <summary>Enables <c>PUT /api/v1/admin/wipe</c>.</summary>
    public required bool AdminApi { get; init; }

    /// <summary>Enables <c>PUT /-/quit</c>.</summary>
    public required bool Lifecycle { get; init; }

    /// <summary>Path of the exposition below <see cref="RoutePrefix"/>; begins with a slash.</summary>
    public required string TelemetryPath { get; init; }

    /// <summary>Where users and browsers reach the gateway; null where nobody said.</summary>
    public required Uri? ExternalUrl { get; init; }

    /// <summary>Begins every path of the gateway: empty, or <c>/a/b</c> with no slash at its end. By default the path of <see cref="ExternalUrl"/>.</summary>
    public required string RoutePrefix { get; init; }

    /// <summary>False takes every push that can be read, whatever the other groups hold, and answers 202, as <c>--push.disable-consistency-check</c> does.</summary>
    public required bool ConsistencyCheck { get; init; }

    /// <summary>Allows metric and label names of any UTF-8, and their <c>U__</c> form in the path.</summary>
    public required bool Utf8Names { get; init; }

    /// <summary>Age of the last push at which a group is deleted; null for never.</summary>
    public required TimeSpan? GroupTimeToLive { get; init; }

    /// <summary>Runs of its schedule that a session's group may miss before it is deleted; 0 for never.</summary>
    public required int MissedRunsToExpire { get; init; }

    /// <summary>Bytes of the push log after which a snapshot is made and the log goes on in a new file.</summary>
    public required long LogSegmentBytes { get; init; }

    /// <summary>The reference's file of groups: names the folder of ours under <c>stash gateway</c>. Null where nobody said.</summary>
    public required string? PersistenceFile { get; init; }

    /// <summary>The exporter-toolkit's file of TLS, users and headers; null for none.</summary>
    public required string? WebConfigFile { get; init; }

    /// <summary>Listens on the sockets that systemd hands over, in place of <see cref="Addresses"/>.</summary>
    public required bool SystemdSocket { get; init; }

    /// <summary>Largest body of a push, in bytes, after decompression.</summary>
    public required long MaxPushBytes { get; init; }

    /// <summary>Limits of what a push holds.</summary>
    public required PushLimits Limits { get; init; }

    public required GatewayTraffic Traffic { get; init; }

    public required GatewayAuthentication Authentication { get; init; }

    /// <summary>The options of the groups' store in a folder.</summary>
    public GroupStoreOptions StoreIn(string folder) =>
        new() { Directory = folder, SegmentBytes = LogSegmentBytes, ConsistencyCheck = ConsistencyCheck, Limits = Limits, Utf8Names = Utf8Names };

    internal static GatewayOptions From(OptionReader gateway)
    {
        var external = gateway.ExternalUrl("ExternalUrl");
        // Accepted, so that a reference's command line or file works unchanged; ours is durable at once.
        _ = gateway.Duration("PersistenceInterval", TimeSpan.FromMinutes(5));
        var access = gateway.Section("Authentication");
        var options = new GatewayOptions
        {
            Addresses = gateway.Listens("Address", "127.0.0.1:56789"),
            AdminApi = gateway.Flag("AdminApi", false),
            Lifecycle = gateway.Flag("Lifecycle", false),
            TelemetryPath = gateway.UrlPath("TelemetryPath", "/metrics"),
            ExternalUrl = external.Url,
            RoutePrefix = gateway.UrlPath("RoutePrefix", external.Path).TrimEnd('/'),
            ConsistencyCheck = gateway.Flag("ConsistencyCheck", true),
            Utf8Names = gateway.Flag("Utf8Names", false),
            GroupTimeToLive = gateway.Duration("GroupTimeToLive", null),
            MissedRunsToExpire = (int)gateway.Number("MissedRunsToExpire", 3, 0, 1000),
            LogSegmentBytes = gateway.Number("LogSegmentBytes", 32 << 20, 64 << 10, 1 << 30),
            PersistenceFile = gateway.File("PersistenceFile"),
            WebConfigFile = gateway.File("WebConfigFile"),
            SystemdSocket = gateway.Flag("SystemdSocket", false),
            MaxPushBytes = gateway.Number("MaxPushBytes", 16 << 20, 1024, 1 << 30),
            Limits = ReadLimits(gateway),
            Traffic = GatewayTraffic.From(gateway),
            Authentication = GatewayAuthentication.From(access),
        };
        access.RefuseUnknown();
        gateway.RefuseUnknown();
        return options;
    }

    private static PushLimits ReadLimits(OptionReader gateway)
    {
        PushLimits least = new();
        return new PushLimits
        {
            MaxGroups = (int)gateway.Number("MaxGroups", least.MaxGroups, 1, int.MaxValue),
            MaxSeriesPerPush = (int)gateway.Number("MaxSeriesPerPush", least.MaxSeriesPerPush, 1, int.MaxValue),
            MaxLabelsPerSeries = (int)gateway.Number("MaxLabelsPerSeries", least.MaxLabelsPerSeries, 2, 10_000),
            MaxLabelNameBytes = (int)gateway.Number("MaxLabelNameBytes", least.MaxLabelNameBytes, 16, 1 << 20),
            MaxLabelValueBytes = (int)gateway.Number("MaxLabelValueBytes", least.MaxLabelValueBytes, 16, 1 << 24),
        };
    }
}
