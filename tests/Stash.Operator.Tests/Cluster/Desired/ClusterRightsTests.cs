using System.Text.Json.Nodes;
using k8s;
using k8s.Models;
using Stash.Core.Monitoring.Cluster;
using Stash.Operator.Tests.Support;
using Stash.Operator.Tests.Support.Kubernetes;

namespace Stash.Operator.Tests.Cluster.Desired;

/// <summary>Which rights it takes, and what is told where one of them is missing.</summary>
[Collection(KubeTests.Name)]
public sealed class ClusterRightsTests(KubeCluster cluster)
{
    private static readonly (string Resource, string[] Verbs)[] Rights =
    [
        ("services", ["get", "patch"]),
        ("secrets", ["get", "create", "patch", "delete"]),
        ("servicemonitors.monitoring.coreos.com", ["get", "list", "create", "patch", "delete"]),
        ("clusterroles.rbac.authorization.k8s.io", ["get", "list", "create", "patch", "delete"]),
        ("clusterrolebindings.rbac.authorization.k8s.io", ["get", "list", "create", "patch", "delete"]),
    ];

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public static TheoryData<string, string> Each() => new(Rights.SelectMany(r => r.Verbs.Select(v => (r.Resource, v))));

    [Fact]
    public async Task These_rights_are_enough()
    {
        var it = await DesiredCluster.StartAsync(cluster);
        (await FailuresAsync(it, "", "")).ShouldBeEmpty();
        (await it.EverythingAsync()).ShouldBeEmpty();
    }

    [Theory]
    [MemberData(nameof(Each))]
    public async Task A_right_that_is_missing_is_named(string resource, string verb)
    {
        var it = await DesiredCluster.StartAsync(cluster);
        var failures = await FailuresAsync(it, resource, verb);
        failures.ShouldNotBeEmpty();
        failures.ShouldContain(f => f.Reason == FailureReason.Forbidden && f.Message.StartsWith($"The operator may not {verb} {resource} in ", StringComparison.Ordinal), string.Join('\n', failures));
        // What follows from it: there is no role to bind.
        failures.Where(f => f.Reason != FailureReason.ClusterRoleNotFound)
            .ShouldAllBe(f => f.Reason == FailureReason.Forbidden && f.Message.Contains($" {verb} {resource} ") && f.Message.EndsWith(": give its service account that right."));
    }

    [Fact]
    public async Task The_right_that_prometheus_is_given_has_to_be_the_operators_own()
    {
        var it = await DesiredCluster.StartAsync(cluster);
        var failures = await FailuresAsync(it, "/metrics", "get");
        failures.ShouldAllBe(f => f.Reason == FailureReason.Forbidden || f.Reason == FailureReason.ClusterRoleNotFound);
        failures.ShouldContain(f => f.Message.StartsWith("The operator may not give Prometheus the right to get /metrics, as it does not have it itself: give its service account the right to get the non-resource URL /metrics."), string.Join('\n', failures));
    }

    /// <summary>Makes, changes, moves and removes everything, under all rights but one.</summary>
    private async Task<IReadOnlyList<ApplyFailure>> FailuresAsync(DesiredCluster it, string without, string verb)
    {
        using var client = await ClientAsync(it, without, verb);
        ClusterApplier applier = new(client);
        List<ApplyFailure> failures = [];
        IReadOnlyList<ObjectRef> created = [];
        foreach (var spec in new[] { it.Spec("coreos-operator"), it.Spec("coreos-operator", labels: ("release", "prom")), it.Spec("builtin", @namespace: it.Two), it.Spec("none") })
        {
            var result = await applier.ApplyAsync(it.Desired(spec), created, Stop);
            created = result.Created;
            failures.AddRange(result.Objects.Select(o => o.Failure).OfType<ApplyFailure>());
        }

        return failures;
    }

    private async Task<k8s.Kubernetes> ClientAsync(DesiredCluster it, string without, string verb)
    {
        var token = await cluster.ServiceAccountAsync(it.Operator, "operator");
        JsonArray rules = [];
        foreach (var (resource, verbs) in Rights)
        {
            var (name, group) = resource.Split('.', 2) is [var plural, var rest] ? (plural, rest) : (resource, "");
            rules.Add((JsonNode)new JsonObject
            {
                ["apiGroups"] = new JsonArray(group),
                ["resources"] = new JsonArray(name),
                ["verbs"] = new JsonArray([.. verbs.Where(v => (resource, v) != (without, verb)).Select(v => JsonValue.Create(v))]),
            });
        }

        if (without != "/metrics")
        {
            rules.Add((JsonNode)new JsonObject { ["nonResourceURLs"] = new JsonArray("/metrics"), ["verbs"] = new JsonArray("get") });
        }

        await cluster.ApplyAsync($$$"""
            apiVersion: rbac.authorization.k8s.io/v1
            kind: ClusterRole
            metadata: {name: {{{it.Operator}}}-rights}
            rules: {{{rules.ToJsonString()}}}
            ---
            apiVersion: rbac.authorization.k8s.io/v1
            kind: ClusterRoleBinding
            metadata: {name: {{{it.Operator}}}-rights}
            roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: {{{it.Operator}}}-rights}
            subjects: [{kind: ServiceAccount, name: operator, namespace: {{{it.Operator}}}}]
            """);
        // Role and binding come to the authorizer one after the other, each as a whole.
        var (kind, right) = without == "services" && verb == "get" ? ("services", "patch") : ("services", "get");
        await Eventually.TrueAsync("the rights are known", async () => (await cluster.Admin.AuthorizationV1.CreateSubjectAccessReviewAsync(
            new V1SubjectAccessReview
            {
                Spec = new V1SubjectAccessReviewSpec
                {
                    User = $"system:serviceaccount:{it.Operator}:operator",
                    ResourceAttributes = new V1ResourceAttributes { Verb = right, Resource = kind, NamespaceProperty = it.Operator },
                },
            }, cancellationToken: Stop)).Status.Allowed);
        return new k8s.Kubernetes(KubernetesClientConfiguration.BuildConfigFromConfigFile(cluster.KubeconfigOf($"{it.Operator}-operator", token, it.Operator)));
    }
}
