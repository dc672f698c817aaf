using System.Net;
using System.Text.Json;
using System.Threading.Channels;
using k8s;
using k8s.Models;
using Microsoft.Extensions.Logging;

namespace Stash.Core.Kubernetes.Controllers;

/// <summary>
/// Keeps the objects of a query as the API server has them: lists them once, then watches from there, and continues where a watch ended. It lists anew only where
/// the server no longer has the changes since (410), and tells the differences. Whatever fails is tried again, with growing waits.
/// </summary>
/// <typeparam name="T">The objects' type; what cannot be read as it is left out, counted and logged.</typeparam>
public sealed class Informer<T>
    where T : class, IMetadata<V1ObjectMeta>
{
    private readonly ResourceQuery _query;
    private readonly InformerOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly ResourceRequests _requests;
    private readonly ObjectStore<T> _store;
    private readonly Backoff _backoff;
    private readonly ResourceDefinition? _definition;
    private readonly Channel<bool> _wake = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly TaskCompletionSource _synced = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Action<InformerState>? _stateChanged;
    private InformerState _state = new(false, null);
    private string? _version;
    private long? _watchingSince;
    private bool _expiredBefore;
    private int _missing;
    private long _lists;
    private long _watches;
    private long _errors;
    private long _expired;

    /// <param name="client">A <see cref="k8s.Kubernetes"/>, as <see cref="KubernetesConnection.Client"/> is.</param>
    /// <param name="query">Which objects.</param>
    /// <param name="time">Its clock.</param>
    /// <param name="logger">Gets each problem once, and its end.</param>
    /// <param name="options">Its pace.</param>
    public Informer(IKubernetes client, ResourceQuery query, TimeProvider time, ILogger logger, InformerOptions? options = null)
    {
        _query = query;
        _options = options ?? new();
        _time = time;
        _logger = logger;
        _requests = new(client);
        _store = new(e => InformerLog.SubscriberFailed(logger, e, query.Description));
        _backoff = new(_options.FirstRetry, _options.MostRetry);
        _definition = ResourceDefinition.For(client, query, time, logger, _options, Wake);
    }

    public ResourceQuery Query => _query;

    /// <summary>Whether the store was complete once: since then it follows, and what is missing in it is missing in the cluster, as of then. True also where the cluster has no such resource.</summary>
    public bool HasSynced => State.Synced;

    public InformerState State => Volatile.Read(ref _state);

    public InformerCounts Counts => new(Interlocked.Read(ref _lists), Interlocked.Read(ref _watches), Interlocked.Read(ref _errors), Interlocked.Read(ref _expired), _store.Changes);

    /// <summary>A snapshot, in no order.</summary>
    public ICollection<T> Items => _store.Items;

    public T? Get(string @namespace, string name) => _store.Get(new(@namespace, name));

    public T? Get(ObjectKey key) => _store.Get(key);

    /// <summary>Has somebody told of what is there, as added, and of each change from now on: one after the other, from one thread, which waits for it. It must not take long: put a key in a <see cref="WorkQueue{TKey}"/>.</summary>
    public void Subscribe(Action<ObjectChange<T>> changed) => _store.Subscribe(changed);

    /// <summary>Has somebody told of each change of <see cref="State"/> from now on.</summary>
    public void SubscribeState(Action<InformerState> changed) => _stateChanged += changed;

    /// <summary>Waits until <see cref="HasSynced"/>.</summary>
    public Task WaitForSyncAsync(CancellationToken cancellationToken) => _synced.Task.WaitAsync(cancellationToken);

    /// <summary>Ends the wait after a failure: something has changed that may end it.</summary>
    public void Wake() => _wake.Writer.TryWrite(true);

    /// <summary>Runs until it is cancelled; to be called once.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        await using var definition = _definition;
        while (!stop.IsCancellationRequested)
        {
            TimeSpan wait;
            _watchingSince = null;
            try
            {
                if (_version is null)
                {
                    await ListAsync(stop);
                }

                await WatchAsync(stop);
                wait = HasLasted() ? TimeSpan.Zero : _backoff.Next();
            }
            catch (Exception) when (stop.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                wait = await FailedAsync(e, stop);
            }

            await WaitAsync(wait, stop);
        }
    }

    private async Task<TimeSpan> FailedAsync(Exception e, CancellationToken stop)
    {
        var hasLasted = HasLasted();
        var refusal = e as ApiServerException;
        _missing = refusal?.Status == HttpStatusCode.NotFound ? _missing + 1 : 0;
        switch (refusal?.Status)
        {
            case HttpStatusCode.Gone:
                Interlocked.Increment(ref _expired);
                InformerLog.Expired(_logger, _query.Description);
                _version = null;
                // One that expires at once, again and again, is waited for.
                var atOnce = hasLasted || !_expiredBefore;
                _expiredBefore = true;
                return atOnce ? TimeSpan.Zero : _backoff.Next();
            case HttpStatusCode.NotFound:
                _version = null;
                return await MissingAsync(e, stop);
            case >= HttpStatusCode.BadRequest and < HttpStatusCode.InternalServerError and not (HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden or HttpStatusCode.TooManyRequests):
                // It does not like what is asked for: perhaps the version.
                _version = null;
                break;
        }

        Met(ClusterProblem.Of(e, $"list and watch {_query.Description}", "give its service account that right"), e);
        var wait = _backoff.Next();
        return refusal?.RetryAfter is { } after && after > wait ? after : wait;
    }

    /// <summary>A resource is missing, or the server has just started and does not serve its custom resources yet: its definition tells which.</summary>
    private async Task<TimeSpan> MissingAsync(Exception e, CancellationToken stop)
    {
        Met(new(ClusterProblemKind.NotFound, $"The cluster has no {_query.Resource} of version {_query.Version}: install what brings its CustomResourceDefinition. When it is there, this goes on by itself."), e);
        if (_definition is null || await _definition.ExistsAsync(stop) is not { } exists)
        {
            // Nobody can say: a server that starts knows its resources sooner than that.
            if (_missing >= 3)
            {
                _store.Replace([], new HashSet<ObjectKey>());
                SetSynced();
            }

            return _backoff.Next();
        }

        if (exists)
        {
            return _backoff.Next();
        }

        _store.Replace([], new HashSet<ObjectKey>());
        SetSynced();
        return _options.MissingRetry;
    }

    private async Task ListAsync(CancellationToken stop)
    {
        ListPages<T> pages = new(_requests, _query, _options, _time, (key, e) => Unreadable(key, e));
        try
        {
            await pages.ReadAsync(() => Interlocked.Increment(ref _lists), stop);
        }
        catch (ApiServerException e) when (e.Status == HttpStatusCode.Gone && pages.IsPaged)
        {
            // It took longer than the server keeps a version for: all at once, then.
            Interlocked.Increment(ref _expired);
            InformerLog.Expired(_logger, _query.Description);
            pages = new(_requests, _query, _options with { PageSize = 0 }, _time, (key, x) => Unreadable(key, x));
            await pages.ReadAsync(() => Interlocked.Increment(ref _lists), stop);
        }

        _store.Replace(pages.Objects, pages.Unreadable);
        _version = pages.ResourceVersion;
        _missing = 0;
        SetSynced();
        await Solved();
    }

    private async Task WatchAsync(CancellationToken stop)
    {
#pragma warning disable CA5394 // No secret.
        var lasts = Math.Max(1, (int)(_options.WatchTimeout.TotalSeconds * (1 + Random.Shared.NextDouble())));
#pragma warning restore CA5394
        using CancellationTokenSource guard = new(_options.RequestTimeout, _time);
        using var bound = CancellationTokenSource.CreateLinkedTokenSource(stop, guard.Token);
        Interlocked.Increment(ref _watches);
        using var response = await _requests.GetAsync(_query.Watch(_version!, lasts), _time, bound.Token);
        // A server that no longer says anything is not waited for longer than it said.
        guard.CancelAfter(TimeSpan.FromSeconds(lasts) + _options.WatchGrace);
        _watchingSince = _time.GetTimestamp();
        await Solved();
        await using var stream = await response.Content.ReadAsStreamAsync(bound.Token);
        using StreamReader reader = new(stream);
        while (await reader.ReadLineAsync(bound.Token) is { } line)
        {
            if (line.Length > 0)
            {
                Take(line);
            }
        }
    }

    private void Take(string line)
    {
        // Half a line is a connection that broke.
        using var change = ParseLine(line);
        var type = change.RootElement.GetProperty("type").GetString();
        var value = change.RootElement.GetProperty("object");
        if (type == "ERROR")
        {
            var code = value.TryGetProperty("code", out var number) && number.TryGetInt32(out var known) ? known : 500;
            throw new ApiServerException((HttpStatusCode)code, value.TryGetProperty("message", out var message) ? message.GetString() ?? "" : "");
        }

        var version = value.GetProperty("metadata").GetProperty("resourceVersion").GetString();
        if (type != "BOOKMARK")
        {
            var key = ListPages<T>.KeyOf(value);
            var last = ListPages<T>.Read(value, e => Unreadable(key, e));
            if (type == "DELETED")
            {
                _store.Remove(key, last);
            }
            else if (last is not null)
            {
                _store.Put(last);
            }
        }

        _version = version;
        _expiredBefore = false;
    }

    private static JsonDocument ParseLine(string line)
    {
        try
        {
            return JsonDocument.Parse(line);
        }
        catch (JsonException e)
        {
            throw new IOException("The watch ended within a line.", e);
        }
    }

    private void Unreadable(ObjectKey key, Exception e)
    {
        Interlocked.Increment(ref _errors);
        InformerLog.Unreadable(_logger, e, key.ToString(), _query.Resource);
    }

    /// <summary>Whether there was a watch that did not end as soon as it had begun.</summary>
    private bool HasLasted()
    {
        var least = _options.WatchTimeout / 2 < TimeSpan.FromSeconds(5) ? _options.WatchTimeout / 2 : TimeSpan.FromSeconds(5);
        if (_watchingSince is not { } since || _time.GetElapsedTime(since) < least)
        {
            return false;
        }

        _backoff.Reset();
        _expiredBefore = false;
        return true;
    }

    private async Task WaitAsync(TimeSpan wait, CancellationToken stop)
    {
        if (wait <= TimeSpan.Zero)
        {
            return;
        }

        using CancellationTokenSource over = new(wait, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(over.Token, stop);
        try
        {
            await _wake.Reader.ReadAsync(either.Token);
        }
        catch (OperationCanceledException)
        {
            // Waited long enough.
        }
    }

    private void Met(ClusterProblem problem, Exception e)
    {
        Interlocked.Increment(ref _errors);
        if (State.Problem != problem)
        {
            Set(State with { Problem = problem });
            // Its text, not itself: it may hold the request, and that the token.
            InformerLog.Problem(_logger, _query.Description, problem.Message, e.Message);
        }
    }

    private async ValueTask Solved()
    {
        if (_definition is not null)
        {
            await _definition.DisposeAsync();
        }

        if (State.Problem is { } problem)
        {
            Set(State with { Problem = null });
            InformerLog.Solved(_logger, _query.Description, problem.Message);
        }
    }

    private void SetSynced()
    {
        if (!State.Synced)
        {
            Set(State with { Synced = true });
            _synced.TrySetResult();
        }
    }

    private void Set(InformerState state)
    {
        Volatile.Write(ref _state, state);
        try
        {
            _stateChanged?.Invoke(state);
        }
        catch (Exception e)
        {
            InformerLog.SubscriberFailed(_logger, e, _query.Description);
        }
    }
}
