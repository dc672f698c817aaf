using k8s;
using Stash.Core.Api;
using Stash.Core.Kubernetes;

namespace Stash.Core.Monitoring.Cluster;

/// <summary>What settings would make in a cluster, by its own dry run; changes nothing.</summary>
/// <param name="client">With the rights of whoever would apply them.</param>
/// <param name="operatorNamespace">Where the operator is.</param>
/// <param name="user">Who that is, for messages.</param>
public sealed class ClusterPreview(IKubernetes client, string operatorNamespace, ClusterUser user)
{
    /// <summary>Tells it. What would not work is part of the answer.</summary>
    /// <param name="manifest">Settings, valid or not.</param>
    /// <param name="facts">What the operator is.</param>
    /// <param name="created">What the settings in force have made.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="SettingsException">The API server does not answer, or does not know who asks.</exception>
    public async Task<SettingsPreview> OfAsync(MonitoringManifest manifest, OperatorFacts facts, IReadOnlyCollection<ObjectRef> created, CancellationToken cancellationToken)
    {
        var errors = MonitoringValidation.Validate(manifest);
        if (errors.Count > 0)
        {
            return new SettingsPreview { Errors = errors, Items = [] };
        }

        var plan = await new ClusterPlanner(client, operatorNamespace, user).PlanAsync(MonitoringValidation.Canonical(manifest.Spec), facts, cancellationToken);
        var objects = await new ClusterApplier(client, user).DryRunAsync(plan.Desired, created, cancellationToken);
        if (objects.FirstOrDefault(o => o.Failure is { IsOfAll: true })?.Failure is { } failure)
        {
            throw new SettingsException(SettingsFailure.Unavailable, failure.Message);
        }

        return new SettingsPreview
        {
            Errors = [],
            Items = [.. objects.Select(Item)],
            Warnings = plan.Warnings,
            Prometheuses = plan.Prometheuses,
        };
    }

    private static PreviewItem Item(ObjectPreview preview) => new()
    {
        Action = preview.Action,
        Kind = preview.Ref.Kind,
        Namespace = preview.Ref.Namespace,
        Name = preview.Ref.Name,
        Content = preview.After ?? "",
        Before = preview.Before,
        Failure = preview.Failure?.Message,
    };
}
