using Stash.Core.Monitoring;
using Stash.Core.Monitoring.Cluster;

namespace Stash.Operator.Monitoring.Cluster;

/// <summary>Puts a status together: times stay as they were where nothing has changed, so that a status which says nothing new is equal to the one before.</summary>
internal static class MonitoringStatusBuilder
{
    /// <param name="resource">With the status before.</param>
    /// <param name="conditions">Without times.</param>
    /// <param name="created">What exists.</param>
    /// <param name="plan">Null where the settings come to nothing.</param>
    /// <param name="facts">What the operator is.</param>
    /// <param name="now">The time.</param>
    public static MonitoringResourceStatus Build(
        MonitoringResource resource, IReadOnlyList<MonitoringCondition> conditions, IReadOnlyList<CreatedObject> created, ClusterPlan? plan, OperatorFacts facts, DateTimeOffset now)
    {
        var before = (resource.Status?.Conditions ?? []).ToDictionary(c => c.Type, StringComparer.Ordinal);
        return new()
        {
            ObservedGeneration = resource.Metadata.Generation,
            Conditions =
            [
                .. conditions.Select(c => c with
                {
                    ObservedGeneration = resource.Metadata.Generation,
                    LastTransitionTime = before.TryGetValue(c.Type, out var old) && old.Status == c.Status ? old.LastTransitionTime : Seconds(now),
                }),
            ],
            Created = created,
            Prometheuses = plan?.Prometheuses ?? [],
            Operator = facts,
        };
    }

    /// <summary>What exists, with the time since when.</summary>
    /// <param name="result">Of the pass.</param>
    /// <param name="before">As of the one before.</param>
    /// <param name="now">The time.</param>
    public static IReadOnlyList<CreatedObject> Created(ApplyResult result, IReadOnlyList<CreatedObject> before, DateTimeOffset now)
    {
        var times = before.DistinctBy(c => c.Ref).ToDictionary(c => c.Ref, c => c.Time);
        var outcomes = result.Objects.DistinctBy(o => o.Ref).ToDictionary(o => o.Ref);
        return
        [
            .. result.Created.Select(what => new CreatedObject
            {
                ApiVersion = what.ApiVersion,
                Kind = what.Kind,
                Namespace = what.Namespace,
                Name = what.Name,
                // The Service was there before us: its annotations are as old as we know them to be.
                Time = (ClusterKind.Of(what) == ClusterKind.Service ? null : outcomes.GetValueOrDefault(what)?.Made) ?? (times.TryGetValue(what, out var known) ? known : Seconds(now)),
            }),
        ];
    }

    private static DateTimeOffset Seconds(DateTimeOffset t) => DateTimeOffset.FromUnixTimeSeconds(t.ToUnixTimeSeconds());
}
