using System.Net;
using Stash.Core.Monitoring;
using Stash.Operator.Tests.Support;
using Stash.Operator.Tests.Support.Kubernetes;

namespace Stash.Operator.Tests.Cluster.Controller;

/// <summary>What is missing and comes, and what goes and comes back: kinds, rights, the API server.</summary>
[Collection(KubeOutageTests.Name)]
public sealed class OutageTests(KubeCluster cluster)
{
    [Fact]
    public async Task Kinds_rights_and_the_api_server_are_waited_for_and_it_goes_on_by_itself()
    {
        await using var it = await OperatedCluster.StartAsync(cluster);
        var spec = it.Corner.Spec("coreos-operator");

        // The Prometheus operator is not there yet.
        await cluster.RemovePrometheusOperatorKindsAsync();
        await it.SetAsync(spec);
        var told = await it.ToldAsync(MonitoringCondition.ServiceMonitorReady, "CustomResourceDefinitionNotFound");
        told.Status!.Conditions.Single(c => c.Type == MonitoringCondition.ServiceMonitorReady).Message.ShouldBe(
            "The cluster knows no ServiceMonitor: install the Prometheus operator, which brings its CustomResourceDefinition, or set another agent. It is made by itself as soon as that is there.");
        told.Status.Conditions.Single(c => c.Type == MonitoringCondition.SecretCopied).Status.ShouldBe("True");
        await Eventually.TrueAsync("an Event says so", async () => (await it.EventsAsync()).Any(e => e is { Type: "Warning", Reason: "CustomResourceDefinitionNotFound", Source.Component: "stash-operator" }));
        await cluster.InstallPrometheusOperatorKindsAsync();
        await it.ToldAsync(MonitoringCondition.Scraped, "NotSelected");
        await it.PrometheusAsync();
        await it.ToldAsync(MonitoringCondition.Scraped, "Selected");
        await it.BecomeAsync(spec);

        // A right goes.
        await cluster.InstallChartRightsAsync(it.Corner.Operator, r => !(r.Rule?.Resources?.Contains("servicemonitors") == true && r.Rule.Verbs.Contains("create")));
        await it.Corner.KubectlAsync("delete", "servicemonitors", "stash-servicemonitor", $"--namespace={it.Corner.One}");
        told = await it.ToldAsync(MonitoringCondition.ServiceMonitorReady, "Forbidden");
        told.Status!.Conditions.Single(c => c.Type == MonitoringCondition.ServiceMonitorReady).Message.ShouldStartWith("The operator may not ");
        told.Status.Conditions.Single(c => c.Type == MonitoringCondition.Scraped).Reason.ShouldBe("NotReady");
        await Eventually.TrueAsync("an Event says so", async () => (await it.EventsAsync()).Any(e => e is { Type: "Warning", Reason: "Forbidden" }));
        await cluster.InstallChartRightsAsync(it.Corner.Operator);
        await it.BecomeAsync(spec);

        // The API server goes, and comes back; what was changed meanwhile or is now counts.
        try
        {
            await cluster.StopServerAsync();
            await it.Operator.ReadyTellsAsync("[+]leader ok: no process leads, so settings are not put into effect. The cluster's API server cannot be connected to", HttpStatusCode.OK);
            await it.Operator.ReadyTellsAsync("[+]kubernetes ok: The cluster's API server cannot be connected to", HttpStatusCode.OK);
        }
        finally
        {
            await cluster.StartServerAsync();
        }

        await it.Corner.KubectlAsync("delete", "secrets", "stash-apiserver-cert", $"--namespace={it.Corner.One}");
        await it.BecomeAsync(spec);
        await it.SettleAsync(it.Corner.Spec("none"));
    }
}
