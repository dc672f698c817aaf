namespace Stash.Core.Monitoring;

/// <summary>The agents that can scrape, by the names that 0.8.3 fixed.</summary>
public static class MonitoringAgent
{
    /// <summary>Nobody scrapes.</summary>
    public const string None = "none";

    /// <summary>A Prometheus that discovers targets itself.</summary>
    public const string Builtin = "prometheus.io/builtin";

    /// <summary>The Prometheus operator, by a ServiceMonitor.</summary>
    public const string CoreosOperator = "prometheus.io/coreos-operator";

    public static IReadOnlyList<string> All { get; } = [None, Builtin, CoreosOperator];

    /// <summary>The full name of an agent given in full or short (<c>builtin</c>, <c>coreos-operator</c>); null where there is no such agent.</summary>
    public static string? Normalize(string? agent) => agent switch
    {
        null or "" or None => None,
        Builtin or "builtin" => Builtin,
        CoreosOperator or "coreos-operator" => CoreosOperator,
        _ => null,
    };
}
