using System.Globalization;
using k8s;
using k8s.Models;
using Stash.Core.Configuration;
using Stash.Core.Kubernetes;
using Stash.Core.Kubernetes.Controllers;
using Stash.Operator.Tests.Support;
using Stash.Operator.Tests.Support.Kubernetes;

namespace Stash.Operator.Tests.Cluster.Controllers;

/// <summary>An informer and a real API server.</summary>
[Collection(KubeOutageTests.Name)]
public sealed class InformerTests(KubeCluster cluster) : IAsyncLifetime
{
    /// <summary>Watches end every one to two seconds.</summary>
    private static readonly InformerOptions Quick = new() { WatchTimeout = TimeSpan.FromSeconds(1) };

    private readonly string _namespace = $"informer-{Guid.NewGuid():N}";
    private readonly RecordedRequests _requests = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private ResourceQuery Maps => new("", "v1", "configmaps") { Namespace = _namespace };

    public async ValueTask InitializeAsync() =>
        await cluster.Admin.CoreV1.CreateNamespaceAsync(new V1Namespace { Metadata = new() { Name = _namespace } }, cancellationToken: Stop);

    public ValueTask DisposeAsync()
    {
        _requests.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task Thousands_of_objects_come_in_pages_and_then_only_watches_are_asked_for()
    {
        await Parallel.ForAsync(0, 2300, new ParallelOptions { MaxDegreeOfParallelism = 16, CancellationToken = Stop }, async (i, _) => await CreateAsync($"m{i}"));
        using var client = _requests.Client(cluster.AdminKubeconfig);
        await using Followed<V1ConfigMap> it = new(client, Maps, Quick);
        await it.SyncAsync();
        it.Model.Count.ShouldBe(2300);
        it.Informer.Items.Count.ShouldBe(2300);
        _requests.Lists.Count.ShouldBe(5);
        _requests.Lists.Skip(1).ShouldAllBe(p => p.Contains("continue=", StringComparison.Ordinal));

        // Five watches later there was no other request, and nothing was told twice.
        await Eventually.TrueAsync("five watches", () => _requests.Watches.Count >= 5);
        _requests.Lists.Count.ShouldBe(5);
        it.Informer.Counts.ShouldBe(new InformerCounts(5, it.Informer.Counts.Watches, 0, 0, 2300));
        it.Wrong.ShouldBeEmpty();
    }

    [Fact]
    public async Task Each_change_is_told_once_with_what_was_before()
    {
        var before = await CreateAsync("before");
        await using Followed<V1ConfigMap> it = new(cluster.Admin, Maps);
        await it.SyncAsync();
        var made = await CreateAsync("made");
        var edited = await EditAsync("made", "1");
        await EditAsync("made", "1");
        await DeleteAsync("made");
        await Eventually.TrueAsync("all is told", () => it.Told.Count >= 4);
        var told = it.Told.ToArray();
        told[..3].ShouldBe([$"Added before {before} ", $"Added made {made} ", $"Updated made {edited} {made}"]);
        told[3].ShouldStartWith("Deleted made ");
        told[3].ShouldEndWith($" {edited}");
        it.Informer.Get(_namespace, "made").ShouldBeNull();
        it.Informer.Get(_namespace, "before")!.ResourceVersion().ShouldBe(before);
    }

    [Fact]
    public async Task One_object_by_its_name_and_those_of_a_label()
    {
        await CreateAsync("one", "yes");
        await CreateAsync("two", "yes");
        await using Followed<V1ConfigMap> named = new(cluster.Admin, Maps.Named("one"));
        await using Followed<V1ConfigMap> labelled = new(cluster.Admin, Maps with { Namespace = null, LabelSelector = $"of={_namespace},label in (yes)" });
        await named.SyncAsync();
        await labelled.SyncAsync();
        named.Model.Keys.ShouldBe(["one"]);
        labelled.Model.Keys.Order(StringComparer.Ordinal).ShouldBe(["one", "two"]);

        // What no longer has the label is gone for who asked for it.
        await cluster.Admin.CoreV1.PatchNamespacedConfigMapAsync(new V1Patch("""{"metadata":{"labels":{"label":"no"}}}""", V1Patch.PatchType.MergePatch), "two", _namespace, cancellationToken: Stop);
        await Eventually.TrueAsync("it is gone", () => labelled.Model.Keys.SequenceEqual(["one"]));
        named.Told.Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_server_that_is_killed_and_started_again_costs_no_event()
    {
        using var client = _requests.Client(cluster.AdminKubeconfig);
        await CreateAsync("a");
        await using Followed<V1ConfigMap> it = new(client, Maps, new InformerOptions { FirstRetry = TimeSpan.FromMilliseconds(500), MostRetry = TimeSpan.FromSeconds(2) });
        await it.SyncAsync();
        try
        {
            _requests.Clear();
            await cluster.StopServerAsync();
            await Eventually.TrueAsync("it is said", () => it.Informer.State.Problem == new ClusterProblem(ClusterProblemKind.Unreachable, "The cluster's API server cannot be connected to: see that it runs and that its address is right."));
            it.Informer.HasSynced.ShouldBeTrue();
            it.Model.Count.ShouldBe(1);
            await Eventually.TrueAsync("it is tried again", () => it.Informer.Counts.Errors >= 4);
        }
        finally
        {
            await cluster.StartServerAsync();
        }

        await CreateAsync("b");
        await Eventually.TrueAsync("it goes on", () => it.Model.Count == 2);
        it.Informer.State.ShouldBe(new InformerState(true, null));
        it.Wrong.ShouldBeEmpty();
        it.Told.Count.ShouldBe(2);
    }

    [Fact]
    public async Task A_server_that_is_frozen_is_noticed_by_its_silence()
    {
        using var connection = KubernetesConnection.Open(new KubernetesOptions { Mode = "on", Kubeconfig = cluster.AdminKubeconfig, Namespace = _namespace, ServiceName = "stash-operator" })!;
        await CreateAsync("a");
        await using Followed<V1ConfigMap> it = new(connection.Client, Maps, new InformerOptions { MostRetry = TimeSpan.FromSeconds(2) });
        await it.SyncAsync();
        await Eventually.TrueAsync("it watches", () => it.Informer.Counts.Watches == 1);
        cluster.Freeze(true);
        try
        {
            await Eventually.TrueAsync("it is said", () => it.Informer.State.Reason == "Unreachable");
        }
        finally
        {
            cluster.Freeze(false);
        }

        await CreateAsync("b");
        await Eventually.TrueAsync("it goes on", () => it.Model.Count == 2);
        await Eventually.TrueAsync("it is solved", () => it.Informer.State.Problem is null);
        it.Wrong.ShouldBeEmpty();
    }

    [Fact]
    public async Task Changes_that_the_server_no_longer_has_are_told_as_differences()
    {
        using var client = _requests.Client(cluster.AdminKubeconfig);
        foreach (var name in new[] { "same", "edited", "gone", "other" })
        {
            await CreateAsync(name);
        }

        await using Followed<V1ConfigMap> it = new(client, Maps, Quick with { MostRetry = TimeSpan.FromSeconds(2) });
        await it.SyncAsync();
        // The network is away, for this client alone.
        _requests.Before = _ => throw new HttpRequestException(HttpRequestError.ConnectionError, "No network.");
        await Eventually.TrueAsync("it is said", () => it.Informer.State.Reason == "Unreachable");
        it.Told.Clear();
        await EditAsync("edited", "1");
        await EditAsync("edited", "2");
        await DeleteAsync("gone");
        await DeleteAsync("other");
        await CreateAsync("other");
        await CreateAsync("passing");
        await DeleteAsync("passing");
        await CreateAsync("new");
        await cluster.StopServerAsync();
        await cluster.StartServerAsync();
        await cluster.ForgetHistoryAsync();
        _requests.Before = _ => Task.CompletedTask;

        await Eventually.TrueAsync("it is listed anew", () => it.Informer.Counts.Expired == 1 && it.Model.ContainsKey("new"));
        it.Told.Select(t => string.Join(' ', t.Split(' ')[..2])).Order(StringComparer.Ordinal)
            .ShouldBe(["Added new", "Added other", "Deleted gone", "Deleted other", "Updated edited"]);
        it.Wrong.ShouldBeEmpty();
        await IsAsTheClusterAsync(it);
    }

    [Fact]
    public async Task A_list_whose_version_is_compacted_between_two_pages_begins_anew_in_one()
    {
        foreach (var i in Enumerable.Range(0, 5))
        {
            await CreateAsync($"m{i}");
        }

        using var client = _requests.Client(cluster.AdminKubeconfig);
        _requests.Before = async path =>
        {
            if (path.Contains("continue=", StringComparison.Ordinal))
            {
                await EditAsync("m0", "later");
                await cluster.ForgetHistoryAsync();
            }
        };
        await using Followed<V1ConfigMap> it = new(client, Maps, new InformerOptions { PageSize = 2 });
        await it.SyncAsync();
        await IsAsTheClusterAsync(it);
        it.Informer.Counts.Expired.ShouldBe(1);
        _requests.Lists.Count.ShouldBe(3);
        _requests.Lists[2].ShouldNotContain("limit=");
        it.Informer.State.Problem.ShouldBeNull();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Random_edits_are_followed_none_missed_and_none_doubled(int seed)
    {
        await using Followed<V1ConfigMap> it = new(cluster.Admin, Maps, Quick);
        await it.SyncAsync();
        var edits = await RandomEditsAsync(seed, 250);
        await Eventually.TrueAsync("each edit is told", () => it.Told.Count >= edits);
        await IsAsTheClusterAsync(it);
        it.Told.Count.ShouldBe(edits);
        it.Wrong.ShouldBeEmpty();
        it.Informer.Counts.Expired.ShouldBe(0);

        // A restart may hide steps, not the end.
        await cluster.StopServerAsync();
        await cluster.StartServerAsync();
        await RandomEditsAsync(seed + 100, 100);
        await IsAsTheClusterAsync(it);
        it.Wrong.ShouldBeEmpty();
    }

    private async Task IsAsTheClusterAsync(Followed<V1ConfigMap> it)
    {
        var there = (await cluster.Admin.CoreV1.ListNamespacedConfigMapAsync(_namespace, cancellationToken: Stop)).Items.ToDictionary(m => m.Name(), m => m.ResourceVersion(), StringComparer.Ordinal);
        await Eventually.TrueAsync("it is as the cluster", () => it.Model.Count == there.Count && there.All(m => it.Model.GetValueOrDefault(m.Key) == m.Value));
        it.Informer.Items.ToDictionary(m => m.Name(), m => m.ResourceVersion(), StringComparer.Ordinal).OrderBy(m => m.Key, StringComparer.Ordinal).ShouldBe(there.OrderBy(m => m.Key, StringComparer.Ordinal));
    }

    private async Task<int> RandomEditsAsync(int seed, int count)
    {
        Random random = new(seed);
        var there = (await cluster.Admin.CoreV1.ListNamespacedConfigMapAsync(_namespace, cancellationToken: Stop)).Items.Select(m => m.Name()).ToHashSet(StringComparer.Ordinal);
        for (var i = 0; i < count; i++)
        {
            var name = string.Create(CultureInfo.InvariantCulture, $"m{random.Next(15)}");
            if (there.Add(name))
            {
                await CreateAsync(name);
            }
            else if (random.Next(3) == 0)
            {
                there.Remove(name);
                await DeleteAsync(name);
            }
            else
            {
                await EditAsync(name, $"{seed} {i}");
            }
        }

        return count;
    }

    private async Task<string> CreateAsync(string name, string label = "no") =>
        (await cluster.Admin.CoreV1.CreateNamespacedConfigMapAsync(new V1ConfigMap { Metadata = new() { Name = name, Labels = new Dictionary<string, string>(StringComparer.Ordinal) { ["of"] = _namespace, ["label"] = label } } }, _namespace, cancellationToken: Stop)).ResourceVersion();

    private async Task<string> EditAsync(string name, string value) =>
        (await cluster.Admin.CoreV1.PatchNamespacedConfigMapAsync(new V1Patch($$$"""{"data":{"value":"{{{value}}}"}}""", V1Patch.PatchType.MergePatch), name, _namespace, cancellationToken: Stop)).ResourceVersion();

    private async Task DeleteAsync(string name) => await cluster.Admin.CoreV1.DeleteNamespacedConfigMapAsync(name, _namespace, cancellationToken: Stop);
}
