using Stash.Operator.Tests.Support.Kubernetes;

namespace Stash.Operator.Tests.Cluster.Controller;

/// <summary>One operator in a cluster for the tests of a class.</summary>
public sealed class ControllerFixture(KubeCluster cluster) : IAsyncLifetime
{
    internal OperatedCluster It { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        It = await OperatedCluster.StartAsync(cluster);
        await It.PrometheusAsync();
    }

    public ValueTask DisposeAsync() => It?.DisposeAsync() ?? ValueTask.CompletedTask;
}
