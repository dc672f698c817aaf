using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Stash.Core.Exposition;
using Stash.Core.Gateway;
using Stash.Operator.Tests.Support;

namespace Stash.Operator.Tests.Gateway;

/// <summary>Scrapers that do not read what they asked for.</summary>
public sealed class SlowReaderTests
{
    private const int Groups = 400;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Nobody_waits_for_a_slow_reader_and_it_gets_what_was_there_when_it_asked()
    {
        await using var gateway = await GatewayServer.StartAsync();
        await FillAsync(gateway.Store, value: 1);
        using var slow = await AskAsync(gateway.Address);

        // It has an answer under way, far larger than what the connection holds, and does not take it.
        await Eventually.TrueAsync("its answer has begun", () => slow.Available > 0);
        await FillAsync(gateway.Store, value: 2);
        var now = await RawHttp.SendAsync(gateway.Address, "GET", "/metrics");
        now.Body.Split('\n').Count(l => l.StartsWith("x{", StringComparison.Ordinal) && l.EndsWith(" 2", StringComparison.Ordinal)).ShouldBe(Groups);

        var then = await ReadAsync(slow);
        then.Split('\n').Count(l => l.StartsWith("x{", StringComparison.Ordinal) && l.EndsWith(" 1", StringComparison.Ordinal)).ShouldBe(Groups);
    }

    [Fact]
    public async Task Slow_readers_beyond_a_number_are_told_to_come_again()
    {
        await using var gateway = await GatewayServer.StartAsync();
        await FillAsync(gateway.Store, value: 1);
        List<Socket> slow = [];
        try
        {
            string status;
            do
            {
                slow.Add(await AskAsync(gateway.Address));
                await Eventually.TrueAsync("an answer", () => slow[^1].Available > 0);
                var start = new byte[16];
                await slow[^1].ReceiveAsync(start, SocketFlags.Peek, Cancelled);
                status = Encoding.ASCII.GetString(start);
            }
            while (status.StartsWith("HTTP/1.1 200", StringComparison.Ordinal) && slow.Count < 200);
            status.ShouldStartWith("HTTP/1.1 429");
            (await ReadAsync(slow[^1])).ShouldContain("Retry-After: 5");
            (await RawHttp.SendAsync(gateway.Address, "PUT", "/metrics/job/other", "y 1\n")).Status.ShouldBe(200, "pushes go on");
        }
        finally
        {
            slow.ForEach(s => s.Dispose());
        }

        await Eventually.TrueAsync("their places are free again", async () => (await RawHttp.SendAsync(gateway.Address, "GET", "/metrics")).Status == 200);
    }

    private static async Task FillAsync(GroupStore store, int value)
    {
        var padding = new string('p', 15_000);
        for (var i = 0; i < Groups; i++)
        {
            var text = Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"x{{padding=\"{padding}\"}} {value}\n"));
            var verdict = await store.PushAsync(
                new Push { Group = new GroupKey([new Label("job", "j"), new Label("n", i.ToString(CultureInfo.InvariantCulture))]), Replace = true, Text = text }, Cancelled);
            verdict.ShouldBe(PushVerdict.Accepted);
        }
    }

    private static async Task<Socket> AskAsync(Uri gateway)
    {
        Socket socket = new(SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 4096 };
        await socket.ConnectAsync(gateway.Host, gateway.Port, Cancelled);
        await socket.SendAsync(Encoding.ASCII.GetBytes("GET /metrics HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"), Cancelled);
        return socket;
    }

    private static async Task<string> ReadAsync(Socket socket)
    {
        await using NetworkStream stream = new(socket);
        using StreamReader reader = new(stream);
        return await reader.ReadToEndAsync(Cancelled);
    }
}
