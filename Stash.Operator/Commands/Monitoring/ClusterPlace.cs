using System.Text.Json.Nodes;
using k8s;
using k8s.Autorest;
using Stash.Core;
using Stash.Core.Api;
using Stash.Core.Kubernetes;
using Stash.Core.Monitoring;
using Stash.Core.Monitoring.Cluster;

namespace Stash.Operator.Commands.Monitoring;

/// <summary>The settings of a cluster, with the rights of whoever runs the command.</summary>
/// <param name="cluster">Theirs.</param>
/// <param name="isNamed">Whether they have said which namespace.</param>
internal sealed class ClusterPlace(KubernetesConnection cluster, bool isNamed) : ISettingsPlace
{
    private const string FieldManager = "stash-monitoring";
    private const int Tries = 10;

    private readonly SettingsObject _settings = new(cluster.Client, cluster.Namespace, ClusterUser.You);

    public string Name => $"namespace {cluster.Namespace} of the cluster at {cluster.Server.GetLeftPart(UriPartial.Authority)}";

    public string? Idle => null;

    public async Task<MonitoringManifest> ReadAsync(CancellationToken cancellationToken) =>
        await ResourceAsync(cancellationToken) is { } resource ? ClusterManifest.Of(resource) : throw new UserErrorException(await NoneAsync(cancellationToken));

    public async Task<SettingsPreview> PreviewAsync(MonitoringManifest manifest, CancellationToken cancellationToken)
    {
        var status = (await ResourceAsync(cancellationToken))?.Status;
        if (status?.Operator is not { } facts)
        {
            throw new UserErrorException($"No operator has taken up the settings in {Name}, so it cannot be told what they make: see that the Stash operator runs there.");
        }

        try
        {
            return await new ClusterPreview(cluster.Client, cluster.Namespace, ClusterUser.You).OfAsync(manifest, facts, [.. status.Created.Select(c => c.Ref)], cancellationToken);
        }
        catch (SettingsException e)
        {
            throw new UserErrorException(e.Message);
        }
        catch (ArgumentException e)
        {
            throw new UserErrorException($"The status of the settings in {Name} does not tell what the operator is: see that the Stash operator runs there and has written it.", inner: e);
        }
    }

    public async Task<SettingsChange> SaveAsync(Func<MonitoringSpec, MonitoringSpec> change, CancellationToken cancellationToken)
    {
        for (var tries = 1; ; tries++)
        {
            var live = await LiveAsync(cancellationToken);
            if (live is null && !isNamed && await OthersAsync(cancellationToken) is { Count: > 0 })
            {
                throw new UserErrorException(await NoneAsync(cancellationToken));
            }

            var before = live is null ? ClusterManifest.None(cluster.Namespace, "") : ClusterManifest.Of(SettingsObject.Typed(live));
            try
            {
                var after = SettingsObject.Typed(await _settings.WriteAsync(live, change(before.Spec), FieldManager, cancellationToken));
                return new SettingsChange(before, ClusterManifest.Of(after));
            }
            catch (ClusterFailureException e) when (e.Failure.Reason == FailureReason.Conflict && tries < Tries)
            {
                // Only what was asked for is changed, so it is right on top of any other change.
            }
            catch (ClusterFailureException e)
            {
                throw new UserErrorException(e.Failure.Message);
            }
        }
    }

    /// <summary>Deletes them.</summary>
    /// <inheritdoc cref="SettingsRemoval.RunAsync"/>
    public async Task<(SettingsRemovalResult Result, IReadOnlyList<ObjectRef> Left)> DeleteAsync(TimeSpan patience, bool force, CancellationToken cancellationToken)
    {
        try
        {
            return await new SettingsRemoval(cluster.Client, cluster.Namespace, TimeProvider.System).RunAsync(patience, force, cancellationToken);
        }
        catch (ClusterFailureException e)
        {
            throw new UserErrorException(e.Failure.Message);
        }
    }

    public void Dispose() => cluster.Dispose();

    private async Task<JsonObject?> LiveAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await _settings.GetAsync(cancellationToken);
        }
        catch (ClusterFailureException e)
        {
            throw new UserErrorException(e.Failure.Message);
        }
    }

    private async Task<MonitoringResource?> ResourceAsync(CancellationToken cancellationToken) => await LiveAsync(cancellationToken) is { } live ? SettingsObject.Typed(live) : null;

    private async Task<string> NoneAsync(CancellationToken cancellationToken)
    {
        var remedy = await OthersAsync(cancellationToken) switch
        {
            [var one] => $"there is one in namespace {one}: give --namespace {one}",
            { Count: > 1 } several => $"there are some in the namespaces {string.Join(", ", several)}: give one with --namespace",
            _ => "give the operator's namespace with --namespace, or make settings with stash monitoring set",
        };
        return $"There is no Monitoring {MonitoringResource.ObjectName} in {Name}: {remedy}.";
    }

    /// <summary>Other namespaces that have settings; empty also for whoever may not know.</summary>
    private async Task<IReadOnlyList<string>> OthersAsync(CancellationToken cancellationToken)
    {
        try
        {
            var list = await cluster.Client.CustomObjects.ListClusterCustomObjectAsync<JsonObject>(MonitoringResource.KubeGroup, MonitoringResource.KubeApiVersion, MonitoringResource.KubePluralName, cancellationToken: cancellationToken);
            return [.. (list["items"] as JsonArray ?? []).Select(i => i?["metadata"]?["namespace"]?.GetValue<string>()).OfType<string>().Where(n => n != cluster.Namespace).Order(StringComparer.Ordinal)];
        }
        catch (Exception e) when (e is HttpOperationException or HttpRequestException or OperationCanceledException && !cancellationToken.IsCancellationRequested)
        {
            return [];
        }
    }
}
