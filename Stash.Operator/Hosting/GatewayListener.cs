using System.Globalization;
using System.Net;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Stash.Core;
using Stash.Core.Configuration;

namespace Stash.Operator.Hosting;

/// <summary>The addresses on which the push gateway listens, and what its clients may do to the server.</summary>
internal sealed class GatewayListener(GatewayOptions options)
{
    private const int FirstSystemdHandle = 3;

    private readonly int _sockets = options.SystemdSocket ? SystemdSockets() : 0;

    /// <summary>How many addresses of the server are the gateway's; they are its first.</summary>
    private int Count => options.SystemdSocket ? _sockets : options.Addresses.Count;

    public void Configure(KestrelServerOptions kestrel)
    {
        var traffic = options.Traffic;
        var limits = kestrel.Limits;
        kestrel.AddServerHeader = false;
        limits.MaxConcurrentConnections = traffic.MaxConnections;
        limits.MaxRequestBodySize = options.MaxPushBytes;
        limits.MaxRequestLineSize = traffic.MaxRequestLineBytes;
        limits.MaxRequestHeadersTotalSize = traffic.MaxHeaderBytes;
        limits.MaxRequestHeaderCount = traffic.MaxHeaders;
        limits.RequestHeadersTimeout = traffic.HeaderTimeout;
        limits.KeepAliveTimeout = traffic.IdleTimeout;
        limits.MaxRequestBufferSize = Math.Max(limits.MaxRequestBufferSize ?? 0, Math.Max(traffic.MaxRequestLineBytes, traffic.MaxHeaderBytes));
        limits.MinRequestBodyDataRate = Rate(traffic.MinBodyRate, traffic.Grace);
        limits.MinResponseDataRate = Rate(traffic.MinResponseRate, traffic.Grace);
        for (var handle = 0; handle < _sockets; handle++)
        {
            kestrel.ListenHandle((ulong)(FirstSystemdHandle + handle), Configure);
        }

        foreach (var address in options.SystemdSocket ? [] : options.Addresses)
        {
            kestrel.Listen(address.Address, address.Port, Configure);
        }
    }

    /// <exception cref="UserErrorException">An address cannot be listened on.</exception>
    public void Probe()
    {
        foreach (var address in options.SystemdSocket ? [] : options.Addresses)
        {
            ListenProbe.Check(address, "--gateway-address");
        }
    }

    /// <summary>Where clients on this machine reach the gateway, <c>host:port</c>, once the server listens; one for each address.</summary>
    public IReadOnlyList<string> Bound(IServer server) =>
        [.. server.Features.GetRequiredFeature<IServerAddressesFeature>().Addresses.Take(Count).Select((bound, i) =>
        {
            var uri = new Uri(bound);
            return options.SystemdSocket ? uri.Authority : new IPEndPoint(options.Addresses[i].ForClients, uri.Port).ToString();
        })];

    private static void Configure(ListenOptions listen)
    {
        listen.Protocols = HttpProtocols.Http1;
        listen.MarkAs(Listener.Gateway);
    }

    private static MinDataRate? Rate(int bytes, TimeSpan grace) =>
        // The server checks once a second; it takes no shorter grace.
        bytes == 0 ? null : new MinDataRate(bytes, grace > TimeSpan.FromSeconds(1) ? grace : TimeSpan.FromSeconds(1.1));

    private static int SystemdSockets() =>
        Environment.GetEnvironmentVariable("LISTEN_PID") == Environment.ProcessId.ToString(CultureInfo.InvariantCulture)
        && int.TryParse(Environment.GetEnvironmentVariable("LISTEN_FDS"), CultureInfo.InvariantCulture, out var count) && count > 0
            ? count
            : throw new UserErrorException("systemd has handed over no socket (LISTEN_PID, LISTEN_FDS): start this with a .socket unit, or leave --web.systemd-socket out.");
}
