using System.Collections.Concurrent;
using k8s.Models;

namespace Stash.Core.Kubernetes.Controllers;

/// <summary>The objects of an informer, and who is told of their changes: in order, one after the other.</summary>
/// <param name="failed">Is told of what a subscriber throws.</param>
internal sealed class ObjectStore<T>(Action<Exception> failed)
    where T : class, IMetadata<V1ObjectMeta>
{
    private readonly ConcurrentDictionary<ObjectKey, T> _objects = new();
    private readonly Lock _lock = new();
    private readonly List<Action<ObjectChange<T>>> _subscribers = [];
    private long _changes;

    public long Changes => Interlocked.Read(ref _changes);

    public ICollection<T> Items => _objects.Values;

    public T? Get(ObjectKey key) => _objects.GetValueOrDefault(key);

    /// <summary>Tells of what is there as added, then of each change.</summary>
    public void Subscribe(Action<ObjectChange<T>> changed)
    {
        lock (_lock)
        {
            _subscribers.Add(changed);
            foreach (var item in _objects.Values)
            {
                Tell(changed, new(ChangeType.Added, item, null));
            }
        }
    }

    public void Put(T value)
    {
        lock (_lock)
        {
            var key = ObjectKey.Of(value);
            var old = _objects.GetValueOrDefault(key);
            if (old is not null && old.Metadata.Uid != value.Metadata.Uid)
            {
                // Deleted and made again, and the deletion was not seen.
                Remove(key, null);
                old = null;
            }

            if (old is null || old.Metadata.ResourceVersion != value.Metadata.ResourceVersion)
            {
                _objects[key] = value;
                Tell(new(old is null ? ChangeType.Added : ChangeType.Updated, value, old));
            }
        }
    }

    /// <param name="key">Of what is gone.</param>
    /// <param name="last">How it was at the end; null where that is not known.</param>
    public void Remove(ObjectKey key, T? last)
    {
        lock (_lock)
        {
            if (_objects.TryRemove(key, out var old))
            {
                Tell(new(ChangeType.Deleted, last ?? old, old));
            }
        }
    }

    /// <summary>Makes it what a list says.</summary>
    /// <param name="values">What is there.</param>
    /// <param name="kept">Of what is there too, but could not be read.</param>
    public void Replace(IReadOnlyCollection<T> values, IReadOnlySet<ObjectKey> kept)
    {
        lock (_lock)
        {
            var there = values.Select(v => ObjectKey.Of(v)).ToHashSet();
            foreach (var gone in _objects.Keys.Where(k => !there.Contains(k) && !kept.Contains(k)).ToList())
            {
                Remove(gone, null);
            }

            foreach (var value in values)
            {
                Put(value);
            }
        }
    }

    private void Tell(ObjectChange<T> change)
    {
        Interlocked.Increment(ref _changes);
        foreach (var subscriber in _subscribers)
        {
            Tell(subscriber, change);
        }
    }

    private void Tell(Action<ObjectChange<T>> subscriber, ObjectChange<T> change)
    {
        try
        {
            subscriber(change);
        }
        catch (Exception e)
        {
            failed(e);
        }
    }
}
