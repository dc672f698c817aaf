using System.Net;
using System.Text.Json;
using k8s;

namespace Stash.Core.Kubernetes.Controllers;

/// <summary>
/// GET of the API server with the client's connections and credentials, for any resource. The client's own lists of custom resources know no core group,
/// and its typed ones no resource that is named at run time.
/// </summary>
internal sealed class ResourceRequests(IKubernetes client)
{
    private static readonly TimeSpan MostRetryAfter = TimeSpan.FromMinutes(5);

    private readonly k8s.Kubernetes _client = (k8s.Kubernetes)client;

    /// <returns>The answer when its headers are there.</returns>
    /// <exception cref="ApiServerException">The server answered with an error.</exception>
    public async Task<HttpResponseMessage> GetAsync(string path, TimeProvider time, CancellationToken cancellationToken)
    {
        using HttpRequestMessage request = new(HttpMethod.Get, new Uri(_client.BaseUri, path)) { Version = HttpVersion.Version20 };
        if (_client.Credentials is { } credentials)
        {
            await credentials.ProcessHttpRequestAsync(request, cancellationToken);
        }

        var response = await _client.HttpClient.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        if (response.IsSuccessStatusCode)
        {
            return response;
        }

        using (response)
        {
            var detail = await response.Content.ReadAsStringAsync(cancellationToken);
            var after = response.Headers.RetryAfter is not { } header ? (TimeSpan?)null : header.Delta ?? header.Date - time.GetUtcNow();
            throw new ApiServerException(response.StatusCode, Message(detail), after > MostRetryAfter ? MostRetryAfter : after);
        }
    }

    /// <returns>Of an answer that is a Status its message, else its beginning.</returns>
    private static string Message(string body)
    {
        try
        {
            using var status = JsonDocument.Parse(body);
            return status.RootElement.TryGetProperty("message", out var message) ? message.GetString() ?? "" : "";
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return body[..Math.Min(body.Length, 200)];
        }
    }
}
