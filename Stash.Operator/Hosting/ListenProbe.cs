using System.Net;
using System.Net.Sockets;
using Stash.Core;
using Stash.Core.Configuration;

namespace Stash.Operator.Hosting;

/// <summary>Listens for a moment, since the server's own failure would say neither which address it was nor what to do.</summary>
internal static class ListenProbe
{
    /// <param name="address">Where.</param>
    /// <param name="flag">What names another address.</param>
    /// <exception cref="UserErrorException">It cannot be listened on.</exception>
    public static void Check(ListenAddress address, string flag)
    {
        if (address.Port == 0)
        {
            return;
        }

        try
        {
            using var probe = new TcpListener(address.Address, address.Port);
            if (address.Address.Equals(IPAddress.IPv6Any))
            {
                probe.Server.DualMode = true;
            }

            probe.Start();
        }
        catch (SocketException e)
        {
            throw new UserErrorException(
                e.SocketErrorCode switch
                {
                    SocketError.AddressAlreadyInUse => $"{address} is in use by another process: stop that process, or listen elsewhere with {flag} HOST:PORT.",
                    SocketError.AccessDenied => $"This user may not listen on {address}: take a port above 1023 with {flag} HOST:PORT.",
                    SocketError.AddressNotAvailable => $"This machine has no address {address.Address}: give one of its own with {flag} HOST:PORT.",
                    _ => $"{address} cannot be listened on ({e.SocketErrorCode}): listen elsewhere with {flag} HOST:PORT.",
                },
                inner: e);
        }
    }
}
