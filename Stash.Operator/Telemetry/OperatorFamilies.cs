using Stash.Core.Sessions;
using Stash.Core.Sessions.Journal;
using Stash.Operator.Gateway;
using Stash.Operator.Monitoring;

namespace Stash.Operator.Telemetry;

/// <summary>Metrics of the operator itself.</summary>
internal static class OperatorFamilies
{
    public static void AddBuildInfo(OperatorMetrics metrics)
    {
        var build = GatewayBuild.This;
        metrics.Factory.CreateGauge("stash_build_info", "1; its labels tell what this program was built from, and the .NET that it runs on.", ["version", "revision", "dotnet"])
            .WithLabels(build.Version, build.Revision, build.Runtime).Set(1);
    }

    public static void AddLeadership(OperatorMetrics metrics, ILeadership leadership) => new ScrapedMetrics<ILeadership>(metrics.Registry, () => leadership)
        .Gauge("stash_leader", "1 where this process is the one that puts settings into effect, else 0.", l => l.IsLeader ? 1 : 0);

    /// <summary>Sessions seen since the start.</summary>
    public static void AddSessions(OperatorMetrics metrics, SessionCounts counts)
    {
        var sessions = metrics.Factory.CreateCounter("stash_sessions_total", "Sessions taken into the session journal since the start, by operation and outcome.", ["operation", "outcome"]);
        var children = (
            from operation in Enumerable.Range(0, SessionCounts.Operations.Count)
            from outcome in Enum.GetValues<SessionOutcome>()
            select (operation, outcome, sessions.WithLabels(SessionCounts.Operations[operation], outcome.ToString().ToLowerInvariant()))).ToArray();
        metrics.Registry.AddBeforeCollectCallback(() =>
        {
            foreach (var (operation, outcome, child) in children)
            {
                child.IncTo(counts[operation, outcome]);
            }
        });
    }
}
