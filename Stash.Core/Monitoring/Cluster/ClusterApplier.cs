using System.Globalization;
using System.Text.Json.Nodes;
using k8s;
using Stash.Core.Kubernetes;

namespace Stash.Core.Monitoring.Cluster;

/// <summary>
/// Makes the objects that settings want, by server-side apply, and removes those that they do not want any more. It asks once: when to ask again is the caller's to decide.
/// </summary>
/// <param name="client">With the rights of whoever applies: the operator's, or those of a person.</param>
/// <param name="user">Who that is, for messages; the operator where it is null.</param>
public sealed class ClusterApplier(IKubernetes client, ClusterUser? user = null)
{
    private readonly ClusterUser _user = user ?? ClusterUser.Operator;

    /// <summary>Puts settings into effect. Whatever the cluster answers, or if it does not, is an outcome, no exception.</summary>
    /// <param name="desired">What there is to be.</param>
    /// <param name="previous">What was made the last time: <c>status.created</c>. What is missing in it is found by its mark.</param>
    /// <param name="cancellationToken">Ends it between two requests or in one; what was done stays.</param>
    public async Task<ApplyResult> ApplyAsync(DesiredState desired, IReadOnlyCollection<ObjectRef> previous, CancellationToken cancellationToken = default)
    {
        var steps = await new ClusterPass(new ClusterObjects(client, _user, dryRun: false), desired, previous, dryRun: false).RunAsync(cancellationToken);
        ObjectOutcome[] outcomes = [.. steps.Select(Outcome)];
        return new ApplyResult(outcomes, [.. outcomes.Where(o => Exists(o, previous)).Select(o => o.Ref)]);
    }

    /// <summary>What <see cref="ApplyAsync"/> would do, by the API server's dry run: defaults, webhooks and missing rights included. Nothing is changed.</summary>
    /// <param name="desired">What there would be.</param>
    /// <param name="previous">What was made the last time.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task<IReadOnlyList<ObjectPreview>> DryRunAsync(DesiredState desired, IReadOnlyCollection<ObjectRef> previous, CancellationToken cancellationToken = default)
    {
        var steps = await new ClusterPass(new ClusterObjects(client, _user, dryRun: true), desired, previous, dryRun: true).RunAsync(cancellationToken);
        return [.. steps.Select(Preview)];
    }

    private static ObjectOutcome Outcome(ClusterStep step) => step.Outcome.Result is not (ObjectResult.Applied or ObjectResult.Unchanged) ? step.Outcome : step.Outcome with
    {
        Version = step.After.Text("metadata", "resourceVersion"),
        Made = DateTimeOffset.TryParse(step.After.Text("metadata", "creationTimestamp"), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var made) ? made : null,
    };

    /// <summary>A failure leaves things as they were: there is what was there the last time.</summary>
    private static bool Exists(ObjectOutcome outcome, IReadOnlyCollection<ObjectRef> previous) => outcome.Result switch
    {
        ObjectResult.Applied or ObjectResult.Unchanged => true,
        ObjectResult.Failed => previous.Contains(outcome.Ref),
        _ => false,
    };

    private static ObjectPreview Preview(ClusterStep step)
    {
        var (outcome, before, after) = (step.Outcome, Yaml(step.Before), Yaml(step.After));
        var action = (before, after) switch
        {
            (not null, _) when outcome.Ref.Kind == ClusterKind.Service.Kind && before != after => "update",
            (_, null) => "delete",
            (null, _) => "create",
            _ => before == after ? "keep" : "update",
        };
        return new ObjectPreview(outcome.Ref, action, before, after, outcome.Failure);
    }

    private static string? Yaml(JsonObject? node) => node is null ? null : ObjectYaml.Write(node);
}
