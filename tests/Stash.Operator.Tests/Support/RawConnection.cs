using System.Globalization;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Stash.Operator.Tests.Support;

/// <summary>One HTTP/1.1 connection, written to byte by byte: HttpClient would open another, and send again by itself.</summary>
internal sealed class RawConnection : IAsyncDisposable
{
    private readonly TcpClient _client;
    private readonly Stream _stream;
    private readonly CancellationTokenSource _deadline;

    private RawConnection(TcpClient client, Stream stream, CancellationTokenSource deadline) => (_client, _stream, _deadline) = (client, stream, deadline);

    /// <exception cref="SocketException">It was refused.</exception>
    public static async Task<RawConnection> OpenAsync(Uri address, string? authority = null)
    {
        var deadline = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        deadline.CancelAfter(TimeSpan.FromSeconds(60));
        TcpClient client = new() { NoDelay = true };
        try
        {
            await client.ConnectAsync(address.Host, address.Port, deadline.Token);
            Stream stream = client.GetStream();
            if (authority is not null)
            {
                var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
                policy.CustomTrustStore.Add(X509CertificateLoader.LoadCertificateFromFile(authority));
                SslStream tls = new(stream);
                await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = address.Host, CertificateChainPolicy = policy }, deadline.Token);
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

    public async Task SendAsync(string text) => await _stream.WriteAsync(Encoding.UTF8.GetBytes(text), _deadline.Token);

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

        var body = new byte[int.Parse(headers.GetValueOrDefault("Content-Length", "0"), CultureInfo.InvariantCulture)];
        await _stream.ReadExactlyAsync(body, _deadline.Token);
        return (int.Parse(first.Split(' ')[1], CultureInfo.InvariantCulture), headers, Encoding.UTF8.GetString(body));
    }

    public async ValueTask DisposeAsync()
    {
        await _stream.DisposeAsync();
        _client.Dispose();
        _deadline.Dispose();
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
