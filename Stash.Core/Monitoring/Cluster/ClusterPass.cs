using System.Text.Json.Nodes;

namespace Stash.Core.Monitoring.Cluster;

/// <summary>What was, or would be, done to one object.</summary>
/// <param name="Outcome">How it ended.</param>
/// <param name="Before">The object as it was; null where there was none, or it is of others.</param>
/// <param name="After">As it is now; null where it is gone; what was asked for, where that failed.</param>
internal sealed record ClusterStep(ObjectOutcome Outcome, JsonObject? Before, JsonObject? After);

/// <summary>One pass over all that the settings make and made. An object that fails keeps no other from its turn, unless the API server itself is the trouble.</summary>
internal sealed class ClusterPass(ClusterObjects objects, DesiredState desired, IReadOnlyCollection<ObjectRef> previous, bool dryRun)
{
    /// <summary>In place of a name: all of a kind, where they are looked for.</summary>
    private const string All = "*";

    private readonly List<ClusterStep> _steps = [];
    private readonly HashSet<ObjectRef> _wanted = [.. desired.Objects.Select(o => o.Ref)];
    private readonly ServiceAnnotations _annotations = new(objects, previous, dryRun);
    private ApplyFailure? _stopped;

    public async Task<IReadOnlyList<ClusterStep>> RunAsync(CancellationToken cancellationToken)
    {
        // Before anything is changed: what is there tells where the rest is.
        var leftovers = await LeftoversAsync(cancellationToken);
        foreach (var wanted in desired.Objects)
        {
            await TakeAsync(wanted.Ref, wanted.Body, live => IsService(wanted.Ref) ? _annotations.SetAsync(wanted, live, cancellationToken) : MakeAsync(wanted, live, cancellationToken), cancellationToken);
        }

        ObjectRef service = ClusterKind.Service.Named(desired.Names.OperatorNamespace, desired.Names.ServiceName);
        foreach (var old in previous.Where(IsService).Append(service).Distinct().Where(s => !_wanted.Contains(s)))
        {
            await TakeAsync(old, null, live => _annotations.RemoveAsync(old, live, cancellationToken), cancellationToken);
        }

        foreach (var old in leftovers)
        {
            await TakeAsync(old, null, live => RemoveAsync(old, live, cancellationToken), cancellationToken);
        }

        return _steps;
    }

    private static bool IsService(ObjectRef what) => ClusterKind.Of(what) == ClusterKind.Service;

    /// <summary>Reads an object and does what is to be done with it.</summary>
    private async Task TakeAsync(ObjectRef what, JsonObject? asked, Func<JsonObject?, Task<ClusterStep?>> act, CancellationToken cancellationToken)
    {
        JsonObject? live = null;
        await TryAsync(what, failure => new(new(what, ObjectResult.Failed, failure), failure.Reason == FailureReason.OwnedByOther ? null : live, asked), async () =>
        {
            live = await objects.GetAsync(what, cancellationToken);
            if (await act(live) is { } step)
            {
                _steps.Add(step);
            }
        });
    }

    private async Task TryAsync(ObjectRef what, Func<ApplyFailure, ClusterStep> failed, Func<Task> act)
    {
        if (_stopped is null)
        {
            try
            {
                await act();
            }
            catch (ClusterFailureException e)
            {
                _stopped = e.Failure.IsOfAll ? e.Failure : null;
                _steps.Add(failed(e.Failure));
            }
        }
        else if (what.Name != All)
        {
            _steps.Add(failed(_stopped));
        }
    }

    private async Task<ClusterStep?> MakeAsync(DesiredObject wanted, JsonObject? live, CancellationToken cancellationToken)
    {
        if (live is not null)
        {
            if (!IsOurs(wanted.Ref, live))
            {
                throw new ClusterFailureException(ClusterFailures.OwnedByOther(wanted.Ref, OwnerMark.Owner(live)));
            }

            if (IsGoing(live))
            {
                throw new ClusterFailureException(ClusterFailures.BeingDeleted(wanted.Ref));
            }

            if (CannotBecome(live, wanted.Body))
            {
                await objects.DeleteAsync(wanted.Ref, live, cancellationToken);
                var made = dryRun ? wanted.Body : await objects.ApplyAsync(wanted.Ref, wanted.Body, isNew: true, cancellationToken);
                return new(new(wanted.Ref, ObjectResult.Applied), live, made);
            }
        }

        var now = await ApplyAsync(wanted, live is null, cancellationToken);
        return new(new(wanted.Ref, ResultOf(live, now)), live, now);
    }

    private async Task<JsonObject> ApplyAsync(DesiredObject wanted, bool isNew, CancellationToken cancellationToken)
    {
        try
        {
            return await objects.ApplyAsync(wanted.Ref, wanted.Body, isNew, cancellationToken);
        }
        catch (ClusterFailureException e) when (dryRun && e.Failure.Reason == FailureReason.ClusterRoleNotFound && !_steps.Exists(s => s.Outcome.Result == ObjectResult.Failed && ClusterKind.Of(s.Outcome.Ref) == ClusterKind.ClusterRole))
        {
            // It would be there by then: the pass makes it first.
            return wanted.Body;
        }
    }

    private async Task<ClusterStep?> RemoveAsync(ObjectRef old, JsonObject? live, CancellationToken cancellationToken)
    {
        if (live is null || IsGoing(live) || !IsMarked(live))
        {
            return null;
        }

        await objects.DeleteAsync(old, live, cancellationToken);
        return new(new(old, ObjectResult.Deleted), live, null);
    }

    /// <summary>
    /// What was made and is not wanted any more: by the list of the last time, and by the mark. The certificate is looked for in the namespaces that these are in and tell of, since nobody
    /// should have to let the operator list all Secrets of the cluster.
    /// </summary>
    private async Task<IReadOnlyList<ObjectRef>> LeftoversAsync(CancellationToken cancellationToken)
    {
        HashSet<ObjectRef> known = [.. previous.Where(p => ClusterKind.Of(p) is not null && !IsService(p))];
        HashSet<string> namespaces = new(known.Concat(_wanted).Select(o => o.Namespace).OfType<string>(), StringComparer.Ordinal) { desired.Names.OperatorNamespace };
        foreach (var kind in new[] { ClusterKind.ServiceMonitor, ClusterKind.ClusterRoleBinding, ClusterKind.ClusterRole })
        {
            var all = kind.Named(null, All);
            await TryAsync(all, failure => new(new(all, ObjectResult.Failed, failure), null, null), async () =>
            {
                foreach (var found in await objects.MarkedAsync(kind, desired.Names.OperatorNamespace, cancellationToken))
                {
                    var @namespace = found.Text("metadata", "namespace");
                    known.Add(kind.Named(@namespace, found.Text("metadata", "name")!));
                    namespaces.UnionWith(new[] { @namespace, found.Text("metadata", "annotations", OwnerMark.CertificateAnnotation) }.OfType<string>());
                }
            });
        }

        // Nobody answers: what is not known to have been made is not told of.
        if (_stopped is null)
        {
            known.UnionWith(namespaces.Where(n => n.Length > 0).Select(n => ClusterKind.Secret.Named(n, desired.Names.CertificateSecret)));
        }

        known.ExceptWith(_wanted);
        return [.. known.OrderByDescending(o => ClusterKind.All.ToList().IndexOf(ClusterKind.Of(o)!)).ThenBy(o => o.Namespace, StringComparer.Ordinal).ThenBy(o => o.Name, StringComparer.Ordinal)];
    }

    /// <summary>By its mark; by the list of the last time too, so that an object stays ours whose mark somebody took away or wrote over. One that another operator has made since is not.</summary>
    private bool IsOurs(ObjectRef what, JsonObject live) => IsMarked(live) || (previous.Contains(what) && !OwnerMark.IsAsApplied(live));

    private bool IsMarked(JsonObject live) => OwnerMark.Owner(live) is { } owner ? owner == desired.Names.OperatorNamespace : OwnerMark.HasOurFields(live);

    private static bool IsGoing(JsonObject live) => live.Text("metadata", "deletionTimestamp") is not null;

    /// <summary>A field differs that the API server never changes: whoever changed it had made the object anew.</summary>
    private static bool CannotBecome(JsonObject live, JsonObject body) =>
        (body["roleRef"] is { } role && !JsonNode.DeepEquals(role, live["roleRef"])) || (body["type"] is { } type && !JsonNode.DeepEquals(type, live["type"]));

    /// <summary>The API server gives a new resourceVersion where anything has changed.</summary>
    internal static ObjectResult ResultOf(JsonObject? before, JsonObject now) =>
        before.Text("metadata", "resourceVersion") is { } version && version == now.Text("metadata", "resourceVersion") ? ObjectResult.Unchanged : ObjectResult.Applied;
}
