using Stash.Core.Monitoring;

namespace Stash.Operator.Tests.Cluster.Walk;

/// <summary>One of all settings that there can be.</summary>
/// <param name="Agent">As the resource has it.</param>
/// <param name="Backup">Session metrics.</param>
/// <param name="Operator">The operator's.</param>
/// <param name="Elsewhere">Prometheus is in another namespace than the operator.</param>
/// <param name="OtherLabels">The ServiceMonitor has other labels than the installer gives it.</param>
internal sealed record Settings(string Agent, bool Backup, bool Operator, bool Elsewhere, bool OtherLabels)
{
    private static readonly bool[] Both = [false, true];

    /// <summary>The whole matrix.</summary>
    public static IReadOnlyList<Settings> All { get; } =
    [
        .. from agent in new[] { "none", "prometheus.io/builtin", "prometheus.io/coreos-operator" }
           from backup in Both
           from @operator in Both
           from elsewhere in Both
           from labels in Both
           select new Settings(agent, backup, @operator, elsewhere, labels),
    ];

    /// <summary>Those that differ in kind: which objects there are, and where.</summary>
    public static IReadOnlyList<Settings> Kinds { get; } =
    [
        new("none", true, true, true, false),
        new("prometheus.io/builtin", false, false, false, false),
        new("prometheus.io/builtin", true, false, false, false),
        new("prometheus.io/builtin", false, true, false, false),
        new("prometheus.io/builtin", true, true, true, false),
        new("prometheus.io/coreos-operator", false, false, true, false),
        new("prometheus.io/coreos-operator", true, false, false, false),
        new("prometheus.io/coreos-operator", false, true, true, false),
        new("prometheus.io/coreos-operator", true, true, false, true),
        new("prometheus.io/coreos-operator", true, true, true, false),
    ];

    /// <summary>From each of some settings to each other one, just once, and back to the first.</summary>
    public static IReadOnlyList<Settings> Route(IReadOnlyList<Settings> stations)
    {
        // Hierholzer's way through a graph with an edge from each node to each other one.
        var open = stations.ToDictionary(s => s, s => new Stack<Settings>(stations.Where(o => o != s)));
        Stack<Settings> path = new([stations[0]]);
        List<Settings> route = [];
        while (path.TryPeek(out var at))
        {
            if (open[at].TryPop(out var next))
            {
                path.Push(next);
            }
            else
            {
                route.Add(path.Pop());
            }
        }

        route.Reverse();
        return route;
    }

    public MonitoringSpec Spec(string elsewhere) => new()
    {
        Agent = Agent,
        Backup = Backup,
        Operator = Operator,
        Prometheus = Elsewhere ? new PrometheusSpec { Namespace = elsewhere } : new PrometheusSpec(),
        ServiceMonitor = new ServiceMonitorSpec
        {
            Labels = OtherLabels ? new Dictionary<string, string>(StringComparer.Ordinal) { ["release"] = "kube-prometheus", ["example.com/team"] = "ops" } : new Dictionary<string, string>(StringComparer.Ordinal) { ["app"] = "stash" },
        },
    };
}
