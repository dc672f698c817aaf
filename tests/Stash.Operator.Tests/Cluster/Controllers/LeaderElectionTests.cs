using System.Globalization;
using k8s;
using k8s.Models;
using Microsoft.Extensions.Logging.Abstractions;
using Stash.Core.Kubernetes;
using Stash.Core.Kubernetes.Controllers;
using Stash.Operator.Tests.Support;
using Stash.Operator.Tests.Support.Kubernetes;

namespace Stash.Operator.Tests.Cluster.Controllers;

/// <summary>Candidates and a real API server. What a leader does is written into one object without any check, so that two leaders would be seen there.</summary>
[Collection(KubeOutageTests.Name)]
public sealed class LeaderElectionTests(KubeCluster cluster) : IAsyncLifetime
{
    private readonly string _namespace = $"election-{Guid.NewGuid():N}";

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        await cluster.Admin.CoreV1.CreateNamespaceAsync(new V1Namespace { Metadata = new() { Name = _namespace } }, cancellationToken: Stop);
        await cluster.Admin.CoreV1.CreateNamespacedConfigMapAsync(new V1ConfigMap { Metadata = new() { Name = Candidate.Counter } }, _namespace, cancellationToken: Stop);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task A_leader_that_is_killed_is_followed_within_the_time_of_its_lease_and_there_are_never_two()
    {
        await using Writes writes = new(cluster.Admin, _namespace);
        await using var first = Start("first");
        await Eventually.TrueAsync("first leads", () => writes.Leaders.Contains("first"));
        await using var second = Start("second");
        await Eventually.TrueAsync("second sees who leads", async () => (await cluster.Admin.CoreV1.ListNamespacedConfigMapAsync(_namespace, cancellationToken: Stop)).Items.Any(m => m.Name() == "second"));
        await using Standing third = new(cluster.Admin, _namespace, "third");
        await Eventually.TrueAsync("third sees who leads", () => third.Election.Leader == "first");
        third.Election.IsLeader.ShouldBeFalse();

        var killed = TimeProvider.System.GetTimestamp();
        await first.KillAsync();
        await Eventually.TrueAsync("another one leads", () => writes.Leaders.Count == 2);
        var next = writes.Leaders[1];
        var took = TimeProvider.System.GetElapsedTime(killed, writes.First(next));

        // Its lease of 15 s began when the others saw it last renewed, at most one look (2 s) and a request later; then one of them takes it.
        took.ShouldBeInRange(TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(25));
        await Eventually.TrueAsync("it leads on", () => writes.Count(next) >= 10);
        writes.Count("first").ShouldBeGreaterThan(10);
        writes.ShouldBeOf("first", next);
    }

    [Fact]
    public async Task A_leader_that_stops_gives_its_lease_back_and_the_next_leads_at_once()
    {
        await using Writes writes = new(cluster.Admin, _namespace);
        await using Standing first = new(cluster.Admin, _namespace, "first");
        await Eventually.TrueAsync("first leads", () => writes.Leaders.Contains("first"));
        first.Election.IsLeader.ShouldBeTrue();
        first.Election.Leader.ShouldBe("this process, first: it holds the Lease stash-operator");
        await using Standing second = new(cluster.Admin, _namespace, "second");
        await Eventually.TrueAsync("second sees who leads", () => second.Election.Holder == "first");

        await first.StopAsync();
        var stopped = TimeProvider.System.GetTimestamp();
        first.Election.IsLeader.ShouldBeFalse();
        await Eventually.TrueAsync("second leads", () => writes.Leaders.Contains("second"));
        TimeProvider.System.GetElapsedTime(stopped, writes.First("second")).ShouldBeLessThan(TimeSpan.FromSeconds(6));
        writes.ShouldBeOf("first", "second");
        var lease = await cluster.Admin.CoordinationV1.ReadNamespacedLeaseAsync("stash-operator", _namespace, cancellationToken: Stop);
        lease.Spec.HolderIdentity.ShouldBe("second");
        lease.Spec.LeaseTransitions.ShouldNotBeNull();
    }

    [Fact]
    public async Task A_leader_that_cannot_renew_ends_its_work_before_another_one_may_lead()
    {
        using RecordedRequests requests = new();
        using var client = requests.Client(cluster.AdminKubeconfig);
        await using Writes writes = new(cluster.Admin, _namespace);
        // Its writes still arrive, only its renewals do not.
        await using Standing first = new(client, _namespace, "first", cluster.Admin);
        await Eventually.TrueAsync("first leads", () => writes.Leaders.Contains("first"));
        await using Standing second = new(cluster.Admin, _namespace, "second");
        requests.Before = _ => throw new HttpRequestException(HttpRequestError.ConnectionError, "No network.");
        await Eventually.TrueAsync("first ends its work", () => first.Ended > 0);
        first.Election.IsLeader.ShouldBeFalse();
        first.Election.Problem!.Kind.ShouldBe(ClusterProblemKind.Unreachable);
        second.Election.IsLeader.ShouldBeFalse();
        await Eventually.TrueAsync("second leads", () => writes.Leaders.Contains("second"));
        writes.First("second").ShouldBeGreaterThan(first.Ended);

        requests.Before = _ => Task.CompletedTask;
        await Eventually.TrueAsync("first stands again", () => first.Election is { Problem: null, Holder: "second" });
        await second.StopAsync();
        await Eventually.TrueAsync("first leads again", () => first.Election.IsLeader);
        await Eventually.TrueAsync("it writes again", () => writes.Leaders.Count == 3);
        writes.ShouldBeOf("first", "second", "first");
    }

    [Fact]
    public async Task A_lease_that_another_one_has_taken_ends_the_leader_at_its_next_renewal()
    {
        await using Standing first = new(cluster.Admin, _namespace, "first");
        await Eventually.TrueAsync("first leads", () => first.Election.IsLeader);
        await cluster.Admin.CoordinationV1.PatchNamespacedLeaseAsync(new V1Patch("""{"spec":{"holderIdentity":"somebody"}}""", V1Patch.PatchType.MergePatch), "stash-operator", _namespace, cancellationToken: Stop);
        await Eventually.TrueAsync("first ends its work", () => first.Ended > 0);
        first.Election.IsLeader.ShouldBeFalse();
        first.Election.Leader.ShouldBe("somebody");
    }

    [Fact]
    public async Task A_change_of_the_lease_by_somebody_who_does_not_want_it_ends_no_leader()
    {
        await using Standing first = new(cluster.Admin, _namespace, "first");
        await Eventually.TrueAsync("first leads", () => first.Election.IsLeader);
        var edited = await cluster.Admin.CoordinationV1.PatchNamespacedLeaseAsync(new V1Patch("""{"metadata":{"annotations":{"note":"kept"}}}""", V1Patch.PatchType.MergePatch), "stash-operator", _namespace, cancellationToken: Stop);
        await Eventually.TrueAsync("it is renewed", async () =>
            (await cluster.Admin.CoordinationV1.ReadNamespacedLeaseAsync("stash-operator", _namespace, cancellationToken: Stop)).Spec.RenewTime > edited.Spec.RenewTime);
        first.Election.IsLeader.ShouldBeTrue();
        first.Ended.ShouldBe(0);
        (await cluster.Admin.CoordinationV1.ReadNamespacedLeaseAsync("stash-operator", _namespace, cancellationToken: Stop)).Metadata.Annotations["note"].ShouldBe("kept");
    }

    [Fact]
    public async Task Without_rights_nobody_leads_and_the_reason_is_told()
    {
        var token = await cluster.ServiceAccountAsync(_namespace, "nobody");
        using k8s.Kubernetes client = new(KubernetesClientConfiguration.BuildConfigFromConfigFile(cluster.KubeconfigOf(_namespace, token)));
        await using Standing it = new(client, _namespace, "nobody");
        await Eventually.TrueAsync("it is told", () => it.Election.Problem is not null);
        it.Election.Problem!.ShouldBe(new(ClusterProblemKind.Forbidden, $"The operator may not get, create and update the Lease stash-operator in namespace {_namespace} in the cluster: give its service account that right."));
        it.Election.IsLeader.ShouldBeFalse();
        it.Election.Leader.ShouldBe("nobody");
    }

    /// <summary>In a process of its own, which can be killed.</summary>
    private ChildProcess Start(string identity) => ChildProcess.Start(Environment.ProcessPath!,
        [.. Environment.ProcessPath!.EndsWith("dotnet", StringComparison.Ordinal) ? new[] { typeof(LeaderElectionTests).Assembly.Location } : [],
            "--no-ansi", "--progress", "off", "--explicit", "only", "--filter-class", typeof(Candidate).FullName!],
        new Dictionary<string, string?>(StringComparer.Ordinal) { [Candidate.Variable] = string.Create(CultureInfo.InvariantCulture, $"{identity} {_namespace} {cluster.AdminKubeconfig}") });
}

/// <summary>One that stands for election in a process of its own: started by the tests, and killed by them.</summary>
public sealed class Candidate
{
    internal const string Variable = "STASH_TESTS_CANDIDATE";
    internal const string Counter = "counter";

    [Fact(Explicit = true)]
    public async Task Stands()
    {
        Assert.SkipWhen(Environment.GetEnvironmentVariable(Variable) is null, "Only in a process that a test has started.");
        var (identity, @namespace, kubeconfig) = Environment.GetEnvironmentVariable(Variable)!.Split(' ', 3) is [var a, var b, var c] ? (a, b, c) : throw new InvalidOperationException();
        using k8s.Kubernetes client = new(KubernetesClientConfiguration.BuildConfigFromConfigFile(kubeconfig));
        await using Standing it = new(client, @namespace, identity);
        await Eventually.TrueAsync("it sees who leads", () => it.Election.Holder is not null);
        await client.CoreV1.CreateNamespacedConfigMapAsync(new V1ConfigMap { Metadata = new() { Name = identity } }, @namespace, cancellationToken: TestContext.Current.CancellationToken);
        // No orphan where the tests are killed.
        while (File.Exists(kubeconfig))
        {
            await Task.Delay(TimeSpan.FromSeconds(1), TestContext.Current.CancellationToken);
        }
    }
}

/// <summary>A candidate; as the leader it writes its name and the machine's monotonic time, again and again.</summary>
internal sealed class Standing : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _run;
    private long _ended;

    public Standing(IKubernetes client, string @namespace, string identity, IKubernetes? writer = null)
    {
        Election = new(client, new(@namespace, "stash-operator", identity), TimeProvider.System, NullLogger<LeaderElection>.Instance);
        _run = Election.RunAsync(async term =>
        {
            try
            {
                while (!term.IsCancellationRequested)
                {
                    V1Patch write = new($$$"""{"data":{"write":"{{{identity}}} {{{TimeProvider.System.GetTimestamp()}}}"}}""", V1Patch.PatchType.MergePatch);
                    await (writer ?? client).CoreV1.PatchNamespacedConfigMapAsync(write, Candidate.Counter, @namespace, cancellationToken: term);
                    await Task.Delay(TimeSpan.FromMilliseconds(50), term);
                }
            }
            finally
            {
                Interlocked.Exchange(ref _ended, TimeProvider.System.GetTimestamp());
            }
        }, _stop.Token);
    }

    public LeaderElection Election { get; }

    /// <summary>When its work last ended; 0 for not yet.</summary>
    public long Ended => Interlocked.Read(ref _ended);

    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        await _run;
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _stop.Dispose();
    }
}

/// <summary>What leaders have written, in the order of the server.</summary>
internal sealed class Writes : IAsyncDisposable
{
    private readonly Followed<V1ConfigMap> _counter;
    private readonly Lock _lock = new();
    private readonly List<(string Leader, long At)> _all = [];

    public Writes(IKubernetes client, string @namespace)
    {
        _counter = new(client, new ResourceQuery("", "v1", "configmaps") { Namespace = @namespace }.Named(Candidate.Counter));
        _counter.Informer.Subscribe(change =>
        {
            if (change.Value.Data is { } data && data.TryGetValue("write", out var write) && write.Split(' ') is [var leader, var at])
            {
                lock (_lock)
                {
                    _all.Add((leader, long.Parse(at, CultureInfo.InvariantCulture)));
                }
            }
        });
    }

    /// <summary>In the order in which they led; one that led twice is there twice.</summary>
    public IReadOnlyList<string> Leaders
    {
        get
        {
            lock (_lock)
            {
                return [.. _all.Where((w, i) => i == 0 || _all[i - 1].Leader != w.Leader).Select(w => w.Leader)];
            }
        }
    }

    public int Count(string leader)
    {
        lock (_lock)
        {
            return _all.Count(w => w.Leader == leader);
        }
    }

    public long First(string leader)
    {
        lock (_lock)
        {
            return _all.First(w => w.Leader == leader).At;
        }
    }

    /// <summary>One after the other, each with no write of another one between its own, and by the clock too.</summary>
    public void ShouldBeOf(params string[] leaders)
    {
        Leaders.ShouldBe(leaders);
        lock (_lock)
        {
            _all.Zip(_all.Skip(1)).ShouldAllBe(pair => pair.First.At <= pair.Second.At);
        }
    }

    public ValueTask DisposeAsync() => _counter.DisposeAsync();
}
