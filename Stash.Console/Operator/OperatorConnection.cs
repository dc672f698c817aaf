using System.Net.Http.Headers;
using Stash.Console.Hosting;

namespace Stash.Console.Operator;

/// <summary>The connections to the operator, shared by everybody; each request says whose it is.</summary>
public sealed class OperatorConnection : IDisposable
{
    private readonly HttpClient _http;

    public OperatorConnection(Uri address, OperatorCredentials credentials, TimeProvider time)
    {
        Address = address;
        Time = time;
        var sockets = new SocketsHttpHandler
        {
            ConnectTimeout = TimeSpan.FromSeconds(5),
            PooledConnectionLifetime = TimeSpan.FromMinutes(10),
            AutomaticDecompression = System.Net.DecompressionMethods.All,
            AllowAutoRedirect = false,
            UseCookies = false,
            UseProxy = false,
            SslOptions = { RemoteCertificateValidationCallback = (_, certificate, chain, errors) => credentials.Trusts(certificate, chain, errors) },
        };
        _http = new HttpClient(new OperatorHandler(credentials, address, sockets))
        {
            BaseAddress = address,
            Timeout = System.Threading.Timeout.InfiniteTimeSpan,
        };
        // By which the operator's metrics and its audit log name who asked.
        _http.DefaultRequestHeaders.UserAgent.Add(new ProductInfoHeaderValue("stash-console", ConsoleCommand.Version));
    }

    public Uri Address { get; }

    internal TimeProvider Time { get; }

    public void Dispose() => _http.Dispose();

    /// <param name="request">What is asked; a path of the operator's.</param>
    /// <param name="token">With whose right.</param>
    /// <param name="cancellationToken">Ends the request.</param>
    /// <exception cref="OperatorException">It failed, in any way.</exception>
    internal Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, IOperatorToken token, CancellationToken cancellationToken)
    {
        request.Options.Set(OperatorHandler.TokenKey, token);
        return _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
    }
}
