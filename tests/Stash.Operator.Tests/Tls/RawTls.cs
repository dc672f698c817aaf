using System.Text;
using Stash.Operator.Tests.Support;

namespace Stash.Operator.Tests.Tls;

/// <summary>Bytes over TLS, exactly as they are given.</summary>
internal static class RawTls
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(60);

    /// <summary>Sends it, one byte for a character, and reads to the end of the connection.</summary>
    public static async Task<byte[]> ExchangeAsync(OperatorProcess it, string request)
    {
        await using var connection = await RawConnection.OpenAsync(it);
        try
        {
            await connection.Stream.WriteAsync(Encoding.Latin1.GetBytes(request), TestContext.Current.CancellationToken);
        }
        catch (IOException)
        {
            // Answered and closed before all of it was sent.
        }

        return await ReadToEndAsync(connection.Stream);
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
