using System.Globalization;
using System.Text.Json.Nodes;
using k8s;
using k8s.Autorest;
using k8s.Models;
using Stash.Core;
using Stash.Core.Configuration;
using Stash.Core.Kubernetes;
using Stash.Core.Kubernetes.Controllers;
using Stash.Core.Monitoring;
using Stash.Core.Monitoring.Cluster;
using Stash.Operator.Access;

namespace Stash.Operator.Monitoring.Cluster;

/// <summary>
/// Makes the settings of those that an installation brings, in the ConfigMap <c>SERVICE-monitoring</c>, where there are none. It does so once: the ConfigMap is marked, so that settings that somebody
/// deletes later stay away, and what an upgrade brings changes nothing.
/// </summary>
internal sealed partial class FirstSettings(ClusterRequests requests, KubernetesConnection cluster, StashOptions options, TimeProvider time, ILogger<FirstSettings> logger) : BackgroundService
{
    /// <summary>Of the ConfigMap: a <c>Monitoring</c> as YAML.</summary>
    public const string Key = "monitoring.yaml";

    /// <summary>The annotation of the ConfigMap with the time when its settings were made, or were found to be not needed.</summary>
    public const string Mark = "stash.appscode.com/first-settings";

    private string Name => $"{options.Kubernetes.ServiceName}-monitoring";

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        Backoff backoff = new(TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(5));
        while (!await TryAsync(stoppingToken))
        {
            await Task.Delay(backoff.Next(), time, stoppingToken);
        }
    }

    /// <returns>False where it is to be tried again.</returns>
    private async Task<bool> TryAsync(CancellationToken stop)
    {
        try
        {
            var map = await requests.SendAsync("first-settings", $"get the ConfigMap {Name} in namespace {cluster.Namespace}", "give its service account that right", (client, bound) =>
                OrNullAsync(() => client.CoreV1.ReadNamespacedConfigMapAsync(Name, cluster.Namespace, cancellationToken: bound)), stop);
            if (map?.Data?.TryGetValue(Key, out var text) != true)
            {
                return true;
            }

            if (map.Annotations()?.TryGetValue(Mark, out var made) == true)
            {
                LogMadeBefore(logger, Name, made);
                return true;
            }

            if (Read(text!) is not { } spec || !await MakeAsync(spec, stop))
            {
                return false;
            }

            await requests.SendAsync("first-settings", $"patch the ConfigMap {Name} in namespace {cluster.Namespace}", "give its service account that right", (client, bound) =>
                OrNullAsync(() => client.CoreV1.PatchNamespacedConfigMapAsync(Marked(), Name, cluster.Namespace, fieldManager: OwnerMark.FieldManager, cancellationToken: bound)), stop);
            return true;
        }
        catch (ClusterUnavailableException)
        {
            // It is in the log and in the health check.
            return false;
        }
    }

    private MonitoringSpec? Read(string text)
    {
        try
        {
            var manifest = MonitoringYaml.Parse(text, Key);
            if (MonitoringValidation.Validate(manifest) is [var error, ..])
            {
                throw new UserErrorException($"{error.Field}: {error.Message}");
            }

            return MonitoringValidation.Canonical(manifest.Spec);
        }
        catch (UserErrorException e)
        {
            LogWrong(logger, Key, Name, e.Message);
            return null;
        }
    }

    /// <returns>Whether there are settings now.</returns>
    private async Task<bool> MakeAsync(MonitoringSpec spec, CancellationToken stop)
    {
        try
        {
            await new SettingsObject(cluster.Client, cluster.Namespace, ClusterUser.Operator).WriteAsync(null, spec, OwnerMark.FieldManager, stop);
            LogMade(logger, spec.Agent, Name);
            return true;
        }
        catch (ClusterFailureException e) when (e.Failure.Reason == FailureReason.Conflict)
        {
            // There are some.
            return true;
        }
        catch (ClusterFailureException e)
        {
            LogNotMade(logger, Name, e.Failure.Message);
            return false;
        }
    }

    private V1Patch Marked() => new(new JsonObject
    {
        ["metadata"] = new JsonObject { ["annotations"] = new JsonObject { [Mark] = time.GetUtcNow().ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture) } },
    }, V1Patch.PatchType.MergePatch);

    private static async Task<V1ConfigMap?> OrNullAsync(Func<Task<V1ConfigMap>> ask)
    {
        try
        {
            return await ask();
        }
        catch (HttpOperationException e) when (e.Response.StatusCode == System.Net.HttpStatusCode.NotFound)
        {
            return null;
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "The first settings are made, with the agent {Agent}, of those in the ConfigMap {Name}")]
    private static partial void LogMade(ILogger logger, string agent, string name);

    [LoggerMessage(Level = LogLevel.Information, Message = "The first settings in the ConfigMap {Name} have had their turn at {Time}: they change nothing any more")]
    private static partial void LogMadeBefore(ILogger logger, string name, string time);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The first settings in the ConfigMap {Name} are not made, and are tried again: {Problem}")]
    private static partial void LogNotMade(ILogger logger, string name, string problem);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Key} in the ConfigMap {Name} is not valid, so no settings are made of it: {Problem}")]
    private static partial void LogWrong(ILogger logger, string key, string name, string problem);
}
