using Stash.Core.Kubernetes;
using Stash.Core.Monitoring;
using Stash.Core.Monitoring.Cluster;
using Stash.Core.Monitoring.Prometheuses;
using Stash.Operator.Access;

namespace Stash.Operator.Monitoring.Cluster;

/// <summary>Puts the settings into effect, once: when there is to be another pass is the controller's to decide.</summary>
internal sealed partial class MonitoringReconciler(
    KubernetesConnection cluster, OperatorInCluster self, MonitoringObject settings, MonitoringEvents events, MonitoringMetrics metrics, TimeProvider time, ILogger<MonitoringReconciler> logger)
{
    private readonly ClusterApplier _applier = new(cluster.Client);
    private IReadOnlyCollection<ObjectRef> _created = [];
    private IReadOnlyCollection<string> _problems = [];
    private (string Agent, bool Backup, bool Operator)? _told;

    /// <param name="resource">The settings; null where there are none.</param>
    /// <param name="watches">What is known beside them.</param>
    /// <param name="changes">Is told what was made.</param>
    /// <param name="stop">Ends it between two requests.</param>
    public async Task<Pass> RunAsync(MonitoringResource? resource, LeaderWatches watches, Changes changes, CancellationToken stop)
    {
        if (resource is null || (IsGoing(resource) && !MonitoringObject.IsHeld(resource)))
        {
            metrics.Tell([]);
            return Pass.Of(await ApplyAsync(Nothing(), [], changes, stop));
        }

        var previous = resource.Status?.Created ?? [];
        if (IsGoing(resource))
        {
            return await EndAsync(resource, previous, changes, stop);
        }

        if (MonitoringValidation.Validate(new MonitoringManifest { Spec = resource.Spec }) is { Count: > 0 } errors)
        {
            await TellAsync(resource, MonitoringConditions.Invalid(errors), previous, null, changes, stop);
            return new(ReconcileResult.Invalid);
        }

        var spec = MonitoringValidation.Canonical(resource.Spec);
        var found = ClusterPlan.MakesServiceMonitor(spec) ? await watches.FindPrometheusesAsync(stop) : new FoundPrometheuses();
        var plan = ClusterPlan.Of(spec, self.Namespace, self.Facts, found, watches.Bound);
        LogChange(spec);
        if (plan.Desired.Objects.Count > 0 || previous.Count > 0)
        {
            // First: what is made is to be removed one day.
            if (await HoldAsync(resource, held: true, changes, stop) is not { } held)
            {
                return new(ReconcileResult.Unchanged, PassRetry.Soon);
            }

            resource = held;
        }

        var result = await ApplyAsync(plan.Desired, previous, changes, stop);
        var created = MonitoringStatusBuilder.Created(result, previous, time.GetUtcNow());
        var told = await TellAsync(resource, MonitoringConditions.Of(spec, plan, found, result), created, plan, changes, stop);
        await TellOfWatchesAsync(resource, watches, stop);
        if (told is not null && created.Count == 0 && plan.Desired.Objects.Count == 0 && result.Succeeded)
        {
            // Nothing is there that would have to go: the settings may, without an operator.
            await HoldAsync(told, held: false, changes, stop);
        }

        return told is null ? new(ReconcileResult.Failed, PassRetry.Soon, result.RetryAfter) : Pass.Of(result);
    }

    private static bool IsGoing(MonitoringResource resource) => resource.Metadata.DeletionTimestamp is not null;

    private DesiredState Nothing() => DesiredState.Nothing(self.Facts.NamesIn(self.Namespace));

    /// <summary>The settings are being deleted: all goes that they had made, then they do.</summary>
    private async Task<Pass> EndAsync(MonitoringResource resource, IReadOnlyList<CreatedObject> previous, Changes changes, CancellationToken stop)
    {
        LogEnd(logger);
        var result = await ApplyAsync(Nothing(), previous, changes, stop);
        if (result.Succeeded)
        {
            return await HoldAsync(resource, held: false, changes, stop) is null ? new(ReconcileResult.Unchanged, PassRetry.Soon) : Pass.Of(result);
        }

        var plan = ClusterPlan.Of(new MonitoringSpec(), self.Namespace, self.Facts, new FoundPrometheuses(), []);
        await TellAsync(resource, MonitoringConditions.Of(new MonitoringSpec(), plan, new FoundPrometheuses(), result), MonitoringStatusBuilder.Created(result, previous, time.GetUtcNow()), plan, changes, stop);
        return Pass.Of(result);
    }

    private async Task<ApplyResult> ApplyAsync(DesiredState desired, IReadOnlyList<CreatedObject> previous, Changes changes, CancellationToken stop)
    {
        // What was made here is known also where the status could not be written.
        var result = await _applier.ApplyAsync(desired, [.. previous.Select(c => c.Ref).Union(_created)], stop);
        _created = result.Created;
        changes.Made(result.Objects.Select(o => o.Version).OfType<string>());
        var before = _problems;
        _problems = [.. result.Objects.Select(o => o.Failure?.Message).OfType<string>().Distinct(StringComparer.Ordinal)];
        foreach (var problem in _problems.Except(before, StringComparer.Ordinal))
        {
            LogFailed(logger, problem);
        }

        foreach (var problem in before.Except(_problems, StringComparer.Ordinal))
        {
            LogSolved(logger, problem);
        }

        foreach (var (what, outcome, failure) in result.Objects)
        {
            if (failure is not null)
            {
                metrics.Failed(failure.Reason);
            }
            else if (outcome is ObjectResult.Applied or ObjectResult.Deleted)
            {
                LogDone(logger, outcome == ObjectResult.Applied ? "Applied" : "Removed", what.Kind, what.Namespace is null ? what.Name : $"{what.Namespace}/{what.Name}");
            }
        }

        return result;
    }

    private async Task<MonitoringResource?> HoldAsync(MonitoringResource resource, bool held, Changes changes, CancellationToken stop)
    {
        if (MonitoringObject.IsHeld(resource) == held)
        {
            return resource;
        }

        var now = await settings.HoldAsync(resource, held, stop);
        Made(resource, now, changes);
        return now;
    }

    /// <summary>As status, events and metrics.</summary>
    /// <returns>Null where the status could not be written.</returns>
    private async Task<MonitoringResource?> TellAsync(
        MonitoringResource resource, IReadOnlyList<MonitoringCondition> conditions, IReadOnlyList<CreatedObject> created, ClusterPlan? plan, Changes changes, CancellationToken stop)
    {
        metrics.Tell(conditions);
        var status = MonitoringStatusBuilder.Build(resource, conditions, created, plan, self.Facts, time.GetUtcNow());
        MonitoringResource? now;
        try
        {
            now = await settings.TellAsync(resource, status, stop);
            Made(resource, now, changes);
        }
        catch (ClusterUnavailableException)
        {
            // It is told where it was met, and written by the next pass.
            now = null;
        }

        var before = (resource.Status?.Conditions ?? []).ToDictionary(c => c.Type, StringComparer.Ordinal);
        foreach (var condition in status.Conditions)
        {
            var old = before.GetValueOrDefault(condition.Type);
            if (condition.IsProblem())
            {
                await events.TellAsync(resource, isWarning: true, condition.Reason, $"{condition.Type} is {condition.Status}: {condition.Message}", stop);
            }
            else if (old is not null && old.IsProblem())
            {
                await events.TellAsync(resource, isWarning: false, condition.Reason, $"{condition.Type} is {condition.Status}: {condition.Message}", stop);
            }
        }

        return now;
    }

    private async Task TellOfWatchesAsync(MonitoringResource resource, LeaderWatches watches, CancellationToken stop)
    {
        foreach (var problem in watches.Problems)
        {
            await events.TellAsync(resource, isWarning: true, $"Watch{problem.Kind}", problem.Message, stop);
        }
    }

    /// <summary>A version is only the operator's own where nobody has changed the settings in it.</summary>
    private static void Made(MonitoringResource before, MonitoringResource? now, Changes changes)
    {
        if (now is not null && now.Metadata.Generation == before.Metadata.Generation && IsGoing(now) == IsGoing(before))
        {
            changes.Made([now.Metadata.ResourceVersion]);
        }
    }

    private void LogChange(MonitoringSpec spec)
    {
        var now = (spec.Agent, spec.Backup, spec.Operator);
        if (_told != now)
        {
            _told = now;
            LogChanged(logger, spec.Agent, spec.Backup, spec.Operator);
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Monitoring settings: agent {Agent}, backup {Backup}, operator {Operator}")]
    private static partial void LogChanged(ILogger logger, string agent, bool backup, bool @operator);

    [LoggerMessage(Level = LogLevel.Information, Message = "The monitoring settings are deleted: what they had made is removed")]
    private static partial void LogEnd(ILogger logger);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Done} {Kind} {Name} for the monitoring settings")]
    private static partial void LogDone(ILogger logger, string done, string kind, string name);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Monitoring settings: {Problem} It is tried again.")]
    private static partial void LogFailed(ILogger logger, string problem);

    [LoggerMessage(Level = LogLevel.Information, Message = "Monitoring settings. No more so: {Problem}")]
    private static partial void LogSolved(ILogger logger, string problem);
}
