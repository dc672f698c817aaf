using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Stash.Core;
using Stash.Core.Api;
using Stash.Core.Sessions;

namespace Stash.Operator.Runner;

/// <summary>What a push gateway said to a push.</summary>
internal enum PushAnswer
{
    /// <summary>It has it.</summary>
    Accepted,

    /// <summary>It will never take this one (4xx).</summary>
    Refused,

    /// <summary>It answers, but does not take this one now (5xx, 408, 429), or not from us (401, 403): once that is mended, it will.</summary>
    Busy,

    /// <summary>It does not answer.</summary>
    Away,
}

/// <summary>Talks to a push gateway: Stash's own or a plain Pushgateway.</summary>
internal sealed class GatewayClient : IDisposable
{
    private static readonly TimeSpan PushTimeout = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan ProgressTimeout = TimeSpan.FromSeconds(2);

    private readonly HttpClient _http;
    private readonly GatewayAccess _access;
    private readonly AuthenticationHeaderValue? _inAddress;

    /// <param name="url">Its address, with a path where it is behind a prefix; user and password in it are sent as basic authentication.</param>
    /// <param name="access">What it asks for of those who push.</param>
    /// <exception cref="UserErrorException">Not an http or https address, or a file that cannot be used.</exception>
    public GatewayClient(string url, GatewayAccess access)
    {
        if (!Uri.TryCreate(url, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https"))
        {
            throw new UserErrorException($"--pushgateway-url \"{Core.Restics.Credentials.Without(url)}\" is not an address: give one as http://127.0.0.1:56789.", exitCode: 2);
        }

        Address = uri.GetComponents(UriComponents.SchemeAndServer | UriComponents.Path, UriFormat.UriEscaped).TrimEnd('/');
        // A proxy of the environment is meant for the internet, not for this host.
        SocketsHttpHandler handler = new() { UseProxy = !uri.IsLoopback, ConnectTimeout = TimeSpan.FromSeconds(5) };
        if (access.Authorities() is { } authorities)
        {
            handler.SslOptions.CertificateChainPolicy = authorities;
        }

        _http = new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan };
        _access = access;
        // Read at each push: a schedule runs for months, and tokens are exchanged.
        _ = access.Authorization();
        _inAddress = uri.UserInfo.Length > 0
            ? new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(Uri.UnescapeDataString(uri.UserInfo))))
            : null;
    }

    /// <summary>Without user, password and the last slash.</summary>
    public string Address { get; }

    /// <returns>The answer, and in words why where it is not accepted.</returns>
    public async Task<(PushAnswer Answer, string Reason)> PushAsync(PendingPush push, CancellationToken cancellationToken)
    {
        using HttpRequestMessage request = new(HttpMethod.Put, Address + push.Path) { Content = new ByteArrayContent(push.Body) };
        request.Content.Headers.ContentType = MediaTypeHeaderValue.Parse("text/plain; version=0.0.4; charset=utf-8");
        request.Headers.Add(SessionMetrics.SessionIdHeader, push.SessionId);
        request.Headers.Authorization = Authorization();
        if (push.Message is { } message)
        {
            request.Headers.Add(SessionMetrics.SessionMessageHeader, message);
        }

        if (push.IntervalSeconds is { } interval)
        {
            request.Headers.Add(SessionMetrics.SessionIntervalHeader, interval.ToString(CultureInfo.InvariantCulture));
        }

        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(PushTimeout);
        try
        {
            using var response = await _http.SendAsync(request, limit.Token);
            if (response.IsSuccessStatusCode)
            {
                return (PushAnswer.Accepted, "");
            }

            var body = await response.Content.ReadAsStringAsync(limit.Token);
            var line = body.Trim().ReplaceLineEndings(" ");
            var reason = $"{(int)response.StatusCode} {response.ReasonPhrase}{(line.Length == 0 ? "" : ": ")}{Shortened(line)}";
            return ((int)response.StatusCode is >= 400 and < 500 and not (401 or 403 or 408 or 429) ? PushAnswer.Refused : PushAnswer.Busy, reason);
        }
        catch (HttpRequestException e)
        {
            return (PushAnswer.Away, e.HttpRequestError switch
            {
                HttpRequestError.ConnectionError => "no connection",
                HttpRequestError.NameResolutionError => "its name is not known",
                HttpRequestError.SecureConnectionError => "its certificate is not trusted",
                _ => "the connection broke",
            });
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return (PushAnswer.Away, "no answer in time");
        }
    }

    /// <returns>False where the gateway knows no running sessions: a plain Pushgateway.</returns>
    /// <exception cref="HttpRequestException">It does not answer.</exception>
    /// <exception cref="OperationCanceledException">Nor in time.</exception>
    public async Task<bool> PutRunningAsync(RunningSession session)
    {
        using CancellationTokenSource limit = new(ProgressTimeout);
        using HttpRequestMessage request = new(HttpMethod.Put, $"{Address}{SessionMetrics.RunningPath}/{session.Id}") { Content = JsonContent.Create(session, StashJson.Default.RunningSession) };
        request.Headers.Authorization = Authorization();
        using var response = await _http.SendAsync(request, limit.Token);
        return response.StatusCode is not (HttpStatusCode.NotFound or HttpStatusCode.MethodNotAllowed);
    }

    public void Dispose() => _http.Dispose();

    private AuthenticationHeaderValue? Authorization()
    {
        try
        {
            return _access.Authorization() ?? _inAddress;
        }
        catch (UserErrorException)
        {
            // Being exchanged at this moment, most likely: the gateway says 401, and the push is tried again.
            return _inAddress;
        }
    }

    // Which metric it is about stands at the beginning, what is wrong with it at the end; in between all its labels.
    private static string Shortened(string line) => line.Length <= 300 ? line : $"{line[..150]} … {line[^120..]}";
}
