using System.Text.Json.Nodes;
using k8s;
using Stash.Core.Kubernetes;

namespace Stash.Core.Monitoring.Cluster;

/// <summary>How the removal of settings ended.</summary>
public enum SettingsRemovalResult
{
    /// <summary>There were none.</summary>
    NotFound,

    /// <summary>They are gone, and so is what they had made.</summary>
    Removed,

    /// <summary>No operator has cleaned up in time: they are there still, and will go once one does.</summary>
    Waiting,

    /// <summary>No operator has cleaned up in time: they are gone, and what they had made was left.</summary>
    Forced,
}

/// <summary>Deletes the settings of a cluster and waits until the operator has removed what they had made: for the end of an installation.</summary>
/// <param name="client">Of whoever removes: get and delete of the settings, patch to force it.</param>
/// <param name="operatorNamespace">Where they are.</param>
/// <param name="time">The clock.</param>
public sealed class SettingsRemoval(IKubernetes client, string operatorNamespace, TimeProvider time)
{
    private const int Tries = 10;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);

    private readonly ClusterObjects _objects = new(client, ClusterUser.You, dryRun: false);
    private readonly ObjectRef _settings = ClusterKind.Monitoring.Named(operatorNamespace, MonitoringResource.ObjectName);

    /// <param name="patience">How long the operator may take.</param>
    /// <param name="force">Whether they are to go after that without an operator.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <returns>How it ended, and what was left: not empty where an operator did not clean up.</returns>
    /// <exception cref="ClusterFailureException">They could not be read, deleted or patched.</exception>
    public async Task<(SettingsRemovalResult Result, IReadOnlyList<ObjectRef> Left)> RunAsync(TimeSpan patience, bool force, CancellationToken cancellationToken)
    {
        var began = time.GetTimestamp();
        if (await DeleteAsync(cancellationToken) is not { } deleted)
        {
            return (SettingsRemovalResult.NotFound, []);
        }

        JsonObject? live;
        while (true)
        {
            live = await _objects.GetAsync(_settings, cancellationToken);
            // Somebody may have made others since.
            if (live is null || live.Text("metadata", "uid") != deleted)
            {
                return (SettingsRemovalResult.Removed, []);
            }

            if (time.GetElapsedTime(began) >= patience)
            {
                break;
            }

            await Task.Delay(Pause, time, cancellationToken);
        }

        IReadOnlyList<ObjectRef> left = [.. (SettingsObject.Typed(live).Status?.Created ?? []).Select(c => c.Ref)];
        if (!force)
        {
            return (SettingsRemovalResult.Waiting, left);
        }

        var others = (live["metadata"]?["finalizers"] as JsonArray ?? []).Select(f => f?.GetValue<string>()).Where(f => f != MonitoringResource.Finalizer);
        await _objects.MergeAsync(_settings, new JsonObject
        {
            ["metadata"] = new JsonObject { ["resourceVersion"] = live.Text("metadata", "resourceVersion"), ["finalizers"] = new JsonArray([.. others.Select(f => (JsonNode?)f)]) },
        }, cancellationToken);
        return (SettingsRemovalResult.Forced, left);
    }

    /// <returns>The uid of what was deleted; null where there was nothing.</returns>
    private async Task<string?> DeleteAsync(CancellationToken cancellationToken)
    {
        for (var tries = 1; ; tries++)
        {
            var live = await _objects.GetAsync(_settings, cancellationToken);
            if (live is null)
            {
                return null;
            }

            try
            {
                if (live.Text("metadata", "deletionTimestamp") is null)
                {
                    await _objects.DeleteAsync(_settings, live, cancellationToken);
                }

                return live.Text("metadata", "uid");
            }
            catch (ClusterFailureException e) when (e.Failure.Reason == FailureReason.Conflict && tries < Tries)
            {
                // Its status was written in between.
            }
        }
    }
}
