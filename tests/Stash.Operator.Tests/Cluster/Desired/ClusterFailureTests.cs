using System.Net;
using k8s;
using k8s.Models;
using Stash.Core.Monitoring.Cluster;
using Stash.Operator.Tests.Support;
using Stash.Operator.Tests.Support.Kubernetes;

namespace Stash.Operator.Tests.Cluster.Desired;

/// <summary>What is told where a cluster does not do what the settings want: for each its reason, what is wrong and what to do.</summary>
[Collection(KubeOutageTests.Name)]
public sealed class ClusterFailureTests(KubeCluster cluster)
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(true)]
    [InlineData(false)] // The group is known, by other kinds of it.
    public async Task Without_the_prometheus_operator_it_is_told_so_and_once_it_is_there_it_goes_on(bool all)
    {
        var it = await DesiredCluster.StartAsync(cluster);
        var spec = it.Spec("coreos-operator");
        try
        {
            await cluster.InstallPrometheusOperatorKindsAsync();
            if (all)
            {
                await cluster.RemovePrometheusOperatorKindsAsync();
            }
            else
            {
                await it.KubectlAsync("delete", "crd", "servicemonitors.monitoring.coreos.com");
            }

            await Eventually.TrueAsync("ServiceMonitors are served no more", async () => !await DesiredCluster.ServesMonitorsAsync(cluster));
            var result = await it.ApplyAsync(spec);
            var failed = result.Objects.Single(o => o.Failure is not null);
            (failed.Ref.Kind, failed.Result, failed.Failure!.Reason).ShouldBe(("ServiceMonitor", ObjectResult.Failed, FailureReason.CustomResourceDefinitionNotFound));
            failed.Failure.Message.ShouldBe("The cluster knows no ServiceMonitor: install the Prometheus operator, which brings its CustomResourceDefinition, or set another agent. It is made by itself as soon as that is there.");
            result.Objects.Where(o => o.Failure is null).ShouldAllBe(o => o.Result == ObjectResult.Applied);
            result.Created.Select(o => o.Kind).ShouldBe(["Secret", "ClusterRole", "ClusterRoleBinding"]);
            (await it.Applier.DryRunAsync(it.Desired(spec), result.Created, Stop)).Single(p => p.Failure is not null).Failure!.Reason.ShouldBe(FailureReason.CustomResourceDefinitionNotFound);

            // Switching it off needs no ServiceMonitors, though one had been made.
            var off = await it.ApplyAsync(it.Spec("none"), [.. result.Created, failed.Ref]);
            off.Succeeded.ShouldBeTrue();
            off.Created.ShouldBeEmpty();
        }
        finally
        {
            await cluster.InstallPrometheusOperatorKindsAsync();
        }

        (await it.ApplyAsync(spec)).Succeeded.ShouldBeTrue();
        (await it.EverythingAsync()).ShouldBe(it.Wanted(spec));
    }

    [Fact]
    public async Task A_namespace_that_is_not_there_or_going_keeps_nothing_else_from_being_made()
    {
        var it = await DesiredCluster.StartAsync(cluster);
        var nowhere = await it.ApplyAsync(it.Spec("coreos-operator", @namespace: $"{it.Operator}-three"));
        nowhere.Objects.Where(o => o.Failure is not null).Select(o => (o.Ref.Kind, o.Failure!.Reason)).ShouldBe([("Secret", FailureReason.NamespaceNotFound), ("ServiceMonitor", FailureReason.NamespaceNotFound)]);
        nowhere.Objects[0].Failure!.Message.ShouldBe($"There is no namespace {it.Operator}-three: create it, or set another Prometheus namespace.");
        nowhere.Created.Select(o => o.Kind).ShouldBe(["ClusterRole", "ClusterRoleBinding"]);

        // There is no controller here that would end it: it stays as it is while it goes.
        await it.KubectlAsync("delete", "namespace", it.Two, "--wait=false");
        await Eventually.TrueAsync("it is going", async () =>
        {
            var going = await it.ApplyAsync(it.Spec("coreos-operator", @operator: false, @namespace: it.Two));
            return going.Objects.Single(o => o.Ref.Kind == "ServiceMonitor").Failure is { Reason: FailureReason.NamespaceTerminating } failure
                && failure.Message == $"Namespace {it.Two} is being deleted: create it again, or set another Prometheus namespace.";
        });
    }

    [Fact]
    public async Task A_service_that_is_not_there_is_never_made()
    {
        var it = await DesiredCluster.StartAsync(cluster);
        await it.KubectlAsync("delete", "service", "stash-operator", "-n", it.Operator);
        var result = await it.ApplyAsync(it.Spec("builtin"));
        var failed = result.Objects.Single(o => o.Failure is not null);
        (failed.Ref, failed.Failure!.Reason).ShouldBe((it.Service, FailureReason.ServiceNotFound));
        failed.Failure.Message.ShouldEndWith("create it, or give the name of the one that leads to the operator with --service-name.");
        (await it.ApplyAsync(it.Spec("none"), [.. result.Created, it.Service])).Succeeded.ShouldBeTrue();
        (await it.ReadAsync(it.Service)).ShouldBeNull();
    }

    [Fact]
    public async Task What_others_have_made_is_neither_changed_nor_shown_nor_deleted()
    {
        var it = await DesiredCluster.StartAsync(cluster);
        var other = new ClusterApplier(cluster.Admin);
        await it.KubectlAsync("create", "secret", "generic", "stash-apiserver-cert", "-n", it.One, "--from-literal=tls.crt=theirs");
        await it.KubectlAsync("create", "clusterrole", it.Names.MetricsRole, "--verb=get", "--non-resource-url=/version");
        var theirs = it.Names with { OperatorNamespace = it.Two, MetricsRole = $"{it.Two}-role" };
        await other.ApplyAsync(DesiredState.Of(it.Spec("coreos-operator", @operator: false), theirs), [], Stop);
        var before = await it.EverythingAsync();

        var result = await it.ApplyAsync(it.Spec("coreos-operator"));
        result.Objects.Where(o => o.Failure is not null).Select(o => (o.Ref.Kind, o.Failure!.Reason)).ShouldBe(
            [("Secret", FailureReason.OwnedByOther), ("ClusterRole", FailureReason.OwnedByOther), ("ServiceMonitor", FailureReason.OwnedByOther)]);
        result.Objects[0].Failure!.Message.ShouldBe($"Secret stash-apiserver-cert in namespace {it.One} exists and was not made by Stash: delete it, or give Stash's another name.");
        result.Objects[^1].Failure!.Message.ShouldBe($"ServiceMonitor stash-servicemonitor in namespace {it.One} was made by the Stash operator in namespace {it.Two}: give one of the two another name, or another Prometheus namespace.");
        result.Created.Select(o => o.Kind).ShouldBe(["ClusterRoleBinding"]);
        var previews = await it.Applier.DryRunAsync(it.Desired(it.Spec("coreos-operator")), [], Stop);
        previews.Where(p => p.Failure is not null).ShouldAllBe(p => p.Before == null);

        // Even where the list of the last time would have them: they have no mark of ours.
        var off = await it.ApplyAsync(it.Spec("none"), [.. it.Desired(it.Spec("coreos-operator")).Objects.Select(o => o.Ref)]);
        off.Objects.Select(o => o.Ref.Kind).ShouldBe(["ClusterRoleBinding"]);
        (await it.EverythingAsync()).ShouldBe(before);
        await other.ApplyAsync(DesiredState.Nothing(theirs), [], Stop);
    }

    [Fact]
    public async Task Of_two_operators_neither_takes_what_the_other_has_made_in_the_meantime()
    {
        var it = await DesiredCluster.StartAsync(cluster);
        var spec = it.Spec("coreos-operator", @operator: false);
        var created = (await it.ApplyAsync(spec)).Created;
        await it.KubectlAsync("delete", "servicemonitors.monitoring.coreos.com", created[0].Name, "-n", it.One);
        var theirs = it.Names with { OperatorNamespace = it.Two };
        (await it.Applier.ApplyAsync(DesiredState.Of(spec, theirs), [], Stop)).Succeeded.ShouldBeTrue();

        var result = await it.ApplyAsync(spec, created);
        result.Objects.ShouldHaveSingleItem().Failure!.Reason.ShouldBe(FailureReason.OwnedByOther);
        (await it.Applier.ApplyAsync(DesiredState.Of(spec, theirs), created, Stop)).Objects.ShouldHaveSingleItem().Result.ShouldBe(ObjectResult.Unchanged);
    }

    [Fact]
    public async Task While_the_api_server_is_away_one_request_is_made_and_nothing_is_forgotten()
    {
        var it = await DesiredCluster.StartAsync(cluster);
        var created = (await it.ApplyAsync(it.Spec("coreos-operator"))).Created;
        CountingHandler counter = new(null);
        using var client = new k8s.Kubernetes(KubernetesClientConfiguration.BuildConfigFromConfigFile(cluster.AdminKubeconfig), counter);
        await cluster.StopServerAsync();
        try
        {
            var result = await new ClusterApplier(client).ApplyAsync(it.Desired(it.Spec("builtin")), created, Stop);
            result.Objects.ShouldAllBe(o => o.Failure!.Reason == FailureReason.Unreachable && o.Failure.Message == "The cluster's API server cannot be connected to: see that it runs and that its address is right.");
            result.Created.ShouldBe(created, ignoreOrder: true);
            counter.Requests.ShouldBe(1);
        }
        finally
        {
            await cluster.StartServerAsync();
        }

        await Eventually.TrueAsync("ServiceMonitors are served again", () => DesiredCluster.ServesMonitorsAsync(cluster));
        (await it.ApplyAsync(it.Spec("builtin"), created)).Succeeded.ShouldBeTrue();
        (await it.EverythingAsync()).ShouldBe(it.Wanted(it.Spec("builtin")));
    }

    [Fact]
    public async Task Who_is_ended_by_its_caller_ends()
    {
        var it = await DesiredCluster.StartAsync(cluster);
        await Should.ThrowAsync<OperationCanceledException>(() => it.Applier.ApplyAsync(it.Desired(it.Spec("builtin")), [], new CancellationToken(canceled: true)));
    }

    [Fact]
    public async Task A_token_that_the_cluster_does_not_know_is_told_so()
    {
        var it = await DesiredCluster.StartAsync(cluster);
        using var client = new k8s.Kubernetes(KubernetesClientConfiguration.BuildConfigFromConfigFile(cluster.KubeconfigOf("nobody", "nobody", "default")));
        var result = await new ClusterApplier(client).ApplyAsync(it.Desired(it.Spec("builtin")), [], Stop);
        result.Objects.ShouldAllBe(o => o.Failure!.Reason == FailureReason.Unauthorized);
    }

    [Theory]
    [InlineData(429, "7", """{"kind":"Status"}""", FailureReason.TooManyRequests, 7)]
    [InlineData(429, null, """{"kind":"Status","details":{"retryAfterSeconds":3}}""", FailureReason.TooManyRequests, 3)]
    [InlineData(503, "2", "no JSON", FailureReason.ServerError, 2)]
    [InlineData(500, null, "", FailureReason.ServerError, null)]
    [InlineData(200, null, "<html>a proxy</html>", FailureReason.Unreachable, null)]
    [InlineData(422, null, """{"kind":"Status","message":"spec.x: Invalid value"}""", FailureReason.Invalid, null)]
    [InlineData(403, null, """{"kind":"Status","message":"admission webhook \"policy\" denied the request: no"}""", FailureReason.Invalid, null)]
    public async Task An_answer_that_a_healthy_cluster_does_not_give_has_its_outcome_too(int code, string? retryAfter, string body, FailureReason reason, int? seconds)
    {
        // A double: the API server of the tests is throttled by nobody.
        CountingHandler handler = new(() =>
        {
            HttpResponseMessage response = new((HttpStatusCode)code) { Content = new StringContent(body) };
            if (retryAfter is not null)
            {
                response.Headers.TryAddWithoutValidation("Retry-After", retryAfter);
            }

            return response;
        });
        using var client = new k8s.Kubernetes(KubernetesClientConfiguration.BuildConfigFromConfigFile(cluster.AdminKubeconfig), handler);
        var state = DesiredState.Of(new Stash.Core.Monitoring.MonitoringSpec { Agent = "builtin", Operator = true }, new ClusterNames { OperatorNamespace = "x", CaCertificate = DesiredCluster.Certificate });
        var result = await new ClusterApplier(client).ApplyAsync(state, [], Stop);
        result.Objects.ShouldAllBe(o => o.Failure!.Reason == reason && o.Failure.RetryAfter == (seconds == null ? null : TimeSpan.FromSeconds(seconds.Value)));
        result.RetryAfter.ShouldBe(seconds is null ? null : TimeSpan.FromSeconds(seconds.Value));
        result.Objects.Select(o => o.Ref.Kind).ShouldContain("Service");
        if (result.Objects[0].Failure!.IsOfAll)
        {
            handler.Requests.ShouldBe(1);
        }
    }

    [Fact]
    public async Task What_changes_between_the_look_and_the_deletion_is_not_deleted()
    {
        var it = await DesiredCluster.StartAsync(cluster);
        var created = (await it.ApplyAsync(it.Spec("coreos-operator", @operator: false))).Created;
        var edits = 0;
        CountingHandler handler = new(null)
        {
            Before = async request =>
            {
                if (request.Method == HttpMethod.Delete && Interlocked.Increment(ref edits) == 1)
                {
                    await it.PatchAsync(created[0], """{"spec":{"sampleLimit":3}}""");
                }
            },
        };
        using var client = new k8s.Kubernetes(KubernetesClientConfiguration.BuildConfigFromConfigFile(cluster.AdminKubeconfig), handler);
        ClusterApplier applier = new(client);
        var result = await applier.ApplyAsync(it.Desired(it.Spec("none")), created, Stop);
        var failed = result.Objects.ShouldHaveSingleItem();
        failed.Failure!.Reason.ShouldBe(FailureReason.Conflict);
        failed.Failure.Message.ShouldBe($"ServiceMonitor stash-servicemonitor in namespace {it.One} was changed by somebody else at the same moment: it is tried again.");
        result.Created.ShouldBe(created);
        (await applier.ApplyAsync(it.Desired(it.Spec("none")), created, Stop)).Objects.ShouldHaveSingleItem().Result.ShouldBe(ObjectResult.Deleted);
        (await it.EverythingAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task What_is_held_by_a_finalizer_while_it_goes_is_told_so()
    {
        var it = await DesiredCluster.StartAsync(cluster);
        var created = (await it.ApplyAsync(it.Spec("coreos-operator", @operator: false))).Created;
        await it.PatchAsync(created[0], """{"metadata":{"finalizers":["example.com/hold"]}}""");
        await it.KubectlAsync("delete", "servicemonitors.monitoring.coreos.com", created[0].Name, "-n", it.One, "--wait=false");
        var held = (await it.ApplyAsync(it.Spec("coreos-operator", @operator: false), created)).Objects.ShouldHaveSingleItem();
        held.Failure!.Reason.ShouldBe(FailureReason.Conflict);
        held.Failure.Message.ShouldContain("is being deleted: it is made again once it is gone.");
        await it.PatchAsync(created[0], """{"metadata":{"finalizers":null}}""");
        (await it.ApplyAsync(it.Spec("coreos-operator", @operator: false), created)).Objects.ShouldHaveSingleItem().Result.ShouldBe(ObjectResult.Applied);
    }

    /// <summary>Counts requests, and answers them itself where it is given how.</summary>
    private sealed class CountingHandler(Func<HttpResponseMessage>? answer) : DelegatingHandler
    {
        private int _requests;

        public int Requests => _requests;

        public Func<HttpRequestMessage, Task>? Before { get; init; }

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref _requests);
            if (Before is not null)
            {
                await Before(request);
            }

            if (answer is null)
            {
                return await base.SendAsync(request, cancellationToken);
            }

            var given = answer();
            given.RequestMessage = request;
            return given;
        }
    }
}
