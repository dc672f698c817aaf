using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;

namespace Stash.Operator.Hosting;

/// <summary>
/// The sockets on which the process listens. One that is closed breaks the connections that the system has taken and the server has not: so it first takes
/// no more, until the server has all.
/// </summary>
internal sealed class ListenSockets
{
    private const int SocketLevel = 1;
    private const int AttachFilter = 26;

    /// <summary>The one instruction of the filter (BPF): <c>ret #0</c>.</summary>
    private const ulong ReturnNothing = 0x06;

    private readonly Lock _lock = new();
    private readonly List<Socket> _sockets = [];

    /// <summary>Whether a connection waits for the server.</summary>
    public bool IsAnyWaiting => Each(s => s.Poll(0, SelectMode.SelectRead));

    /// <summary>As the server makes its own.</summary>
    public Socket Create(EndPoint endpoint)
    {
        var socket = SocketTransportOptions.CreateDefaultBoundListenSocket(endpoint);
        // One that was handed over is another's too, and stays open there.
        if (endpoint is IPEndPoint)
        {
            lock (_lock)
            {
                _sockets.Add(socket);
            }
        }

        return socket;
    }

    /// <summary>Who connects from now on hears nothing for a moment, and is then refused: a filter drops what comes to the sockets. Connections that there are have none.</summary>
    public unsafe void TakeNoMore() => Each(s =>
    {
        var nothing = ReturnNothing;
        Filter filter = new() { Count = 1, Instructions = (nint)(&nothing) };
        s.SetRawSocketOption(SocketLevel, AttachFilter, new ReadOnlySpan<byte>(&filter, sizeof(Filter)));
        return false;
    });

    private bool Each(Func<Socket, bool> ask)
    {
        lock (_lock)
        {
            var any = false;
            foreach (var socket in _sockets)
            {
                try
                {
                    any |= ask(socket);
                }
                catch (Exception e) when (e is SocketException or ObjectDisposedException)
                {
                    // Closed already, or a system without filters: what is then in between is broken.
                }
            }

            return any;
        }
    }

    /// <summary><c>struct sock_fprog</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Filter
    {
        public ushort Count;
        public nint Instructions;
    }
}
