using System.Text.Json;
using k8s;
using k8s.Models;

namespace Stash.Core.Kubernetes.Controllers;

/// <summary>One list, page by page, all of the same version.</summary>
/// <param name="requests">The server.</param>
/// <param name="query">Of what.</param>
/// <param name="options">The size of pages; 0 for one page.</param>
/// <param name="time">Bounds each request.</param>
/// <param name="unreadable">Is told of an object that is none of the type.</param>
internal sealed class ListPages<T>(ResourceRequests requests, ResourceQuery query, InformerOptions options, TimeProvider time, Action<ObjectKey, Exception> unreadable)
    where T : class, IMetadata<V1ObjectMeta>
{
    private readonly List<T> _objects = [];
    private readonly HashSet<ObjectKey> _unreadable = [];

    public IReadOnlyCollection<T> Objects => _objects;

    public IReadOnlySet<ObjectKey> Unreadable => _unreadable;

    public string ResourceVersion { get; private set; } = "";

    /// <summary>Whether there was more than one page so far.</summary>
    public bool IsPaged { get; private set; }

    /// <exception cref="ApiServerException">Gone, where the version is older than what the server keeps.</exception>
    public async Task ReadAsync(Action asked, CancellationToken stop)
    {
        string? next = null;
        do
        {
            IsPaged = next is not null;
            asked();
            next = await PageAsync(next, stop);
        }
        while (next is not null);
    }

    public static ObjectKey KeyOf(JsonElement value)
    {
        var metadata = value.GetProperty("metadata");
        return new(metadata.TryGetProperty("namespace", out var @namespace) ? @namespace.GetString() ?? "" : "", metadata.GetProperty("name").GetString()!);
    }

    /// <returns>Null where it is none of the type.</returns>
    public static T? Read(JsonElement value, Action<Exception> unreadable)
    {
        try
        {
            return KubernetesJson.Deserialize<T>(value);
        }
        catch (Exception e) when (e is JsonException or FormatException or NotSupportedException or InvalidOperationException)
        {
            unreadable(e);
            return null;
        }
    }

    private async Task<string?> PageAsync(string? token, CancellationToken stop)
    {
        using CancellationTokenSource guard = new(options.RequestTimeout, time);
        using var bound = CancellationTokenSource.CreateLinkedTokenSource(stop, guard.Token);
        using var response = await requests.GetAsync(query.Page(options.PageSize, token), time, bound.Token);
        await using var stream = await response.Content.ReadAsStreamAsync(bound.Token);
        using var page = await JsonDocument.ParseAsync(stream, cancellationToken: bound.Token);
        // Go writes no items as null.
        if (page.RootElement.GetProperty("items") is { ValueKind: JsonValueKind.Array } items)
        {
            foreach (var item in items.EnumerateArray())
            {
                Take(item);
            }
        }

        var metadata = page.RootElement.GetProperty("metadata");
        ResourceVersion = metadata.GetProperty("resourceVersion").GetString()!;
        return metadata.TryGetProperty("continue", out var more) && more.GetString() is { Length: > 0 } text ? text : null;
    }

    private void Take(JsonElement item)
    {
        var key = KeyOf(item);
        if (Read(item, e => unreadable(key, e)) is { } value)
        {
            _objects.Add(value);
        }
        else
        {
            _unreadable.Add(key);
        }
    }
}
