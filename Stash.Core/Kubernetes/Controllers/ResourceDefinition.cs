using k8s;
using k8s.Models;
using Microsoft.Extensions.Logging;

namespace Stash.Core.Kubernetes.Controllers;

/// <summary>
/// Watches the CustomResourceDefinition of a resource that is missing, so that it is noticed at once when it comes, without asking again and again.
/// It needs the right to list and watch it by name; without it, it knows nothing.
/// </summary>
internal sealed class ResourceDefinition : IAsyncDisposable
{
    private const string Group = "apiextensions.k8s.io";

    private readonly IKubernetes _client;
    private readonly ResourceQuery _query;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly InformerOptions _options;
    private readonly Action _appeared;
    private Informer<V1CustomResourceDefinition>? _informer;
    private CancellationTokenSource? _end;
    private TaskCompletionSource _known = new();
    private Task _run = Task.CompletedTask;

    private ResourceDefinition(IKubernetes client, ResourceQuery query, TimeProvider time, ILogger logger, InformerOptions options, Action appeared)
    {
        _client = client;
        _query = query;
        _time = time;
        _logger = logger;
        _options = options;
        _appeared = appeared;
    }

    /// <returns>Null for what has no definition.</returns>
    public static ResourceDefinition? For(IKubernetes client, ResourceQuery query, TimeProvider time, ILogger logger, InformerOptions options, Action appeared) =>
        query.Group.Length == 0 || query.Group == Group ? null : new(client, new ResourceQuery(Group, "v1", "customresourcedefinitions").Named(query.Resource), time, logger, options, appeared);

    /// <returns>Null where it cannot be known.</returns>
    public async Task<bool?> ExistsAsync(CancellationToken stop)
    {
        if (_informer is null)
        {
            _informer = new(_client, _query, _time, _logger, _options);
            _informer.Subscribe(change =>
            {
                if (change.Type != ChangeType.Deleted && IsServed(change.Value))
                {
                    _appeared();
                }
            });
            // Its first answer, or its first problem.
            TaskCompletionSource known = new(TaskCreationOptions.RunContinuationsAsynchronously);
            _informer.SubscribeState(_ => known.TrySetResult());
            _known = known;
            _end = CancellationTokenSource.CreateLinkedTokenSource(stop);
            _run = _informer.RunAsync(_end.Token);
        }

        await _known.Task.WaitAsync(stop);
        return _informer.State is { Synced: true, Problem: null } ? _informer.Items.Count > 0 : null;
    }

    /// <summary>Ends the watch; it begins again when it is needed.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_end is not null)
        {
            await _end.CancelAsync();
            await _run;
            _end.Dispose();
            (_end, _informer) = (null, null);
        }
    }

    private static bool IsServed(V1CustomResourceDefinition definition) =>
        definition.Status?.Conditions?.Any(c => c is { Type: "Established", Status: "True" }) == true;
}
