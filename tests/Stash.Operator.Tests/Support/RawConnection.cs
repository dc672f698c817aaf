using System.Globalization;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Stash.Operator.Tests.Support;

/// <summary>One HTTP/1.1 connection, written to byte by byte: HttpClient would open another, and send again by itself. Each step has a minute.</summary>
internal sealed class RawConnection : IAsyncDisposable
{
    private static readonly TimeSpan StepTime = TimeSpan.FromSeconds(60);

    private readonly TcpClient _client;
    private readonly Stream _stream;
    private readonly CancellationTokenSource _deadline;

    private RawConnection(TcpClient client, Stream stream, CancellationTokenSource deadline) => (_client, _stream, _deadline) = (client, stream, deadline);

    /// <summary>To send and to read what the rest here cannot.</summary>
    public Stream Stream => _stream;

    /// <summary>Of an operator's API.</summary>
    /// <param name="operator">Its authority is the only one that is trusted.</param>
    /// <param name="receiveBuffer">Bytes that the system takes in before they are read; null for its own choice.</param>
    public static Task<RawConnection> OpenAsync(OperatorProcess @operator, int? receiveBuffer = null) => OpenAsync(@operator.ApiAddress, @operator.Trust(), receiveBuffer);

    /// <param name="address">Of the server.</param>
    /// <param name="authority">A file of the only authority that is trusted; null for a connection without TLS.</param>
    /// <exception cref="SocketException">It was refused.</exception>
    public static Task<RawConnection> OpenAsync(Uri address, string? authority = null) => OpenAsync(address, authority is null ? null : OperatorProcess.TrustIn(authority), null);

    private static async Task<RawConnection> OpenAsync(Uri address, X509ChainPolicy? trust, int? receiveBuffer)
    {
        var deadline = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        deadline.CancelAfter(StepTime);
        TcpClient client = new() { NoDelay = true };
        try
        {
            if (receiveBuffer is { } bytes)
            {
                client.ReceiveBufferSize = bytes;
            }

            await client.ConnectAsync(address.Host, address.Port, deadline.Token);
            Stream stream = client.GetStream();
            if (trust is not null)
            {
                SslStream tls = new(stream);
                await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = address.Host, CertificateChainPolicy = trust }, deadline.Token);
                stream = tls;
            }

            return new RawConnection(client, stream, deadline);
        }
        catch
        {
            client.Dispose();
            deadline.Dispose();
            throw;
        }
    }

    public async Task SendAsync(string text)
    {
        _deadline.CancelAfter(StepTime);
        await _stream.WriteAsync(Encoding.UTF8.GetBytes(text), _deadline.Token);
    }

    /// <summary>Begins a request with a body, and waits until the server asks for it: from then on it is in progress.</summary>
    public async Task BeginAsync(string method, string path, int length, params string[] headers)
    {
        await SendAsync($"{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {length.ToString(CultureInfo.InvariantCulture)}\r\nExpect: 100-continue\r\n{string.Concat(headers.Select(h => h + "\r\n"))}\r\n");
        (await ReadAsync()).ShouldNotBeNull().Status.ShouldBe(100);
    }

    /// <summary>The next answer; null where the connection ended or broke before its first byte.</summary>
    /// <exception cref="IOException">It ended within the answer.</exception>
    public async Task<(int Status, IReadOnlyDictionary<string, string> Headers, string Body)?> ReadAsync()
    {
        if (await ReadHeadAsync() is not var (status, headers))
        {
            return null;
        }

        if (headers.GetValueOrDefault("Transfer-Encoding") != "chunked")
        {
            return (status, headers, Encoding.UTF8.GetString(await BytesAsync(int.Parse(headers.GetValueOrDefault("Content-Length", "0"), CultureInfo.InvariantCulture))));
        }

        List<byte> body = [];
        while (int.Parse((await LineAsync(mayEnd: false))!, NumberStyles.HexNumber, CultureInfo.InvariantCulture) is > 0 and var length)
        {
            body.AddRange(await BytesAsync(length));
            await LineAsync(mayEnd: false);
        }

        await LineAsync(mayEnd: false);
        return (status, headers, Encoding.UTF8.GetString([.. body]));
    }

    /// <summary>The same, and leaves the body where it is.</summary>
    public async Task<(int Status, IReadOnlyDictionary<string, string> Headers)?> ReadHeadAsync()
    {
        _deadline.CancelAfter(StepTime);
        if (await LineAsync(mayEnd: true) is not { } first)
        {
            return null;
        }

        Dictionary<string, string> headers = new(StringComparer.OrdinalIgnoreCase);
        while (await LineAsync(mayEnd: false) is { Length: > 0 } line)
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            headers[line[..colon]] = line[(colon + 1)..].Trim();
        }

        return (int.Parse(first.Split(' ')[1], CultureInfo.InvariantCulture), headers);
    }

    public async ValueTask DisposeAsync()
    {
        await _stream.DisposeAsync();
        _client.Dispose();
        _deadline.Dispose();
    }

    private async Task<byte[]> BytesAsync(int length)
    {
        var bytes = new byte[length];
        await _stream.ReadExactlyAsync(bytes, _deadline.Token);
        return bytes;
    }

    private async Task<string?> LineAsync(bool mayEnd)
    {
        StringBuilder line = new();
        var one = new byte[1];
        while (true)
        {
            int read;
            try
            {
                read = await _stream.ReadAsync(one, _deadline.Token);
            }
            catch (IOException) when (mayEnd && line.Length == 0)
            {
                return null;
            }

            switch (read)
            {
                case 0 when mayEnd && line.Length == 0:
                    return null;
                case 0:
                    throw new IOException($"The connection ended after \"{line}\".");
            }

            if (one[0] == '\n')
            {
                return line.ToString().TrimEnd('\r');
            }

            line.Append((char)one[0]);
        }
    }
}
