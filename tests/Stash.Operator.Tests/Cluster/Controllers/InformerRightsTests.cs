using k8s;
using k8s.Models;
using Stash.Core.Kubernetes.Controllers;
using Stash.Operator.Tests.Support;
using Stash.Operator.Tests.Support.Kubernetes;

namespace Stash.Operator.Tests.Cluster.Controllers;

/// <summary>A resource that comes and goes, and rights that do.</summary>
[Collection(KubeOutageTests.Name)]
public sealed class InformerRightsTests(KubeCluster cluster)
{
    private const string Thing = "apiVersion: tests.stash.dev/v1\nkind: Thing\nmetadata: {name: one, namespace: default}\nspec: {size: 3}";

    private static readonly ResourceQuery Things = new("tests.stash.dev", "v1", "things");
    private static readonly InformerOptions Quick = new() { WatchTimeout = TimeSpan.FromSeconds(1), MostRetry = TimeSpan.FromSeconds(2) };

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_resource_that_is_missing_is_waited_for_without_asking_and_noticed_when_it_comes_goes_and_comes_again()
    {
        using RecordedRequests requests = new();
        using var client = requests.Client(cluster.AdminKubeconfig);
        await using Followed<Anything> it = new(client, Things);
        await it.SyncAsync();
        it.Informer.State.Reason.ShouldBe("NotFound");
        it.Informer.State.Problem!.Message.ShouldBe("The cluster has no things.tests.stash.dev of version v1: install what brings its CustomResourceDefinition. When it is there, this goes on by itself.");
        it.Informer.Items.ShouldBeEmpty();
        await Eventually.TrueAsync("its definition is watched", () => requests.Watches.Count == 1);
        requests.Lists.Count.ShouldBe(2);

        await DefineAsync();
        await Eventually.TrueAsync("it goes on", () => it.Informer.State.Problem is null);
        await cluster.ApplyAsync(Thing);
        await Eventually.TrueAsync("the object is told", () => it.Model.Count == 1);
        it.Informer.Get("default", "one")!.Spec.GetProperty("size").GetInt32().ShouldBe(3);

        await RemoveAsync();
        await Eventually.TrueAsync("it is gone", () => it.Model.IsEmpty && it.Informer.State.Reason == "NotFound");
        await DefineAsync();
        await cluster.ApplyAsync(Thing);
        await Eventually.TrueAsync("it is back", () => it.Model.Count == 1 && it.Informer.State.Problem is null);
        it.Wrong.ShouldBeEmpty();
        it.Told.Select(t => t.Split(' ')[0]).ShouldBe(["Added", "Deleted", "Added"]);
        await RemoveAsync();
    }

    [Fact]
    public async Task Rights_that_are_missing_are_told_with_the_remedy_and_noticed_when_they_come_go_and_come_again()
    {
        var token = await cluster.ServiceAccountAsync("informer-rights", "reader");
        using k8s.Kubernetes client = new(KubernetesClientConfiguration.BuildConfigFromConfigFile(cluster.KubeconfigOf("informer-rights", token)));
        await using Followed<V1Secret> it = new(client, new("", "v1", "secrets") { Namespace = "informer-rights" }, Quick);
        await Eventually.TrueAsync("it is said", () => it.Informer.State.Reason == "Forbidden");
        it.Informer.State.Problem!.Message.ShouldBe("The operator may not list and watch secrets in namespace informer-rights in the cluster: give its service account that right.");
        it.Informer.HasSynced.ShouldBeFalse();

        await AllowAsync();
        await it.SyncAsync();
        await CreateAsync("a");
        await Eventually.TrueAsync("a is told", () => it.Model.ContainsKey("a"));

        await cluster.Admin.RbacAuthorizationV1.DeleteNamespacedRoleBindingAsync("reader", "informer-rights", cancellationToken: Stop);
        await Eventually.TrueAsync("it is said again", () => it.Informer.State.Reason == "Forbidden");
        await CreateAsync("b");
        it.Model.ContainsKey("a").ShouldBeTrue();
        it.Informer.HasSynced.ShouldBeTrue();

        await AllowAsync();
        await Eventually.TrueAsync("b is told", () => it.Model.ContainsKey("b") && it.Informer.State.Problem is null);
        it.Wrong.ShouldBeEmpty();
        it.Told.Count.ShouldBe(2);
    }

    [Fact]
    public async Task Without_the_right_to_see_definitions_a_missing_resource_is_asked_for_until_it_is_there()
    {
        var token = await cluster.ServiceAccountAsync("informer-things", "reader");
        await cluster.ApplyAsync("""
            apiVersion: rbac.authorization.k8s.io/v1
            kind: ClusterRole
            metadata: {name: informer-things}
            rules: [{apiGroups: [tests.stash.dev], resources: [things], verbs: [list, watch]}]
            ---
            apiVersion: rbac.authorization.k8s.io/v1
            kind: ClusterRoleBinding
            metadata: {name: informer-things}
            roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: informer-things}
            subjects: [{kind: ServiceAccount, name: reader, namespace: informer-things}]
            """);
        using k8s.Kubernetes client = new(KubernetesClientConfiguration.BuildConfigFromConfigFile(cluster.KubeconfigOf("informer-things", token)));
        await using Followed<Anything> it = new(client, Things, Quick);
        await it.SyncAsync();
        it.Informer.State.Reason.ShouldBe("NotFound");
        it.Informer.Counts.Lists.ShouldBeGreaterThanOrEqualTo(3);
        await DefineAsync();
        await Eventually.TrueAsync("it goes on", () => it.Informer.State.Problem is null);
        await RemoveAsync();
    }

    private Task AllowAsync() => cluster.ApplyAsync("""
        apiVersion: rbac.authorization.k8s.io/v1
        kind: Role
        metadata: {name: reader, namespace: informer-rights}
        rules: [{apiGroups: [""], resources: [secrets], verbs: [list, watch]}]
        ---
        apiVersion: rbac.authorization.k8s.io/v1
        kind: RoleBinding
        metadata: {name: reader, namespace: informer-rights}
        roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: reader}
        subjects: [{kind: ServiceAccount, name: reader, namespace: informer-rights}]
        """);

    private async Task CreateAsync(string name) => await cluster.Admin.CoreV1.CreateNamespacedSecretAsync(new V1Secret { Metadata = new() { Name = name } }, "informer-rights", cancellationToken: Stop);

    private async Task DefineAsync()
    {
        await cluster.ApplyAsync("""
            apiVersion: apiextensions.k8s.io/v1
            kind: CustomResourceDefinition
            metadata: {name: things.tests.stash.dev}
            spec:
              group: tests.stash.dev
              scope: Namespaced
              names: {plural: things, singular: thing, kind: Thing}
              versions: [{name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}}]
            """);
        await Eventually.TrueAsync("it is served", async () => (await cluster.KubectlAsync("get", "things", "-A")).ExitCode == 0);
    }

    private async Task RemoveAsync()
    {
        var (code, output, error) = await cluster.KubectlAsync("delete", "crd", "things.tests.stash.dev", "--timeout=30s");
        code.ShouldBe(0, output + error);
    }
}

/// <summary>A custom resource of the tests.</summary>
internal sealed class Anything : IKubernetesObject<V1ObjectMeta>
{
    public string ApiVersion { get; set; } = "";

    public string Kind { get; set; } = "";

    public V1ObjectMeta Metadata { get; set; } = new();

    public System.Text.Json.JsonElement Spec { get; set; }
}
