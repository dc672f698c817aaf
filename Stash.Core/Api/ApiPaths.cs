namespace Stash.Core.Api;

/// <summary>Paths of the operator's API on :8443. Users script against them.</summary>
public static class ApiPaths
{
    public const string Group = "monitoring.stash.appscode.com";

    public const string Version = "v1alpha1";

    public const string Root = $"/apis/{Group}/{Version}";

    /// <summary>GET <see cref="SessionList"/>, newest first: <c>namespace</c>, <c>app</c> (each repeated or comma-separated), <c>outcome</c>, <c>from</c>, <c>to</c> (RFC 3339), <c>limit</c>, <c>continue</c>.</summary>
    public const string Sessions = Root + "/sessions";

    /// <summary>GET <see cref="Stash.Core.Sessions.SessionAggregates"/>: the filters of <see cref="Sessions"/>, and <c>bucketSeconds</c> (chosen by the range where missing).</summary>
    public const string Aggregates = Root + "/aggregates";

    /// <summary>GET <see cref="AppList"/>: every app the journal knows, whatever the range.</summary>
    public const string Apps = Root + "/apps";

    /// <summary>GET <see cref="RunningList"/>.</summary>
    public const string Running = Root + "/running";

    /// <summary>
    /// GET server-sent events: <c>session</c> (a <see cref="Stash.Core.Sessions.Session"/>, its event id the journal position: send it back
    /// as <c>Last-Event-ID</c> to get what was missed), <c>running</c> (a <see cref="Stash.Core.Sessions.RunningSession"/>),
    /// <c>ended</c> (<see cref="EndedEvent"/>: no longer running), <c>settings</c> (a <see cref="Stash.Core.Monitoring.MonitoringManifest"/>),
    /// <c>reset</c> (empty: events were lost, read anew), <c>shutdown</c> (empty: the operator stops, come again), <c>ping</c> (every 10 seconds).
    /// </summary>
    public const string Events = Root + "/events";

    /// <summary>GET <see cref="GroupList"/>: the gateway's groups.</summary>
    public const string Groups = Root + "/groups";

    /// <summary>GET, PUT <see cref="Stash.Core.Monitoring.MonitoringManifest"/>. A PUT with an old <c>metadata.resourceVersion</c> is refused with 409.</summary>
    public const string Settings = Root + "/settings";

    /// <summary>POST a <see cref="Stash.Core.Monitoring.MonitoringManifest"/>, answers <see cref="SettingsPreview"/>; changes nothing.</summary>
    public const string SettingsPreview = Settings + "/preview";

    /// <summary>GET <see cref="Stash.Core.Api.WhoAmI"/>: whom the operator takes the caller for, and what they may. Everybody who is known may ask.</summary>
    public const string WhoAmI = Root + "/whoami";

    /// <summary>GET, open to probes: 200 <c>ok</c>, else 503 with every check and its reason; as <see cref="Live"/>.</summary>
    public const string Health = "/healthz";

    /// <summary>The same: whether a restart would mend something.</summary>
    public const string Live = "/livez";

    /// <summary>The same: whether it can serve.</summary>
    public const string Ready = "/readyz";
}
