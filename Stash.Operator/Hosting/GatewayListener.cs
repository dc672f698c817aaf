using System.Globalization;
using System.Net;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Stash.Core;
using Stash.Core.Configuration;
using Stash.Core.Monitoring.Embedded;
using Stash.Operator.Gateway;
using Stash.Operator.Gateway.Access;
using Stash.Operator.Telemetry;
using Stash.Operator.Tls;

namespace Stash.Operator.Hosting;

/// <summary>The addresses on which the push gateway listens, how, and what its clients may do to the server.</summary>
internal sealed class GatewayListener : IDisposable
{
    private const int FirstSystemdHandle = 3;

    private readonly GatewayOptions _options;
    private readonly WebConfigSource? _web;
    private readonly AccessControl _access;
    private readonly FloodControl _flood;
    private readonly GatewayGuard _guard;
    private readonly int _sockets;

    /// <exception cref="UserErrorException">A file of certificates, tokens or users cannot be used.</exception>
    public GatewayListener(GatewayOptions options, TimeProvider time, ILogger logger)
    {
        _options = options;
        _sockets = options.SystemdSocket ? SystemdSockets() : 0;
        _web = options.WebConfigFile is { } file ? new WebConfigSource(file, time, logger) : null;
        _flood = new FloodControl(options.Traffic, time);
        _access = new AccessControl(options.Authentication, _web is { } web ? new Credentials(() => web.Current.Users) : null, time, logger);
        _guard = new GatewayGuard(options, _flood, _access.IsOn ? _access : null, _web is null ? null : () => _web.Current, time);
    }

    /// <summary><c>http</c> or <c>https</c>.</summary>
    public string Scheme => IsTls ? Uri.UriSchemeHttps : Uri.UriSchemeHttp;

    private bool IsTls => _web?.Tls is not null;

    /// <summary>How many addresses of the server are the gateway's; they are its first.</summary>
    private int Count => _options.SystemdSocket ? _sockets : _options.Addresses.Count;

    public void Configure(KestrelServerOptions kestrel)
    {
        var traffic = _options.Traffic;
        var limits = kestrel.Limits;
        kestrel.AddServerHeader = false;
        limits.MaxConcurrentConnections = traffic.MaxConnections;
        limits.MaxRequestBodySize = _options.MaxPushBytes;
        // The guard refuses in words what exceeds the option by less than that.
        limits.MaxRequestLineSize = 2 * traffic.MaxRequestLineBytes;
        limits.MaxRequestHeadersTotalSize = traffic.MaxHeaderBytes;
        limits.MaxRequestHeaderCount = 2 * traffic.MaxHeaders;
        limits.RequestHeadersTimeout = traffic.HeaderTimeout;
        limits.KeepAliveTimeout = traffic.IdleTimeout;
        limits.MaxRequestBufferSize = Math.Max(limits.MaxRequestBufferSize ?? 0, Math.Max(2 * traffic.MaxRequestLineBytes, traffic.MaxHeaderBytes));
        limits.MinRequestBodyDataRate = Rate(traffic.MinBodyRate, traffic.Grace);
        limits.MinResponseDataRate = Rate(traffic.MinResponseRate, traffic.Grace);
        for (var handle = 0; handle < _sockets; handle++)
        {
            kestrel.ListenHandle((ulong)(FirstSystemdHandle + handle), Configure);
        }

        foreach (var address in _options.SystemdSocket ? [] : _options.Addresses)
        {
            kestrel.Listen(address.Address, address.Port, Configure);
        }
    }

    /// <summary>Adds what stands before the gateway.</summary>
    public void Guard(IApplicationBuilder app)
    {
        var admission = app.ApplicationServices.GetRequiredService<PushAdmission>();
        app.ApplicationServices.ForEachRegistry(r => TrafficMetrics.Add(r, admission, _flood));
        _guard.Use(app);
    }

    /// <exception cref="UserErrorException">An address cannot be listened on.</exception>
    public void Probe()
    {
        foreach (var address in _options.SystemdSocket ? [] : _options.Addresses)
        {
            ListenProbe.Check(address, "--gateway-address");
        }
    }

    /// <summary>Where clients on this machine reach the gateway, <c>host:port</c>, once the server listens; one for each address.</summary>
    public IReadOnlyList<string> Bound(IServer server) =>
        [.. server.Features.GetRequiredFeature<IServerAddressesFeature>().Addresses.Take(Count).Select((bound, i) =>
        {
            var uri = new Uri(bound);
            return _options.SystemdSocket ? uri.Authority : new IPEndPoint(_options.Addresses[i].ForClients, uri.Port).ToString();
        })];

    /// <summary>What a Prometheus on this machine needs to scrape.</summary>
    public ScrapeEndpoints Endpoints(string gateway, string api) => new()
    {
        Gateway = gateway,
        Api = api,
        GatewayScheme = Scheme,
        GatewayPath = _options.RoutePrefix + _options.TelemetryPath,
        GatewayTokenFile = _options.Authentication.Read.TokenFile,
        GatewayNeedsUser = _options.Authentication.Read.UserFile is not null || _web is { Current.Users.Count: > 0 },
    };

    public void Dispose() => _access.Dispose();

    private void Configure(ListenOptions listen)
    {
        listen.Protocols = IsTls && _web!.Current.Http2 ? HttpProtocols.Http1AndHttp2 : HttpProtocols.Http1;
        listen.MarkAs(Listener.Gateway);
        _flood.Watch(listen);
        if (IsTls)
        {
            listen.UseTls(new TlsHandshakeCallbackOptions { OnConnection = _ => ValueTask.FromResult(_web!.Tls!.Current) });
        }
    }

    private static MinDataRate? Rate(int bytes, TimeSpan grace) =>
        // The server looks once a second; it takes no shorter grace.
        bytes == 0 ? null : new MinDataRate(bytes, grace > TimeSpan.FromSeconds(1) ? grace : TimeSpan.FromSeconds(1.1));

    private static int SystemdSockets() =>
        Environment.GetEnvironmentVariable("LISTEN_PID") == Environment.ProcessId.ToString(CultureInfo.InvariantCulture)
        && int.TryParse(Environment.GetEnvironmentVariable("LISTEN_FDS"), CultureInfo.InvariantCulture, out var count) && count > 0
            ? count
            : throw new UserErrorException("systemd has handed over no socket (LISTEN_PID, LISTEN_FDS): start this with a .socket unit, or leave --web.systemd-socket out.");
}
