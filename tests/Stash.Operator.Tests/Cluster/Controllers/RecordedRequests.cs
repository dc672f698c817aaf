using System.Collections.Concurrent;
using k8s;

namespace Stash.Operator.Tests.Cluster.Controllers;

/// <summary>Between a client and the API server: keeps what was asked for, and lets a test in between.</summary>
internal sealed class RecordedRequests : DelegatingHandler
{
    private readonly ConcurrentQueue<string> _paths = new();

    /// <summary>Called before each request is sent; what it throws is what the client meets.</summary>
    public Func<string, Task> Before { get; set; } = _ => Task.CompletedTask;

    public IReadOnlyList<string> Lists => [.. _paths.Where(p => !IsWatch(p))];

    public IReadOnlyList<string> Watches => [.. _paths.Where(IsWatch)];

    public k8s.Kubernetes Client(string kubeconfig) => new(KubernetesClientConfiguration.BuildConfigFromConfigFile(kubeconfig), this);

    public void Clear() => _paths.Clear();

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var path = request.RequestUri!.PathAndQuery;
        _paths.Enqueue(path);
        await Before(path);
        return await base.SendAsync(request, cancellationToken);
    }

    private static bool IsWatch(string path) => path.Contains("watch=true", StringComparison.Ordinal);
}
