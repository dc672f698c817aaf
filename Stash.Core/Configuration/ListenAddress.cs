using System.Globalization;
using System.Net;

namespace Stash.Core.Configuration;

/// <summary>Where a server listens: an IP address or <c>localhost</c>, and a port (0 lets the system choose).</summary>
public sealed record ListenAddress(IPAddress Address, int Port)
{
    public const string Accepted = "HOST:PORT with an IP address or localhost, as 127.0.0.1:56789, [::1]:56789, or :56789 for all addresses";

    public static bool TryParse(string? text, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out ListenAddress? result)
    {
        result = null;
        var colon = text?.LastIndexOf(':') ?? -1;
        if (colon < 0 || !int.TryParse(text![(colon + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out var port) || port > ushort.MaxValue)
        {
            return false;
        }

        var host = text[..colon];
        IPAddress? address;
        switch (host)
        {
            case "":
                address = IPAddress.IPv6Any;
                break;
            case "localhost":
                address = IPAddress.Loopback;
                break;
            default:
                // An unbracketed IPv6 address would swallow its last group as the port.
                var bracketed = host.StartsWith('[') && host.EndsWith(']');
                if (!IPAddress.TryParse(bracketed ? host[1..^1] : host, out address) || bracketed != (address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6))
                {
                    return false;
                }

                break;
        }

        result = new ListenAddress(address, port);
        return true;
    }

    /// <summary>The address a client on this machine uses: loopback where it listens on all addresses.</summary>
    public IPAddress ForClients => IsEveryAddress ? IPAddress.Loopback : Address;

    /// <summary>True where it listens on all addresses of the machine.</summary>
    public bool IsEveryAddress => Address.Equals(IPAddress.Any) || Address.Equals(IPAddress.IPv6Any);

    public override string ToString() => new IPEndPoint(Address, Port).ToString();
}
