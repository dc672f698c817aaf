using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Stash.Operator.Tests.Support.Kubernetes;

/// <summary>Between a client and the real API server: passes requests on, knows which there were, and answers some itself, as an API server does that has too much to do.</summary>
internal sealed partial class ApiServerProxy : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly HttpClient _server;

    private ApiServerProxy(WebApplication app, HttpClient server)
    {
        _app = app;
        _server = server;
    }

    /// <summary>For the client.</summary>
    public required string Kubeconfig { get; init; }

    /// <summary>All requests: method and path with its query, and when they came.</summary>
    public ConcurrentQueue<(string Request, long At)> Requests { get; } = new();

    /// <summary>Which are answered 429, and how many seconds the client is to wait; null for none.</summary>
    public Func<string, int?> Throttle { get; set; } = _ => null;

    /// <param name="cluster">Whose API server.</param>
    /// <param name="kubeconfig">With a bearer token.</param>
    /// <param name="folder">For a kubeconfig.</param>
    public static async Task<ApiServerProxy> StartAsync(KubeCluster cluster, string kubeconfig, TempFolder folder)
    {
        var text = await File.ReadAllTextAsync(kubeconfig, TestContext.Current.CancellationToken);
        var server = new Uri(Server().Match(text).Groups["url"].Value);
        var (certificate, key) = cluster.Clients.Issue("kubernetes");
        using var pem = X509Certificate2.CreateFromPem(certificate, key);
        var shown = X509CertificateLoader.LoadPkcs12(pem.Export(X509ContentType.Pkcs12), null);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration().ConfigureKestrel(k => k.Listen(IPAddress.Loopback, 0, l =>
        {
            l.Protocols = HttpProtocols.Http1AndHttp2;
            l.UseHttps(shown);
        }));
        var app = builder.Build();
        X509ChainPolicy policy = new() { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.Add(cluster.Clients.Certificate);
        HttpClient client = new(new SocketsHttpHandler { SslOptions = { CertificateChainPolicy = policy } }) { BaseAddress = server, Timeout = Timeout.InfiniteTimeSpan };
        ApiServerProxy made = new(app, client) { Kubeconfig = folder.In("proxied") };
        app.Run(made.PassAsync);
        await app.StartAsync(TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(made.Kubeconfig, Server().Replace(text, $"server: \"{app.Urls.Single()}\""), TestContext.Current.CancellationToken);
        return made;
    }

    public async ValueTask DisposeAsync()
    {
        using CancellationTokenSource now = new(TimeSpan.Zero);
        await _app.StopAsync(now.Token);
        await _app.DisposeAsync();
        _server.Dispose();
    }

    private async Task PassAsync(HttpContext context)
    {
        var path = context.Request.Path + context.Request.QueryString;
        var request = $"{context.Request.Method} {path}";
        Requests.Enqueue((request, TimeProvider.System.GetTimestamp()));
        if (Throttle(request) is { } seconds)
        {
            context.Response.StatusCode = 429;
            context.Response.Headers.RetryAfter = seconds.ToString(System.Globalization.CultureInfo.InvariantCulture);
            await context.Response.WriteAsync("""{"kind":"Status","apiVersion":"v1","status":"Failure","message":"too many","reason":"TooManyRequests","code":429}""", context.RequestAborted);
            return;
        }

        using HttpRequestMessage asked = new(new HttpMethod(context.Request.Method), path);
        if (context.Request.ContentLength > 0 || context.Request.Headers.TransferEncoding.Count > 0)
        {
            using MemoryStream body = new();
            await context.Request.Body.CopyToAsync(body, context.RequestAborted);
            asked.Content = new ByteArrayContent(body.ToArray());
            asked.Content.Headers.TryAddWithoutValidation("Content-Type", context.Request.ContentType);
        }

        asked.Headers.TryAddWithoutValidation("Authorization", context.Request.Headers.Authorization.ToString());
        using var answer = await _server.SendAsync(asked, HttpCompletionOption.ResponseHeadersRead, context.RequestAborted);
        context.Response.StatusCode = (int)answer.StatusCode;
        context.Response.ContentType = answer.Content.Headers.ContentType?.ToString();
        await context.Response.StartAsync(context.RequestAborted);
        await using var stream = await answer.Content.ReadAsStreamAsync(context.RequestAborted);
        var buffer = new byte[65536];
        int read;
        // A watch has each line when it comes.
        while ((read = await stream.ReadAsync(buffer, context.RequestAborted)) > 0)
        {
            await context.Response.Body.WriteAsync(buffer.AsMemory(0, read), context.RequestAborted);
            await context.Response.Body.FlushAsync(context.RequestAborted);
        }
    }

    [GeneratedRegex(@"server: ""(?<url>https://[^""]+)""", RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex Server();
}
