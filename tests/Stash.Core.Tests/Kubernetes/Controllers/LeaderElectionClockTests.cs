using System.Net;
using k8s;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Stash.Core.Kubernetes.Controllers;

namespace Stash.Core.Tests.Kubernetes.Controllers;

/// <summary>The leader's clock: the server is a double that takes every Lease, and then is silent. The other tests of the election talk to a real one.</summary>
public sealed class LeaderElectionClockTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_leader_whose_renewal_hangs_leads_no_longer_than_ten_seconds_after_it_asked_for_the_last_one()
    {
        FakeTimeProvider time = new();
        using Double server = new();
        using k8s.Kubernetes client = new(new KubernetesClientConfiguration { Host = "http://localhost:1" }, server);
        LeaderElection election = new(client, new("x", "stash-operator", "me"), time, NullLogger<LeaderElection>.Instance);
        TaskCompletionSource began = new(TaskCreationOptions.RunContinuationsAsynchronously), ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
        using CancellationTokenSource stop = new();
        var run = election.RunAsync(async term =>
        {
            began.TrySetResult();
            // Work that takes its time to end.
            await Task.Delay(Timeout.Infinite, term).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            ended.TrySetResult();
        }, stop.Token);
        await began.Task.WaitAsync(Stop);
        election.IsLeader.ShouldBeTrue();

        time.Advance(TimeSpan.FromSeconds(9.9));
        election.IsLeader.ShouldBeTrue();
        ended.Task.IsCompleted.ShouldBeFalse();
        time.Advance(TimeSpan.FromSeconds(0.1));
        election.IsLeader.ShouldBeFalse();
        election.Leader.ShouldBe("me");
        await ended.Task.WaitAsync(Stop);
        await stop.CancelAsync();
        while (!run.IsCompleted)
        {
            time.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        await run;
    }

    private sealed class Double : DelegatingHandler
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            if (request.Method == HttpMethod.Get)
            {
                return new(HttpStatusCode.NotFound) { RequestMessage = request, Content = new StringContent("{}") };
            }

            if (request.Method == HttpMethod.Put)
            {
                await Task.Delay(Timeout.Infinite, cancellationToken);
            }

            return new(HttpStatusCode.Created)
            {
                RequestMessage = request,
                Content = new StringContent("""{"metadata":{"name":"stash-operator","namespace":"x","uid":"1","resourceVersion":"1"},"spec":{"holderIdentity":"me","leaseDurationSeconds":15}}"""),
            };
        }
    }
}
