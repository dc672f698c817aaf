using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using Stash.Core.Api;
using Stash.Core.Events;
using Stash.Core.Kubernetes;

namespace Stash.Core.Monitoring.Cluster;

/// <summary>
/// The settings in a cluster, behind the API: read from the object that the controller watches, and written with the token of whoever changes them, so that the cluster's RBAC decides and its
/// audit log names them.
/// </summary>
/// <param name="cluster">With the operator's own rights: to read, and for the dry run of a preview. Not to write.</param>
/// <param name="facts">What the operator is, now.</param>
/// <param name="hub">Is told of each change that shows.</param>
/// <param name="logger">For what is to be looked at in the cluster.</param>
public sealed partial class ClusterSettings(KubernetesConnection cluster, Func<OperatorFacts> facts, EventHub hub, ILogger<ClusterSettings> logger) : IMonitoringSettings
{
    /// <summary>Under which name the settings are written.</summary>
    private const string FieldManager = "stash-console";

    /// <summary>How often the status may be written at the same moment.</summary>
    private const int Tries = 5;

    private readonly Lock _lock = new();
    private MonitoringResource? _resource;
    private MonitoringManifest _current = ClusterManifest.None(cluster.Namespace, "The settings have not been read from the cluster yet.");

    /// <inheritdoc/>
    public MonitoringManifest Current => Volatile.Read(ref _current);

    /// <inheritdoc/>
    public Reconciliations Reconciliations { get; } = new();

    /// <summary>Takes the settings as the cluster has them now.</summary>
    /// <param name="resource">Null where there are none.</param>
    public void Take(MonitoringResource? resource)
    {
        lock (_lock)
        {
            // What was saved here is known before whoever watches tells it, and what it tells until then is older.
            if (resource is not null && resource.Metadata.Uid == _resource?.Metadata.Uid && resource.Metadata.Generation < _resource?.Metadata.Generation)
            {
                return;
            }

            var now = resource is null
                ? ClusterManifest.None(cluster.Namespace, $"There is no Monitoring {MonitoringResource.ObjectName} in namespace {cluster.Namespace}, so nobody scrapes: save settings, or apply one.")
                : ClusterManifest.Of(resource);
            var changed = Json(now) != Json(_current);
            _resource = resource;
            Volatile.Write(ref _current, now);
            if (changed)
            {
                hub.Publish(new StashEvent.SettingsChanged(now));
            }
        }
    }

    /// <inheritdoc/>
    public Task<SettingsPreview> PreviewAsync(MonitoringManifest manifest, SettingsAuthor author, CancellationToken cancellationToken)
    {
        MonitoringResource? resource;
        lock (_lock)
        {
            resource = _resource;
        }

        return new ClusterPreview(cluster.Client, cluster.Namespace, ClusterUser.Operator).OfAsync(manifest, facts(), [.. (resource?.Status?.Created ?? []).Select(c => c.Ref)], cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<SettingsChange> SaveAsync(MonitoringManifest manifest, SettingsAuthor author, CancellationToken cancellationToken)
    {
        if (author.BearerToken is not { } token)
        {
            throw new SettingsException(SettingsFailure.Forbidden,
                $"in a cluster settings are saved with your own token, so that its RBAC decides, and you have shown a certificate: send a token that the cluster knows, or use kubectl edit monitoring {MonitoringResource.ObjectName} --namespace {cluster.Namespace}.");
        }

        SettingsObject mine = new(cluster.Client, cluster.Namespace, ClusterUser.Operator);
        using var client = cluster.As(token);
        SettingsObject theirs = new(client, cluster.Namespace, ClusterUser.You);
        for (var tries = 1; ; tries++)
        {
            var live = await ReadAsync(mine, cancellationToken);
            var before = live is null ? null : SettingsObject.Typed(live);
            if (manifest.Metadata.ResourceVersion != ClusterManifest.VersionOf(before))
            {
                throw SettingsException.ChangedMeanwhile();
            }

            if (before?.Metadata.DeletionTimestamp is not null)
            {
                throw new SettingsException(SettingsFailure.Conflict, "the settings are being deleted: wait until they are gone, then save them anew");
            }

            try
            {
                var after = SettingsObject.Typed(await theirs.WriteAsync(live, MonitoringValidation.Canonical(manifest.Spec), FieldManager, cancellationToken));
                Take(after);
                return new SettingsChange(before is null ? ClusterManifest.None(cluster.Namespace, "") : ClusterManifest.Of(before), ClusterManifest.Of(after));
            }
            catch (ClusterFailureException e) when (e.Failure.Reason == FailureReason.Conflict && tries < Tries)
            {
                // The status alone has changed, or the settings too: reading tells.
            }
            catch (ClusterFailureException e)
            {
                throw NotSaved(e);
            }
        }
    }

    private async Task<JsonObject?> ReadAsync(SettingsObject mine, CancellationToken cancellationToken)
    {
        try
        {
            return await mine.GetAsync(cancellationToken);
        }
        catch (ClusterFailureException e)
        {
            LogUnread(logger, e.Failure.Message);
            throw new SettingsException(SettingsFailure.Unavailable, $"The settings cannot be read from the cluster. {e.Failure.Message}", inner: e);
        }
    }

    /// <summary>Without the exception itself: it holds the request, and that the token.</summary>
    private SettingsException NotSaved(ClusterFailureException e)
    {
        var (failure, message) = e.Failure.Reason switch
        {
            FailureReason.Conflict => (SettingsFailure.Conflict, SettingsException.ChangedMeanwhile().Message),
            FailureReason.Forbidden => (SettingsFailure.Forbidden, $"{e.Failure.Message} The ClusterRole stash-monitoring-edit has it, bound to you in namespace {cluster.Namespace}."),
            FailureReason.Unauthorized => (SettingsFailure.Forbidden,
                "in a cluster settings are saved with your own token, so that its RBAC decides, and the cluster does not know yours: send one that it knows, as of a service account or of OpenID Connect, and not the operator's token file."),
            FailureReason.Invalid => (SettingsFailure.Invalid, e.Failure.Message),
            FailureReason.TooManyRequests or FailureReason.Unreachable or FailureReason.ServerError => (SettingsFailure.Unavailable, e.Failure.Message),
            _ => (SettingsFailure.Failed, e.Failure.Message),
        };
        return new SettingsException(failure, message, failure == SettingsFailure.Invalid ? [new FieldError("spec", message)] : null);
    }

    private static string Json(MonitoringManifest manifest) => JsonSerializer.Serialize(manifest, StashJson.Default.MonitoringManifest);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The settings cannot be read from the cluster to be changed: {Problem}")]
    private static partial void LogUnread(ILogger logger, string problem);
}
