using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Stash.Operator.Tests.Gateway;

/// <summary>What a gateway answered.</summary>
internal sealed record RawAnswer(int Status, IReadOnlyDictionary<string, string> Headers, byte[] Bytes)
{
    /// <summary>The body as UTF-8.</summary>
    public string Body { get; } = Encoding.UTF8.GetString(Bytes);

    public string? Header(string name) => Headers.GetValueOrDefault(name);

    /// <summary>What is compared between two gateways.</summary>
    public string Essence => $"{Status} [{Header("Content-Type")}] {Header("Allow")} {(Header("Location") is { } l ? new Uri(new Uri("http://x"), l).PathAndQuery : "")} {Body}";
}

/// <summary>Sends a request line exactly as it is given: HttpClient would tidy the path.</summary>
internal static class RawHttp
{
    public static Task<RawAnswer> SendAsync(Uri gateway, string method, string path, string body = "", params string[] headers) =>
        SendAsync(gateway, method, path, Encoding.UTF8.GetBytes(body), headers);

    public static async Task<RawAnswer> SendAsync(Uri gateway, string method, string path, byte[] body, params string[] headers)
    {
        using CancellationTokenSource deadline = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        deadline.CancelAfter(TimeSpan.FromSeconds(30));
        using TcpClient client = new();
        await client.ConnectAsync(gateway.Host, gateway.Port, deadline.Token);
        var stream = client.GetStream();
        StringBuilder head = new($"{method} {path} HTTP/1.1\r\nHost: {gateway.Authority}\r\nConnection: close\r\n");
        if (!headers.Any(h => h.StartsWith("Content-Length:", StringComparison.Ordinal)))
        {
            head.Append(CultureInfo.InvariantCulture, $"Content-Length: {body.Length}\r\n");
        }

        foreach (var header in headers)
        {
            head.Append(header).Append("\r\n");
        }

        await stream.WriteAsync(Encoding.UTF8.GetBytes(head.Append("\r\n").ToString()), deadline.Token);
        await stream.WriteAsync(body, deadline.Token);
        using MemoryStream all = new();
        try
        {
            await stream.CopyToAsync(all, deadline.Token);
        }
        catch (IOException) when (all.Length > 0)
        {
            // Answered and closed before the body was read.
        }

        return Read(all.ToArray());
    }

    /// <summary>The one answer that came, headers and body.</summary>
    public static RawAnswer Read(byte[] all)
    {
        var end = all.AsSpan().IndexOf("\r\n\r\n"u8);
        var lines = Encoding.ASCII.GetString(all, 0, end).Split("\r\n");
        Dictionary<string, string> headers = new(StringComparer.OrdinalIgnoreCase);
        foreach (var line in lines.Skip(1))
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            headers[line[..colon]] = line[(colon + 1)..].Trim();
        }

        var body = all.AsSpan(end + 4);
        return new RawAnswer(
            int.Parse(lines[0].Split(' ')[1], CultureInfo.InvariantCulture),
            headers,
            headers.GetValueOrDefault("Transfer-Encoding") == "chunked" ? Unchunked(body) : body.ToArray());
    }

    private static byte[] Unchunked(ReadOnlySpan<byte> body)
    {
        List<byte> whole = [];
        while (true)
        {
            var end = body.IndexOf("\r\n"u8);
            var size = int.Parse(body[..end], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            if (size == 0)
            {
                return [.. whole];
            }

            whole.AddRange(body.Slice(end + 2, size));
            body = body[(end + 2 + size + 2)..];
        }
    }
}
