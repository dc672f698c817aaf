using System.Globalization;
using System.Net;
using k8s;
using k8s.Autorest;
using k8s.Models;
using Stash.Core.Kubernetes;
using Stash.Core.Monitoring.Cluster;
using Stash.Operator.Access;

namespace Stash.Operator.Monitoring.Cluster;

/// <summary>
/// Kubernetes Events about the <c>Monitoring</c>, for <c>kubectl describe</c>. What is said again is one Event with a count, written at most every few minutes; all
/// together are limited. What could not be written is told once that is possible again.
/// </summary>
internal sealed class MonitoringEvents(ClusterRequests requests, KubernetesConnection cluster, TimeProvider time)
{
    private const string Component = "stash-operator";
    private const int LongestMessage = 1024;
    private const int MostKnown = 64;
    private const int Burst = 25;

    private static readonly TimeSpan Again = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan Refill = TimeSpan.FromSeconds(30);

    private readonly Dictionary<(string Uid, string Reason, string Message), Known> _known = [];
    private double _left = Burst;
    private long _refilled = time.GetTimestamp();

    /// <summary>Tells of something. What goes wrong is told by <see cref="ClusterRequests"/>.</summary>
    /// <param name="about">The settings.</param>
    /// <param name="isWarning">Whether it is no good.</param>
    /// <param name="reason">One word.</param>
    /// <param name="message">For people.</param>
    /// <param name="stop">Ends it.</param>
    public async Task TellAsync(MonitoringResource about, bool isWarning, string reason, string message, CancellationToken stop)
    {
        if (message.Length > LongestMessage)
        {
            message = $"{message[..(LongestMessage - 1)]}…";
        }

        var key = (about.Metadata.Uid, reason, message);
        if (!_known.TryGetValue(key, out var known))
        {
            Forget();
            _known[key] = known = new Known { First = time.GetUtcNow().UtcDateTime };
        }

        known.Count++;
        known.Told = time.GetTimestamp();
        if ((known.Written is { } written && time.GetElapsedTime(written) < Again) || !TryTake())
        {
            return;
        }

        try
        {
            known.Name = await requests.SendAsync("events", $"create and patch events in namespace {cluster.Namespace}", "give its service account that right",
                (client, bound) => WriteAsync(client, about, isWarning, reason, message, known, bound), stop);
            known.Written = time.GetTimestamp();
        }
        catch (ClusterUnavailableException)
        {
            // Its count is told with the next one.
        }
    }

    private async Task<string> WriteAsync(IKubernetes client, MonitoringResource about, bool isWarning, string reason, string message, Known known, CancellationToken bound)
    {
        var now = time.GetUtcNow().UtcDateTime;
        if (known.Name is { } name)
        {
            try
            {
                await client.CoreV1.PatchNamespacedEventAsync(
                    new V1Patch(new { count = known.Count, lastTimestamp = now.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture) }, V1Patch.PatchType.MergePatch), name, cluster.Namespace, cancellationToken: bound);
                return name;
            }
            catch (HttpOperationException e) when (e.Response.StatusCode == HttpStatusCode.NotFound)
            {
                // The cluster keeps them for an hour.
                (known.Count, known.First) = (1, now);
            }
        }

        var made = await client.CoreV1.CreateNamespacedEventAsync(new Corev1Event
        {
            Metadata = new() { Name = string.Create(CultureInfo.InvariantCulture, $"{MonitoringResource.ObjectName}.{now.Ticks:x}"), NamespaceProperty = cluster.Namespace },
            InvolvedObject = new() { ApiVersion = about.ApiVersion, Kind = about.Kind, Name = about.Metadata.Name, NamespaceProperty = cluster.Namespace, Uid = about.Metadata.Uid },
            Type = isWarning ? "Warning" : "Normal",
            Reason = reason,
            Message = message,
            Source = new() { Component = Component, Host = Environment.MachineName },
            FirstTimestamp = known.First,
            LastTimestamp = now,
            Count = known.Count,
        }, cluster.Namespace, cancellationToken: bound);
        return made.Metadata.Name;
    }

    /// <summary>Makes room for another one.</summary>
    private void Forget()
    {
        if (_known.Count >= MostKnown)
        {
            _known.Remove(_known.MinBy(k => k.Value.Told).Key);
        }
    }

    private bool TryTake()
    {
        _left = Math.Min(Burst, _left + (time.GetElapsedTime(_refilled) / Refill));
        _refilled = time.GetTimestamp();
        if (_left < 1)
        {
            return false;
        }

        _left--;
        return true;
    }

    private sealed class Known
    {
        /// <summary>The Event's; null before it was written.</summary>
        public string? Name { get; set; }

        public int Count { get; set; }

        public DateTime First { get; set; }

        public long Told { get; set; }

        public long? Written { get; set; }
    }
}
