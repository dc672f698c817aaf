using System.Globalization;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;

namespace Stash.Operator.Tests.Support;

/// <summary>A connection to an operator's API on which a test writes HTTP/1.1 as it likes.</summary>
internal sealed partial class TlsConnection : IDisposable
{
    private readonly TcpClient _client;
    private readonly SslStream _stream;

    private TlsConnection(TcpClient client, SslStream stream) => (_client, _stream) = (client, stream);

    public SslStream Stream => _stream;

    /// <param name="operator">Its authority is the only one that is trusted.</param>
    /// <param name="receiveBuffer">Bytes that the system takes in before they are read; null for its own choice.</param>
    public static async Task<TlsConnection> OpenAsync(OperatorProcess @operator, int? receiveBuffer = null)
    {
        var client = new TcpClient();
        try
        {
            if (receiveBuffer is { } bytes)
            {
                client.ReceiveBufferSize = bytes;
            }

            await client.ConnectAsync(@operator.ApiAddress.Host, @operator.ApiAddress.Port, TestContext.Current.CancellationToken);
            client.NoDelay = true;
            var stream = new SslStream(client.GetStream());
            await stream.AuthenticateAsClientAsync(
                new SslClientAuthenticationOptions { TargetHost = @operator.ApiAddress.Host, CertificateChainPolicy = @operator.Trust() }, TestContext.Current.CancellationToken);
            return new TlsConnection(client, stream);
        }
        catch
        {
            client.Dispose();
            throw;
        }
    }

    public ValueTask WriteAsync(string text) => _stream.WriteAsync(Encoding.Latin1.GetBytes(text), TestContext.Current.CancellationToken);

    /// <summary>Reads up to the end of an answer's head.</summary>
    /// <returns>The head, and what of the body came with it.</returns>
    public async Task<string> ReadHeadAsync()
    {
        StringBuilder text = new();
        var buffer = new byte[4096];
        while (!text.ToString().Contains("\r\n\r\n", StringComparison.Ordinal))
        {
            var read = await _stream.ReadAsync(buffer, TestContext.Current.CancellationToken);
            if (read == 0)
            {
                break;
            }

            text.Append(Encoding.Latin1.GetString(buffer, 0, read));
        }

        return text.ToString();
    }

    /// <summary>Reads one answer to its end; nothing else may be on its way.</summary>
    public async Task<string> ReadAnswerAsync()
    {
        var answer = await ReadHeadAsync();
        var body = answer.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4;
        var length = Length().Match(answer) is { Success: true } match ? int.Parse(match.Groups["length"].ValueSpan, CultureInfo.InvariantCulture) : -1;
        var buffer = new byte[4096];
        while (length >= 0 ? answer.Length < body + length : !answer.EndsWith("\r\n0\r\n\r\n", StringComparison.Ordinal))
        {
            var read = await _stream.ReadAsync(buffer, TestContext.Current.CancellationToken);
            read.ShouldBeGreaterThan(0, answer);
            answer += Encoding.Latin1.GetString(buffer, 0, read);
        }

        return answer;
    }

    public void Dispose()
    {
        _stream.Dispose();
        _client.Dispose();
    }

    [GeneratedRegex(@"\r\ncontent-length: *(?<length>\d+)\r\n", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex Length();
}
