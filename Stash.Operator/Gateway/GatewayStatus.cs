using Stash.Core.Configuration;

namespace Stash.Operator.Gateway;

/// <summary>What the gateway tells of its build and its options, under the reference's names, sorted.</summary>
internal static class GatewayStatus
{
    public static SortedDictionary<string, string> Build()
    {
        var build = GatewayBuild.This;
        return new SortedDictionary<string, string>(StringComparer.Ordinal)
        {
            ["branch"] = build.Branch,
            ["buildDate"] = build.BuildDate,
            ["buildUser"] = build.BuildUser,
            ["goVersion"] = build.Runtime,
            ["revision"] = build.Revision,
            ["version"] = build.Version,
        };
    }

    public static SortedDictionary<string, string> Flags(StashOptions options)
    {
        var gateway = options.Gateway;
        return new SortedDictionary<string, string>(StringComparer.Ordinal)
        {
            ["persistence.file"] = gateway.PersistenceFile ?? Path.Combine(options.DataDirectory, "gateway"),
            ["push.disable-consistency-check"] = Text(!gateway.ConsistencyCheck),
            ["push.enable-utf8-names"] = Text(gateway.Utf8Names),
            ["web.config.file"] = gateway.WebConfigFile ?? "",
            ["web.enable-admin-api"] = Text(gateway.AdminApi),
            ["web.enable-lifecycle"] = Text(gateway.Lifecycle),
            ["web.external-url"] = gateway.ExternalUrl?.OriginalString ?? "",
            ["web.listen-address"] = string.Join(',', gateway.Addresses),
            ["web.route-prefix"] = gateway.RoutePrefix,
            ["web.systemd-socket"] = Text(gateway.SystemdSocket),
            ["web.telemetry-path"] = gateway.TelemetryPath,
        };
    }

    private static string Text(bool value) => value ? "true" : "false";
}
