using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using Stash.Operator.Tests.Support;

namespace Stash.Operator.Tests.Tls;

/// <summary>Bytes over TLS, exactly as they are given.</summary>
internal static class RawTls
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(60);

    public static async Task<SslStream> ConnectAsync(OperatorProcess it)
    {
        TcpClient client = new();
        await client.ConnectAsync(it.ApiAddress.Host, it.ApiAddress.Port, TestContext.Current.CancellationToken);
        SslStream stream = new(client.GetStream());
        await stream.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = it.ApiAddress.Host, CertificateChainPolicy = it.Trust() }, TestContext.Current.CancellationToken);
        return stream;
    }

    /// <summary>Sends it, one byte for a character, and reads to the end of the connection.</summary>
    public static async Task<byte[]> ExchangeAsync(OperatorProcess it, string request)
    {
        await using var stream = await ConnectAsync(it);
        try
        {
            await stream.WriteAsync(Encoding.Latin1.GetBytes(request), TestContext.Current.CancellationToken);
        }
        catch (IOException)
        {
            // Answered and closed before all of it was sent.
        }

        return await ReadToEndAsync(stream);
    }

    /// <summary>What comes until the other side closes; a reset counts as that.</summary>
    public static async Task<byte[]> ReadToEndAsync(Stream stream)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        deadline.CancelAfter(Longest);
        using MemoryStream all = new();
        try
        {
            await stream.CopyToAsync(all, deadline.Token);
        }
        catch (IOException)
        {
            // The end too.
        }

        return all.ToArray();
    }
}
