using k8s;
using k8s.Models;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Stash.Core.Configuration;
using Stash.Core.Kubernetes;
using Stash.Core.Monitoring.Cluster;
using Stash.Operator.Access;
using Stash.Operator.Monitoring.Cluster;
using Stash.Operator.Telemetry;
using Stash.Operator.Tests.Support.Kubernetes;

namespace Stash.Operator.Tests.Cluster.Controller;

/// <summary>Events on a real API server, with a clock of the test's.</summary>
[Collection(KubeControllerTests.Name)]
public sealed class MonitoringEventsTests(KubeCluster cluster)
{
    private readonly FakeTimeProvider _time = new(DateTimeOffset.UtcNow);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_is_said_again_is_one_Event_with_a_count_and_written_every_five_minutes_at_most()
    {
        using var connection = await ConnectAsync("events-again");
        MonitoringEvents events = new(new ClusterRequests(connection, new OperatorMetrics(), NullLogger<ClusterRequests>.Instance), connection, _time);
        MonitoringResource about = new() { Metadata = new() { Name = "stash", Uid = "1" } };
        for (var i = 0; i < 10; i++)
        {
            await events.TellAsync(about, isWarning: true, "Forbidden", "It may not.", Stop);
            _time.Advance(TimeSpan.FromSeconds(20));
        }

        var first = (await ListAsync("events-again")).ShouldHaveSingleItem();
        (first.Count, first.Type, first.Reason, first.Message, first.Source.Component, first.InvolvedObject.Uid).ShouldBe((1, "Warning", "Forbidden", "It may not.", "stash-operator", "1"));
        _time.Advance(TimeSpan.FromMinutes(5));
        await events.TellAsync(about, isWarning: true, "Forbidden", "It may not.", Stop);
        var again = (await ListAsync("events-again")).ShouldHaveSingleItem();
        (again.Count, again.Metadata.Uid).ShouldBe((11, first.Metadata.Uid));
        again.LastTimestamp.ShouldNotBe(first.LastTimestamp);

        // The cluster forgets it after an hour.
        await cluster.Admin.CoreV1.DeleteNamespacedEventAsync(first.Metadata.Name, "events-again", cancellationToken: Stop);
        _time.Advance(TimeSpan.FromMinutes(6));
        await events.TellAsync(about, isWarning: true, "Forbidden", "It may not.", Stop);
        (await ListAsync("events-again")).ShouldHaveSingleItem().Count.ShouldBe(1);
    }

    [Fact]
    public async Task Together_they_are_limited_and_a_message_is_no_longer_than_the_cluster_takes()
    {
        using var connection = await ConnectAsync("events-many");
        MonitoringEvents events = new(new ClusterRequests(connection, new OperatorMetrics(), NullLogger<ClusterRequests>.Instance), connection, _time);
        MonitoringResource about = new() { Metadata = new() { Name = "stash", Uid = "1" } };
        for (var i = 0; i < 100; i++)
        {
            await events.TellAsync(about, isWarning: true, "Invalid", $"{i} {new string('x', 2000)}", Stop);
            _time.Advance(TimeSpan.FromTicks(1));
        }

        var all = await ListAsync("events-many");
        all.Count.ShouldBe(25);
        all.ShouldAllBe(e => e.Message.Length == 1024);
        _time.Advance(TimeSpan.FromSeconds(31));
        await events.TellAsync(about, isWarning: true, "Invalid", "another one", Stop);
        (await ListAsync("events-many")).Count.ShouldBe(26);
    }

    private async Task<KubernetesConnection> ConnectAsync(string @namespace)
    {
        await cluster.ServiceAccountAsync(@namespace, "default");
        return KubernetesConnection.Open(new KubernetesOptions { Mode = "on", Kubeconfig = cluster.AdminKubeconfig, Namespace = @namespace, ServiceName = "stash-operator" })!;
    }

    private async Task<IList<Corev1Event>> ListAsync(string @namespace) => (await cluster.Admin.CoreV1.ListNamespacedEventAsync(@namespace, cancellationToken: Stop)).Items;
}
