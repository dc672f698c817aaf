using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Stash.Core;
using Stash.Core.Api;
using Stash.Core.Configuration;
using Stash.Core.Monitoring;

namespace Stash.Operator.Commands.Monitoring;

/// <summary>The settings of a data folder whose operator runs: over its API, with the token of the folder.</summary>
internal sealed class ApiPlace : ISettingsPlace
{
    private const int Tries = 10;
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(10);

    private readonly DataFolder _data;
    private readonly HttpClient _http;

    private ApiPlace(DataFolder data, HttpClient http) => (_data, _http) = (data, http);

    public string Name => $"the data folder {_data.FullPath}, by its operator at {_http.BaseAddress!.GetLeftPart(UriPartial.Authority)}";

    public string? Idle => null;

    /// <summary>Finds the operator of a folder.</summary>
    /// <returns>Null where none runs: nobody listens there, or somebody whose certificate is not of this folder.</returns>
    /// <exception cref="UserErrorException">The folder's token cannot be read, or the operator does not take it.</exception>
    public static async Task<ApiPlace?> FindAsync(DataFolder data, ApiOptions options, CancellationToken cancellationToken)
    {
        var authority = File.Exists(data.ServingCaCertificate) ? data.ServingCaCertificate : data.CaCertificate;
        var tokens = options.TokenFile ?? data.ApiToken;
        if (!File.Exists(authority) || !File.Exists(tokens) || options.Address.Port == 0)
        {
            return null;
        }

        ApiPlace it = new(data, new HttpClient(new SocketsHttpHandler { SslOptions = new SslClientAuthenticationOptions { CertificateChainPolicy = TrustIn(authority) } })
        {
            BaseAddress = new Uri($"https://{new IPEndPoint(options.Address.ForClients, options.Address.Port)}"),
            Timeout = Timeout,
        });
        it._http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Token(tokens));
        try
        {
            await it.ReadAsync(cancellationToken);
            return it;
        }
        catch (HttpRequestException)
        {
            it.Dispose();
            return null;
        }
        catch
        {
            it.Dispose();
            throw;
        }
    }

    public Task<MonitoringManifest> ReadAsync(CancellationToken cancellationToken) =>
        SendAsync(new HttpRequestMessage(HttpMethod.Get, ApiPaths.Settings), StashJson.Default.MonitoringManifest, cancellationToken);

    public Task<SettingsPreview> PreviewAsync(MonitoringManifest manifest, CancellationToken cancellationToken) =>
        SendAsync(Request(HttpMethod.Post, ApiPaths.SettingsPreview, manifest), StashJson.Default.SettingsPreview, cancellationToken);

    public async Task<SettingsChange> SaveAsync(Func<MonitoringSpec, MonitoringSpec> change, CancellationToken cancellationToken)
    {
        for (var tries = 1; ; tries++)
        {
            var read = await ReadAsync(cancellationToken);
            try
            {
                return new SettingsChange(read, await SendAsync(Request(HttpMethod.Put, ApiPaths.Settings, read with { Spec = change(read.Spec) }), StashJson.Default.MonitoringManifest, cancellationToken));
            }
            catch (RefusedException e) when (e.Code == HttpStatusCode.Conflict && tries < Tries)
            {
                // Only what was asked for is changed, so it is right on top of any other change.
            }
            catch (RefusedException e)
            {
                throw new UserErrorException(e.Message);
            }
        }
    }

    public void Dispose() => _http.Dispose();

    private static HttpRequestMessage Request(HttpMethod method, string path, MonitoringManifest manifest) =>
        new(method, path) { Content = JsonContent.Create(manifest with { Status = null }, StashJson.Default.MonitoringManifest) };

    private async Task<T> SendAsync<T>(HttpRequestMessage request, JsonTypeInfo<T> type, CancellationToken cancellationToken)
    {
        using (request)
        {
            try
            {
                using var answer = await _http.SendAsync(request, cancellationToken);
                if (answer.IsSuccessStatusCode)
                {
                    return (await answer.Content.ReadFromJsonAsync(type, cancellationToken))!;
                }

                throw new RefusedException(answer.StatusCode, answer.StatusCode == HttpStatusCode.Unauthorized
                    ? $"The operator at {_http.BaseAddress!.Authority} does not take the token of {_data.FullPath}: give the data folder that it runs with (--data-dir)."
                    : (await answer.Content.ReadFromJsonAsync(StashJson.Default.KubernetesStatus, cancellationToken))!.Message);
            }
            catch (RefusedException e) when (request.Method != HttpMethod.Put)
            {
                throw new UserErrorException(e.Message);
            }
            catch (Exception e) when ((e is OperationCanceledException && !cancellationToken.IsCancellationRequested) || e is JsonException or NotSupportedException)
            {
                throw new UserErrorException($"What listens at {_http.BaseAddress!.Authority} does not answer as the operator does: see that stash run is up and listens there.", inner: e);
            }
        }
    }

    private static string Token(string path)
    {
        try
        {
            return File.ReadLines(path).Select(l => l.Trim()).FirstOrDefault(l => l.Length > 0 && l[0] != '#') ?? throw new UserErrorException($"{path} holds no token: see docs/access.md.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UserErrorException($"{path} cannot be read: run this as the user whose data folder it is.", inner: e);
        }
    }

    private static X509ChainPolicy TrustIn(string authority)
    {
        X509ChainPolicy policy = new() { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        try
        {
            policy.CustomTrustStore.ImportFromPemFile(authority);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw new UserErrorException($"{authority} cannot be read as a certificate: run this as the user whose data folder it is.", inner: e);
        }

        return policy;
    }

    private sealed class RefusedException(HttpStatusCode code, string message) : Exception(message)
    {
        public HttpStatusCode Code => code;
    }
}
