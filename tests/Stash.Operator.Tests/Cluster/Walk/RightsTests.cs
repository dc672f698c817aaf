using Stash.Core.Api;
using Stash.Operator.Tests.Cluster.Controller;
using Stash.Operator.Tests.Support;
using Stash.Operator.Tests.Support.Kubernetes;

namespace Stash.Operator.Tests.Cluster.Walk;

/// <summary>Without any one of the chart's rules the operator is refused something that it asks for: there is none that could go.</summary>
[Collection(KubeWalkTests.Name)]
public sealed class RightsTests(AuditedCluster cluster)
{
    private const string Trust = "v1alpha1.monitoring.stash.appscode.com";

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private static bool IsLease(ChartRule rule) => rule.Rule?.Resources?.Contains("leases") == true;

    private static bool IsRead(ChartRule rule) => rule.Rule?.Resources is not null && (rule.Rule.Verbs.Contains("list") || rule.Rule.Verbs.Contains("get"));

    /// <summary>It is needed where there are no settings yet.</summary>
    internal static bool IsForFirstSettings(ChartRule rule) =>
        rule.Rule?.ResourceNames?.Any(n => n.EndsWith("-monitoring", StringComparison.Ordinal)) == true || rule.Rule is { Resources: ["monitorings"], Verbs: ["create"] };

    [Fact]
    public async Task Whichever_rule_is_missing_the_operator_is_refused_what_it_needs_it_for()
    {
        await using var it = await OperatedCluster.PrepareAsync(cluster);
        var place = it.Corner.Operator;
        var rules = await ChartRights.RulesAsync(place);
        HashSet<string> seen = new(StringComparer.Ordinal);
        await cluster.ApplyAsync($$$"""
            apiVersion: apiregistration.k8s.io/v1
            kind: APIService
            metadata: {name: {{{Trust}}}}
            spec: {group: monitoring.stash.appscode.com, version: v1alpha1, groupPriorityMinimum: 1000, versionPriority: 15, service: {name: stash-operator, namespace: {{{place}}}, port: 443}}
            """);
        try
        {
            await it.SetAsync(it.Corner.Spec("coreos-operator"));
            // No Lease to ask for; then one that it may not keep; then nothing that it may look at; then nothing that it may write.
            await RefusedAsync(r => IsLease(r) && r.Rule!.Verbs.Contains("get"));
            await RefusedAsync(r => IsLease(r) && r.Rule!.Verbs.Contains("create"));
            await RefusedAsync(r => !IsLease(r) && IsRead(r) && r.Rule!.Resources.Contains("monitorings"));
            await RefusedAsync(r => !IsLease(r) && !IsForFirstSettings(r) && IsRead(r) && !r.Rule!.Resources.Any(x => x is "monitorings" or "customresourcedefinitions"));
            await RefusedAsync(r => !IsLease(r) && !IsForFirstSettings(r) && !IsRead(r));
        }
        finally
        {
            await cluster.KubectlAsync("delete", "apiservice", Trust);
        }

        // Those of the definitions of kinds are for a cluster without the kinds.
        rules.Where(r => !IsForFirstSettings(r)).Select(r => r.Name).Except(seen, StringComparer.Ordinal).ShouldBe(["customresourcedefinitions by name: list, watch"]);

        // An operator without some of the rules: the API server is to refuse it something for each.
        async Task RefusedAsync(Func<ChartRule, bool> missing)
        {
            await cluster.InstallChartRightsAsync(place, r => !missing(r));
            var before = (await AuditedRequest.OfAsync(cluster, place, "stash-operator")).Count;
            await using var process = await it.RunAsync("--prometheus-service-account", "mon/prom");
            using var client = process.NewApiClient(await cluster.ServiceAccountAsync(place, "somebody"));
            foreach (var rule in rules.Where(missing))
            {
                await Eventually.TrueAsync($"it is refused without the rule \"{rule}\"", async () =>
                {
                    (await client.GetAsync(new Uri(process.ApiAddress, ApiPaths.Root + "/sessions"), Stop)).Dispose();
                    var refused = (await AuditedRequest.OfAsync(cluster, place, "stash-operator")).Skip(before).Where(r => r.Code == 403).ToList();
                    return refused.Exists(r => Needs(rule, r));
                });
                seen.Add(rule.Name);
            }
        }
    }

    private static bool Needs(ChartRule rule, AuditedRequest refused) => rule switch
    {
        { Rule: null, Role: "system:auth-delegator" } => refused.Resource is "tokenreviews" or "subjectaccessreviews",
        { Rule: null } => refused is { Resource: "configmaps", Name: "extension-apiserver-authentication" },
        // Who may not read it may not give the right to.
        { Rule.NonResourceURLs: not null } => refused.Resource == "clusterroles" && refused.Verb is "create" or "patch",
        _ => rule.Rule!.Verbs.Any(v => refused.IsCoveredBy(rule, v) || (v == "create" && refused.IsCoveredBy(rule, "patch"))),
    };
}
