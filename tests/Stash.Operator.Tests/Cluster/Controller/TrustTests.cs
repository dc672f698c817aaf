using System.Globalization;
using System.Text.RegularExpressions;
using k8s;
using Stash.Core.Monitoring;
using Stash.Operator.Tests.Support;
using Stash.Operator.Tests.Support.Kubernetes;

namespace Stash.Operator.Tests.Cluster.Controller;

/// <summary>An operator that was told who Prometheus is, its certificate, and what it asks for when nothing changes.</summary>
[Collection(KubeControllerTests.Name)]
public sealed partial class TrustTests(KubeCluster cluster)
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_authority_that_changes_is_told_wherever_it_was_told_before_and_in_peace_nothing_is_asked_for()
    {
        await using var it = await OperatedCluster.StartAsync(cluster, "--prometheus-service-account", "mon/prom");
        it.Corner.Names = it.Corner.Names with { PrometheusAccounts = [new("mon", "prom")] };
        var spec = it.Corner.Spec("builtin");
        await it.SettleAsync(spec);
        var told = await it.ToldAsync(MonitoringCondition.AccessGranted, "Applied");
        told.Status!.Conditions.Single(c => c.Type == MonitoringCondition.AccessGranted).Message.ShouldBe("May read the operator's metrics: mon/prom.");
        told.Status.Operator!.PrometheusServiceAccounts.ShouldBe(["mon/prom"]);

        using TestAuthority authority = new();
        var certificate = authority.Certificate.ExportCertificatePem() + "\n";
        await File.WriteAllTextAsync(Path.Combine(it.Operator.DataDirectory, "ca.key"), authority.Key + "\n", Stop);
        await File.WriteAllTextAsync(Path.Combine(it.Operator.DataDirectory, "ca.crt"), certificate, Stop);
        it.Corner.Names = it.Corner.Names with { CaCertificate = certificate };
        await it.BecomeAsync(spec);
        await Eventually.TrueAsync("ConfigMap and status tell it", async () =>
            (await cluster.Admin.CoreV1.ReadNamespacedConfigMapAsync("stash-operator-ca", it.Corner.Operator, cancellationToken: Stop)).Data["ca.crt"] == certificate
            && (await it.ReadAsync())!.Status!.Operator!.CaCertificate == certificate);

        // Nothing changes: watches and the Lease are all that is left.
        using var root = cluster.Clients.IssueClient("CN=root, O=system:masters");
        using var client = it.Operator.NewApiClient(null, root);
        var text = await client.GetStringAsync("/metrics", Stop);
        var (lease, others) = (Count(text, "lease"), Count(text, "read") + Count(text, "change"));
        await Eventually.TrueAsync("the Lease was renewed four times", async () => Count(text = await client.GetStringAsync("/metrics", Stop), "lease") >= lease + 4);
        (Count(text, "read") + Count(text, "change")).ShouldBe(others);
        text.ShouldContain("stash_monitoring_condition{condition=\"SecretCopied\",status=\"True\"} 1\n");
        text.ShouldContain("stash_monitoring_condition{condition=\"ServiceMonitorReady\",status=\"False\"} 0\n");
        text.ShouldContain("stash_leader 1\n");
        text.ShouldContain("stash_watch_lists_total{resource=\"secrets\"} 1\n");
        text.ShouldContain("stash_controller_reconciles_total{controller=\"monitoring\",result=\"applied\"} ");
    }

    private static int Count(string metrics, string kind) =>
        int.Parse(RequestLine().Matches(metrics).Single(m => m.Groups["kind"].Value == kind).Groups["count"].Value, CultureInfo.InvariantCulture);

    [GeneratedRegex("""^stash_kubernetes_api_requests_total\{kind="(?<kind>[a-z]+)"\} (?<count>\d+)$""", RegexOptions.Multiline | RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex RequestLine();
}
