using System.Collections.Concurrent;
using k8s;
using k8s.Models;
using Microsoft.Extensions.Logging.Abstractions;
using Stash.Core.Kubernetes.Controllers;

namespace Stash.Operator.Tests.Cluster.Controllers;

/// <summary>An informer that runs, and what its subscriber makes of the events alone: each must fit those before.</summary>
internal sealed class Followed<T> : IAsyncDisposable
    where T : class, IMetadata<V1ObjectMeta>
{
    private readonly CancellationTokenSource _end = new();
    private readonly Task _run;

    public Followed(IKubernetes client, ResourceQuery query, InformerOptions? options = null)
    {
        Informer = new(client, query, TimeProvider.System, NullLogger.Instance, options);
        Informer.SubscribeState(States.Enqueue);
        Informer.Subscribe(Take);
        _run = Informer.RunAsync(_end.Token);
    }

    public Informer<T> Informer { get; }

    public ConcurrentQueue<string> Told { get; } = new();

    public ConcurrentQueue<InformerState> States { get; } = new();

    /// <summary>Events that did not fit: doubled, or of what was not there.</summary>
    public ConcurrentQueue<string> Wrong { get; } = new();

    /// <summary>What the events say there is: versions by name.</summary>
    public ConcurrentDictionary<string, string> Model { get; } = new(StringComparer.Ordinal);

    public Task SyncAsync() => Informer.WaitForSyncAsync(TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _run;
        _end.Dispose();
    }

    private void Take(ObjectChange<T> change)
    {
        var (name, version) = (change.Value.Name(), change.Value.ResourceVersion());
        var text = $"{change.Type} {name} {version} {change.Old?.ResourceVersion()}";
        Told.Enqueue(text);
        var known = Model.GetValueOrDefault(name);
        var fits = change.Type switch
        {
            ChangeType.Added => known is null && change.Old is null,
            ChangeType.Updated => known is not null && known == change.Old!.ResourceVersion() && known != version,
            _ => known is not null && known == change.Old!.ResourceVersion(),
        };
        if (!fits)
        {
            Wrong.Enqueue($"{text}; known {known}");
        }

        if (change.Type == ChangeType.Deleted)
        {
            Model.TryRemove(name, out _);
        }
        else
        {
            Model[name] = version;
        }
    }
}
