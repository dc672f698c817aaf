using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Stash.Core.Api;
using Stash.Core.Monitoring;
using Stash.Core.Sessions;

namespace Stash.Console.Operator;

/// <summary>The operator's API, for somebody. Every method throws <see cref="OperatorException"/> where the operator is away or refuses.</summary>
/// <param name="connection">Shared by all.</param>
/// <param name="token">Whose right it is.</param>
public sealed class OperatorClient(OperatorConnection connection, IOperatorToken token)
{
    /// <summary>A request that takes longer counts as unanswered. The live stream has no end of its own.</summary>
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(20);

    public Uri Address => connection.Address;

    /// <param name="query">Which.</param>
    /// <param name="limit">At most this many.</param>
    /// <param name="continueToken">From the page before; null for the first.</param>
    /// <param name="cancellationToken">Ends the request.</param>
    public Task<SessionList> SessionsAsync(SessionQuery query, int limit, string? continueToken, CancellationToken cancellationToken) =>
        GetAsync(
            ApiPaths.Sessions + QueryString(query, ("limit", limit.ToString(CultureInfo.InvariantCulture)), ("continue", continueToken)),
            StashJson.Default.SessionList,
            cancellationToken);

    /// <exception cref="OperatorException">Also where there is no session of this id (<see cref="OperatorFailure.NotFound"/>).</exception>
    public Task<Session> SessionAsync(string id, CancellationToken cancellationToken) =>
        GetAsync($"{ApiPaths.Sessions}/{Uri.EscapeDataString(id)}", StashJson.Default.Session, cancellationToken);

    public Task<SessionAggregates> AggregatesAsync(SessionQuery query, int? bucketSeconds, CancellationToken cancellationToken) =>
        GetAsync(
            ApiPaths.Aggregates + QueryString(query, ("bucketSeconds", bucketSeconds?.ToString(CultureInfo.InvariantCulture))),
            StashJson.Default.SessionAggregates,
            cancellationToken);

    public Task<AppList> AppsAsync(CancellationToken cancellationToken) => GetAsync(ApiPaths.Apps, StashJson.Default.AppList, cancellationToken);

    public Task<RunningList> RunningAsync(CancellationToken cancellationToken) => GetAsync(ApiPaths.Running, StashJson.Default.RunningList, cancellationToken);

    public Task<GroupList> GroupsAsync(CancellationToken cancellationToken) => GetAsync(ApiPaths.Groups, StashJson.Default.GroupList, cancellationToken);

    public Task<MonitoringManifest> SettingsAsync(CancellationToken cancellationToken) => GetAsync(ApiPaths.Settings, StashJson.Default.MonitoringManifest, cancellationToken);

    /// <param name="settings">With the <c>metadata.resourceVersion</c> that was read; an older one is a <see cref="OperatorFailure.Conflict"/>.</param>
    /// <param name="cancellationToken">Ends the request.</param>
    /// <returns>The settings as saved.</returns>
    public Task<MonitoringManifest> SaveSettingsAsync(MonitoringManifest settings, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Put, ApiPaths.Settings, settings, StashJson.Default.MonitoringManifest, StashJson.Default.MonitoringManifest, cancellationToken);

    /// <summary>What the settings would create; changes nothing.</summary>
    public Task<SettingsPreview> PreviewSettingsAsync(MonitoringManifest settings, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Post, ApiPaths.SettingsPreview, settings, StashJson.Default.MonitoringManifest, StashJson.Default.SettingsPreview, cancellationToken);

    /// <summary>Whom the operator takes the token for.</summary>
    public Task<WhoAmI> WhoAmIAsync(CancellationToken cancellationToken) => GetAsync(ApiPaths.WhoAmI, StashJson.Default.WhoAmI, cancellationToken);

    /// <summary>Opens the live stream. The caller disposes the response.</summary>
    /// <param name="lastEventId">Of the last event seen; null to begin now.</param>
    /// <param name="cancellationToken">Ends the request.</param>
    internal async Task<HttpResponseMessage> OpenEventsAsync(string? lastEventId, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, ApiPaths.Events);
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("text/event-stream"));
        if (lastEventId is not null)
        {
            request.Headers.Add("Last-Event-ID", lastEventId);
        }

        return await WithinAsync(stop => connection.SendAsync(request, token, stop), cancellationToken);
    }

    private Task<T> GetAsync<T>(string path, JsonTypeInfo<T> type, CancellationToken cancellationToken) =>
        WithinAsync(
            async stop =>
            {
                using var request = new HttpRequestMessage(HttpMethod.Get, path);
                using var response = await connection.SendAsync(request, token, stop);
                return await ReadAsync(response, type, stop);
            },
            cancellationToken);

    private Task<TAnswer> SendAsync<TBody, TAnswer>(HttpMethod method, string path, TBody body, JsonTypeInfo<TBody> bodyType, JsonTypeInfo<TAnswer> answerType, CancellationToken cancellationToken) =>
        WithinAsync(
            async stop =>
            {
                using var request = new HttpRequestMessage(method, path) { Content = JsonContent.Create(body, bodyType) };
                using var response = await connection.SendAsync(request, token, stop);
                return await ReadAsync(response, answerType, stop);
            },
            cancellationToken);

    private async Task<T> ReadAsync<T>(HttpResponseMessage response, JsonTypeInfo<T> type, CancellationToken cancellationToken)
    {
        try
        {
            return await response.Content.ReadFromJsonAsync(type, cancellationToken) ?? throw new JsonException("null");
        }
        catch (Exception e) when (e is JsonException or NotSupportedException)
        {
            throw new OperatorException(OperatorFailure.Internal, $"What answers at {Address.GetLeftPart(UriPartial.Authority)} is not a Stash operator of this version: run the same version of both.", inner: e);
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            throw new OperatorException(OperatorFailure.Unreachable, $"The operator at {Address.GetLeftPart(UriPartial.Authority)} broke off its answer.", inner: e);
        }
    }

    private async Task<T> WithinAsync<T>(Func<CancellationToken, Task<T>> send, CancellationToken cancellationToken)
    {
        using var late = new CancellationTokenSource(Timeout, connection.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, late.Token);
        try
        {
            return await send(either.Token);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new OperatorException(OperatorFailure.Unreachable, $"The operator at {Address.GetLeftPart(UriPartial.Authority)} did not answer within {Timeout.TotalSeconds:0} seconds.", inner: e);
        }
    }

    private static string QueryString(SessionQuery query, params ReadOnlySpan<(string Name, string? Value)> more)
    {
        var text = new StringBuilder();
        foreach (var name in query.Namespaces)
        {
            Append(text, "namespace", name);
        }

        foreach (var app in query.Apps)
        {
            Append(text, "app", app);
        }

        foreach (var operation in query.Operations)
        {
            Append(text, "operation", operation);
        }

        Append(text, "outcome", query.Outcome?.ToString());
        Append(text, "from", query.From?.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture));
        Append(text, "to", query.To?.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture));
        foreach (var (name, value) in more)
        {
            Append(text, name, value);
        }

        return text.ToString();
    }

    private static void Append(StringBuilder text, string name, string? value)
    {
        // An empty namespace or app is a value: pushes without these labels have it.
        if (value is null)
        {
            return;
        }

        text.Append(text.Length == 0 ? '?' : '&').Append(name).Append('=').Append(Uri.EscapeDataString(value));
    }
}
